"""Each method costs exactly the requests it needs, reads to the end, and stays in its repository."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import Gone, Permanent, Unavailable
from tests.fakes.github_app import APP_ID, AppScript
from tests.fakes.http_server import Asked, Reply

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROOT = "/repos/acme/shop"


def issue(number: int, updated: datetime = START, **more: Any) -> dict[str, Any]:
    times = {"created_at": START.isoformat(), "updated_at": updated.isoformat()}
    return {"number": number, "title": f"Report {number}", "body": "b", "state": "open", **times, **more}


def comment(key: int, login: str = "someone", **more: Any) -> dict[str, Any]:
    times = {"created_at": START.isoformat(), "updated_at": START.isoformat()}
    return {"id": key, "body": "text", "user": {"login": login, "type": "User"}, **times, **more}


REPOSITORY = {"id": 42, "full_name": "acme/shop", "archived": False, "private": True, "has_issues": True}


@pytest.fixture
def reader(as_token):
    return as_token.reader("acme/shop", None)


@pytest.fixture
def writer(as_token):
    return as_token.writer("acme/shop", None)


def test_an_issue_costs_one_get(reader, server):
    server.answer = lambda asked: Reply(200, issue(7))
    assert reader.issue(7).number == 7
    assert server.lines() == [f"GET {ROOT}/issues/7"]


def test_the_repository_costs_one_get(reader, server):
    server.answer = lambda asked: Reply(200, REPOSITORY)
    assert reader.repository().private
    assert server.lines() == [f"GET {ROOT}"]


@pytest.mark.parametrize(
    ("act", "line", "body", "reply"),
    [
        (lambda w: w.create_comment(7, "hi"), f"POST {ROOT}/issues/7/comments", {"body": "hi"}, Reply(201, {"id": 5})),
        (lambda w: w.edit_comment(5, "hi"), f"PATCH {ROOT}/issues/comments/5", {"body": "hi"}, Reply(200, {"id": 5})),
        (lambda w: w.add_label(7, "a b"), f"POST {ROOT}/issues/7/labels", {"labels": ["a b"]}, Reply(200, [])),
        (lambda w: w.remove_label(7, "a/b: c"), f"DELETE {ROOT}/issues/7/labels/a%2Fb%3A%20c", None, Reply(200, [])),
        (lambda w: w.label_exists("a?b#c"), f"GET {ROOT}/labels/a%3Fb%23c", None, Reply(200, {})),
        (
            lambda w: w.create_label("bug", "d73a4a", "d"),
            f"POST {ROOT}/labels",
            {"name": "bug", "color": "d73a4a", "description": "d"},
            Reply(201, {}),
        ),
    ],
)
def test_inv_24_every_write_is_one_request_about_one_thing(writer, server, act, line, body, reply):
    server.answer = lambda asked: reply
    act(writer)
    assert server.lines() == [line]
    assert server.asked[0].body == body


@pytest.mark.parametrize("name", ["", " ", ".", ".."])
def test_inv_24_a_label_name_that_would_address_all_labels_is_refused(writer, server, name):
    for act in (lambda: writer.remove_label(7, name), lambda: writer.label_exists(name)):
        with pytest.raises(Permanent):
            act()
    assert server.asked == []


@pytest.mark.parametrize(
    "name", ["", "acme", "acme/", "/shop", "acme/..", "acme/.", "acme/shop/issues", "a b/c", "é/x"]
)
def test_what_is_no_repository_name_is_never_put_into_a_path(as_token, name):
    with pytest.raises(Permanent):
        as_token.reader(name, None)


def test_a_label_that_is_not_there_needs_no_removal(writer):
    writer.remove_label(7, "bug")


def test_creating_a_label_that_exists_by_now_does_nothing(writer, server):
    taken = {"message": "Validation Failed", "errors": [{"resource": "Label", "code": "already_exists"}]}
    server.answer = lambda asked: Reply(422, taken)
    writer.create_label("bug", "d73a4a", "d")


def test_creating_an_invalid_label_is_permanent(writer, server):
    server.answer = lambda asked: Reply(422, {"message": "x", "errors": [{"field": "color", "code": "invalid"}]})
    with pytest.raises(Permanent, match="color invalid"):
        writer.create_label("bug", "no color", "d")


def paged(server, rows: list[Any], size: int = 2):
    def answer(asked: Asked) -> Reply:
        page = int(dict(part.split("=") for part in asked.query.split("&")).get("page", "1"))
        link = f'<{server.url}{asked.path}?per_page=100&page={page + 1}>; rel="next", <x>; rel="last"'
        more = page * size < len(rows)
        return Reply(200, rows[(page - 1) * size : page * size], {"link": link} if more else {})

    return answer


def test_inv_34_all_issues_are_read_to_the_last_page(reader, server):
    server.answer = paged(server, [issue(n) for n in range(5, 0, -1)])
    assert [[i.number for i in page] for page in reader.issues()] == [[5, 4], [3, 2], [1]]
    assert server.asked[0].query == "direction=desc&per_page=100&sort=created&state=all"


def test_inv_17_a_thumbs_down_behind_a_full_page_is_seen_though_that_page_is_the_same(reader, server):
    rows = [{"id": key, "content": "-1", "user": {"login": f"p{key}", "type": "User"}} for key in range(100)]

    def answer(asked: Asked) -> Reply:
        found = paged(server, rows, size=100)(asked)
        tag = f'"{len(found.body)} rows"'  # of the page's own rows, as GitHub's
        same = asked.headers.get("if-none-match") == tag
        return Reply(304) if same else replace(found, headers={**found.headers, "etag": tag})

    server.answer = answer
    seen = reader.thumbs_down(5)
    for key in (100, 101, 102):
        rows.append({**rows[0], "id": key, "user": {"login": f"p{key}", "type": "User"}})
        seen = reader.thumbs_down(5, seen.etag)
        assert [one.id for one in seen.given] == list(range(key + 1))
    del rows[3:]
    seen = reader.thumbs_down(5, seen.etag)
    assert reader.thumbs_down(5, seen.etag) is None


def test_inv_34_comments_are_read_to_the_last_page(reader, server):
    server.answer = paged(server, [comment(n, login="ghp") for n in range(1, 6)])
    _with_user(server)
    assert [c.id for c in reader.comments(7)] == [1, 2, 3, 4, 5]
    assert server.lines().count(f"GET {ROOT}/issues/7/comments") == 3 + 2  # the page before, once more after each


@pytest.mark.parametrize("what", ["comments", "timeline"])
@pytest.mark.parametrize("with_etags", [True, False])
def test_inv_34_what_is_deleted_while_a_list_is_read_hides_no_other(reader, server, what: str, with_etags: bool):
    rows, deleted = [comment(n, login="ghp", event="commented") for n in range(1, 8)], [5, 2]

    def answer(asked: Asked) -> Reply:
        if "&page=" in f"&{asked.query}" and deleted:  # the first page was read by now
            gone = deleted.pop()
            rows[:] = [row for row in rows if row["id"] != gone]
        reply = paged(server, rows)(asked)
        etag = f'"{[row["id"] for row in reply.body]}"'
        if with_etags and asked.headers.get("if-none-match") == etag:
            return Reply(304)
        return replace(reply, headers={**reply.headers, **({"etag": etag} if with_etags else {})})

    server.answer = answer
    _with_user(server)
    found = reader.timeline(7) if what == "timeline" else reader.comments(7)
    assert [one.id for one in found] == [1, 3, 4, 6, 7]
    assert deleted == []


def test_inv_34_a_list_that_never_stands_still_is_not_taken_for_whole(reader, server):
    ids = itertools.count(1)

    def answer(asked: Asked) -> Reply:
        return paged(server, [comment(next(ids), login="ghp") for _ in range(5)])(asked)

    server.answer = answer
    _with_user(server)
    with pytest.raises(Unavailable):
        reader.comments(7)


def _with_user(server, login: str = "octo"):
    inner = server.answer
    server.answer = lambda asked: Reply(200, {"login": login}) if asked.path == "/user" else inner(asked)


def test_inv_34_a_page_that_fails_fails_the_list(reader, server):
    whole = paged(server, [issue(n) for n in range(5, 0, -1)])
    server.answer = lambda asked: Reply(502) if "page=3" in asked.query else whole(asked)
    with pytest.raises(Unavailable):
        list(reader.issues())


def test_a_list_that_points_to_itself_is_malformed_and_not_endless(reader, server):
    def answer(asked: Asked) -> Reply:
        return Reply(200, [issue(1)], {"link": f'<{server.url}{ROOT}/issues?page=2>; rel="next"'})

    server.answer = answer
    with pytest.raises(Unavailable):
        list(reader.issues())


def test_changes_since_are_read_by_time_so_that_nothing_slips_between_pages(reader, server):
    rows = {n: START + timedelta(seconds=n) for n in range(1, 7)}
    touched = []

    def answer(asked: Asked) -> Reply:
        query = dict(part.split("=") for part in asked.query.split("&"))
        since = datetime.fromisoformat(query["since"].replace("%3A", ":"))
        found = sorted(((t, n) for n, t in rows.items() if t >= since))
        start = 3 * (int(query["page"]) - 1)
        page = [issue(n, t) for t, n in found[start : start + 3]]
        if not touched:  # while the first page is read, issue 1 changes and moves to the end of the list
            touched.append(1)
            rows[1] = START + timedelta(seconds=50)
        link = {"link": f'<{server.url}{asked.path}?page=9>; rel="next"'} if len(found) > start + 3 else {}
        return Reply(200, page, link)

    server.answer = answer
    seen = [i.number for page in reader.issues(since=START) for i in page]
    assert seen == [1, 2, 3, 4, 5, 6, 1]


def test_changes_within_one_second_are_read_by_page(reader, server):
    def answer(asked: Asked) -> Reply:
        page = int(asked.query.partition("&page=")[2].partition("&")[0])
        link = {"link": f'<{server.url}{asked.path}?page={page + 1}>; rel="next"'} if page < 3 else {}
        return Reply(200, [issue(10 * page + n) for n in (1, 2)], link)

    server.answer = answer
    seen = [i.number for page in reader.issues(since=START) for i in page]
    assert seen == [11, 12, 21, 22, 31, 32]


def test_inv_34_an_issue_that_goes_while_changes_of_one_second_are_read_hides_no_other(reader, server):
    rows = [1, 2, 3, 4, 5, 6, 7]

    def answer(asked: Asked) -> Reply:
        query = dict(part.split("=") for part in asked.query.split("&"))
        assert query["state"] == "all"
        page = int(query["page"])
        if page == 2 and 1 in rows:
            rows.remove(1)
        link = {"link": f'<{server.url}{asked.path}?page=9>; rel="next"'} if len(rows) > 3 * page else {}
        return Reply(200, [issue(number) for number in rows[3 * (page - 1) : 3 * page]], link)

    server.answer = answer
    seen = [i.number for page in reader.issues(since=START) for i in page]
    assert sorted(seen) == [1, 2, 3, 4, 5, 6, 7]


def test_a_renamed_repository_is_followed_with_its_query(reader, server):
    def answer(asked: Asked) -> Reply:
        if asked.path == f"{ROOT}/issues":
            return Reply(301, {"message": "Moved"}, {"location": f"{server.url}/repositories/42/issues?{asked.query}"})
        if asked.path == ROOT:
            return Reply(301, {"message": "Moved"}, {"location": f"{server.url}/repositories/42"})
        if asked.path == "/repositories/42":
            return Reply(200, {**REPOSITORY, "full_name": "acme/till"})
        return Reply(200, [issue(1)])

    server.answer = answer
    assert [i.number for page in reader.issues() for i in page] == [1]
    assert server.asked[-1].path == "/repositories/42/issues"
    assert "state=all" in server.asked[-1].query
    assert reader.repository().full_name == "acme/till"


def test_a_write_follows_a_rename_as_a_write(writer, server):
    def answer(asked: Asked) -> Reply:
        if asked.method == "POST" and asked.path.startswith(ROOT):
            return Reply(307, {}, {"location": f"{server.url}/repositories/42/issues/7/labels"})
        return Reply(200, REPOSITORY if asked.path == ROOT else [])

    server.answer = answer
    writer.add_label(7, "bug")
    assert (server.asked[-1].method, server.asked[-1].body) == ("POST", {"labels": ["bug"]})


@pytest.mark.parametrize("target", ["/repositories/43/issues/9", "/repos/acme/other/issues/7"])
def test_inv_29_an_issue_that_moved_to_another_repository_is_gone(reader, writer, server, target):
    def answer(asked: Asked) -> Reply:
        if asked.path == ROOT:
            return Reply(200, REPOSITORY)
        if asked.path.startswith(ROOT):
            return Reply(301 if asked.method == "GET" else 307, {}, {"location": server.url + target})
        return Reply(200, issue(7))

    server.answer = answer
    with pytest.raises(Gone):
        reader.issue(7)
    with pytest.raises(Gone):
        writer.create_comment(7, "hi")
    assert {asked.path for asked in server.asked if not asked.path.startswith(ROOT)} == set()


def test_redirects_without_end_are_given_up(reader, server):
    def answer(asked: Asked) -> Reply:
        return Reply(200, REPOSITORY) if asked.path == ROOT else Reply(302, {}, {"location": f"{ROOT}/issues/7"})

    server.answer = answer
    with pytest.raises(Permanent):
        reader.issue(7)


def test_a_redirect_to_nowhere_known_is_permanent(reader, server):
    server.answer = lambda asked: Reply(302, {}, {"location": "https://login.example/sso"})
    with pytest.raises(Permanent, match="TRIAGE_GITHUB_API_URL"):
        reader.issue(7)
    with pytest.raises(Permanent):
        reader.repository()


@pytest.mark.parametrize(
    ("answer", "role"),
    [
        ({"permission": "admin", "role_name": "admin"}, "admin"),
        ({"permission": "write", "role_name": "maintain"}, "maintain"),
        ({"permission": "read", "role_name": "triage"}, "triage"),
        ({"permission": "write", "role_name": "a role of their own"}, "write"),
        (
            {"permission": "read", "role_name": "a role of their own", "user": {"permissions": {"triage": True}}},
            "triage",
        ),
        (
            {"permission": "read", "role_name": "a role of their own", "user": {"permissions": {"triage": False}}},
            "read",
        ),
        ({"permission": "read", "role_name": "a role of their own", "user": None}, "read"),
        ({"permission": "read", "role_name": "read", "user": {"permissions": {"triage": True}}}, "read"),
        ({"permission": "read"}, "read"),
        ({"permission": "none"}, "none"),
    ],
)
def test_inv_42_a_persons_live_permission_is_read(reader, server, answer, role):
    server.answer = lambda asked: Reply(200, answer)
    assert reader.permission("jane-roe") == role
    assert server.lines() == [f"GET {ROOT}/collaborators/jane-roe/permission"]


def test_inv_42_a_stranger_has_no_permission(reader):
    assert reader.permission("stranger") == "none"


@pytest.mark.parametrize("login", ["", "..", "a/b", "jane roe", "x?y"])
def test_what_is_no_login_has_no_permission_and_costs_nothing(reader, server, login):
    assert reader.permission(login) == "none"
    assert server.asked == []


def test_a_permission_that_github_does_not_know_is_malformed(reader, server):
    server.answer = lambda asked: Reply(200, {"permission": "owner"})
    with pytest.raises(Unavailable):
        reader.permission("jane")


def test_a_comment_is_ours_where_github_names_our_app(as_app, server, time):
    ours = comment(1, "triage[bot]", performed_via_github_app={"id": APP_ID})
    others = comment(2, "triage[bot]", performed_via_github_app={"id": 1})
    persons = comment(4, "octo", performed_via_github_app={"id": APP_ID})  # with a token of the App's that is their own
    server.answer = AppScript(time, lambda asked: Reply(200, [ours, others, comment(3), persons]))
    found = as_app.reader("acme/shop", 5).comments(7)
    assert [c.by_this_app for c in found] == [True, False, False, False]
    assert "GET /app" not in server.lines()


def test_a_comment_without_that_word_is_ours_by_the_apps_login(as_app, server, time):
    rows = [comment(1, "Triage[bot]"), comment(2, "other[bot]"), comment(3, "triage")]
    server.answer = AppScript(time, lambda asked: Reply(200, {"slug": "triage"} if asked.path == "/app" else rows))
    reader = as_app.reader("acme/shop", 5)
    assert [c.by_this_app for c in reader.comments(7)] == [True, False, False]
    reader.comments(7)
    assert server.lines().count("GET /app") == 1


def test_with_a_plain_token_a_comment_is_ours_by_its_owner(reader, server):
    server.answer = lambda asked: Reply(200, [comment(1, "octo"), comment(2, "cat")])
    _with_user(server)
    assert [c.by_this_app for c in reader.comments(7)] == [True, False]


def test_the_installations_repositories_are_read_to_the_end(as_app, server, time):
    def answer(asked: Asked) -> Reply:
        first = "page=2" not in asked.query
        link = {"link": f'<{server.url}{asked.path}?page=2>; rel="next"'} if first else {}
        row = {**REPOSITORY, "full_name": "acme/a" if first else "acme/b"}
        return Reply(200, {"total_count": 2, "repositories": [row]}, link)

    server.answer = AppScript(time, answer)
    assert [r.full_name for r in as_app.installation_repositories(5)] == ["acme/a", "acme/b"]
    assert server.answer.minted[0].body == {"permissions": {"metadata": "read"}}


def test_the_installation_of_a_repository_is_found_or_gone(as_app, server):
    server.answer = lambda asked: Reply(200, {"id": 12})
    assert as_app.installation_of("acme/shop") == 12
    server.answer = lambda asked: Reply(404, {"message": "Not Found"})
    with pytest.raises(Gone):
        as_app.installation_of("acme/shop")


def test_the_installation_of_a_renamed_repository_is_found_with_the_apps_jwt_alone(as_app, server):
    target = "/repositories/42/installation"

    def answer(asked: Asked) -> Reply:
        return Reply(200, {"id": 12}) if asked.path == target else Reply(301, {}, {"location": server.url + target})

    server.answer = answer
    assert as_app.installation_of("acme/shop") == 12
    assert len(server.asked) == 2


def test_inv_32_failed_deliveries_are_those_whose_last_attempt_failed(as_app, server):
    def attempt(key: int, guid: str, status: int, minutes: int) -> dict[str, Any]:
        at = (START + timedelta(minutes=minutes)).isoformat()
        return {"id": key, "guid": guid, "event": "issues", "action": None, "status_code": status, "delivered_at": at}

    rows = [attempt(5, "a", 200, 9), attempt(4, "b", 502, 8), attempt(3, "a", 500, 7), attempt(2, "c", 0, 6)]
    rows += [attempt(1, "old", 500, -1)]
    server.answer = paged(server, rows, size=3)
    found = as_app.failed_deliveries(since=START)
    assert [(d.id, d.guid, d.status_code) for d in found] == [(4, "b", 502), (2, "c", 0)]
