"""The GitHub port's contract: the fake and the real client over HTTP keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.errors import Gone, Permanent
from bot.github.client import open_github
from bot.github.gateway import Gateway
from bot.settings import Settings
from models.decision import Effect, EffectKind
from tests.fakes.github_places import NAME, SLUG, DoublePlace, FakePlace, Place
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve

APP_ID = 31
MAIL = "jane.roe@example.org"


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(DoubleConfig(app_id=APP_ID, app_slug=SLUG)) as running:
        yield running.url


@pytest.fixture
def double(url: str, key: str) -> Iterator[DoublePlace]:
    settings = Settings(_env_file=None, app_id=APP_ID, private_key=key, github_api_url=url)
    client = open_github(settings)
    place = DoublePlace(url, client)
    yield place
    place.close()
    client.close()


@pytest.fixture(params=["fake", "double"])
def place(request: pytest.FixtureRequest) -> Place:
    return FakePlace() if request.param == "fake" else request.getfixturevalue("double")


@pytest.fixture
def reader(place: Place):
    return place.github.reader(NAME, place.installation)


@pytest.fixture
def writer(place: Place):
    return place.github.writer(NAME, place.installation)


def test_an_issue_is_read_as_it_is_now(place, reader):
    number = place.add_issue("It fails", "Badly", user="jane", labels=["bug"], locked=True)
    found = reader.issue(number)
    assert (found.number, found.title, found.body, found.author) == (number, "It fails", "Badly", "jane")
    assert (found.state, found.labels, found.locked, found.is_pull_request) == ("open", ("bug",), True, False)
    assert found.created_at.tzinfo is not None


def test_a_closed_issue_keeps_its_reason(place, reader):
    number = place.add_issue(state="closed", state_reason="not_planned")
    assert (reader.issue(number).state, reader.issue(number).state_reason) == ("closed", "not_planned")


def test_a_null_body_is_empty_and_texts_are_redacted(place, reader):
    bare, mailed = place.add_issue(body=None), place.add_issue(f"to {MAIL}", f"to {MAIL}")
    place.add_comment(mailed, f"to {MAIL}", "someone")
    assert reader.issue(bare).body == ""
    found = reader.issue(mailed)
    assert MAIL not in found.title + found.body + reader.comments(mailed)[0].body


def test_a_deleted_or_unknown_issue_is_gone(place, reader, writer):
    number = place.add_issue()
    place.delete_issue(number)
    for missing in (number, 999):
        with pytest.raises(Gone):
            reader.issue(missing)
        with pytest.raises(Gone):
            reader.comments(missing)
        with pytest.raises(Gone):
            writer.create_comment(missing, "hi")
        with pytest.raises(Gone):
            writer.add_label(missing, "bug")


def test_inv_34_all_issues_come_newest_first_with_pull_requests_marked(place, reader):
    for n in range(1, 231):
        place.add_issue(f"Report {n}", state="closed" if n % 3 == 0 else "open", is_pull_request=n == 5)
    pages = list(reader.issues())
    assert [len(page) for page in pages] == [100, 100, 30]
    found = [issue for page in pages for issue in page]
    assert [issue.number for issue in found] == list(range(230, 0, -1))
    assert [issue.number for issue in found if issue.is_pull_request] == [5]


def test_inv_34_changes_since_come_complete_and_oldest_change_first(place, reader):
    start = datetime(2026, 2, 1, tzinfo=UTC)
    for n in range(1, 251):  # the later the number, the earlier the change
        moment = (
            (start + timedelta(hours=300 - n)).isoformat()
            if isinstance(place, DoublePlace)
            else start + timedelta(hours=300 - n)
        )
        place.add_issue(created_at=moment, updated_at=moment)
    found = [issue for page in reader.issues(since=start + timedelta(hours=60)) for issue in page]
    assert [issue.number for issue in found] == list(range(240, 0, -1))


def test_an_empty_repository_has_no_issues(reader):
    assert [issue for page in reader.issues() for issue in page] == []


def test_comments_come_complete_oldest_first_and_ours_are_known(place, reader, writer):
    number = place.add_issue()
    for n in range(101):
        place.add_comment(number, f"me too {n}", "someone")
    ours = writer.create_comment(number, "we say")
    found = reader.comments(number)
    assert [comment.body for comment in found] == [*(f"me too {n}" for n in range(101)), "we say"]
    assert [comment.id for comment in found if comment.by_this_app] == [ours]
    assert (found[-1].author, found[-1].author_is_bot) == (f"{SLUG}[bot]", True)


def test_a_comment_is_edited_in_place(place, reader, writer):
    number = place.add_issue()
    key = writer.create_comment(number, "first")
    writer.edit_comment(key, "second")
    assert [(comment.id, comment.body) for comment in reader.comments(number)] == [(key, "second")]


def test_a_comment_that_is_not_there_cannot_be_edited(writer):
    with pytest.raises(Gone):
        writer.edit_comment(987_654_321, "text")


def test_inv_24_labels_are_added_and_removed_one_by_one(place, writer):
    number = place.add_issue(labels=["bug", "ui"])
    writer.add_label(number, "billing: extra/usage?")
    writer.add_label(number, "billing: extra/usage?")
    assert set(place.labels_of(number)) == {"bug", "ui", "billing: extra/usage?"}
    writer.remove_label(number, "billing: extra/usage?")
    assert set(place.labels_of(number)) == {"bug", "ui"}


def test_removing_a_label_that_is_not_there_does_nothing(place, writer):
    number = place.add_issue(labels=["bug"])
    writer.remove_label(number, "never heard of")
    writer.remove_label(999, "bug")
    assert place.labels_of(number) == ("bug",)


def test_an_issue_is_closed_as_a_duplicate_and_opened_again(place, reader, writer):
    number = place.add_issue()
    writer.close_issue(number, "duplicate")
    closed = reader.issue(number)
    assert (closed.state, closed.state_reason) == ("closed", "duplicate")
    assert closed.closed_at is not None
    writer.close_issue(number, "duplicate")
    writer.reopen_issue(number)
    writer.reopen_issue(number)
    assert (reader.issue(number).state, reader.issue(number).closed_at) == ("open", None)
    acts = [(event.event, event.actor_is_bot) for event in reader.timeline(number)]
    assert ("closed", True) in acts
    assert ("reopened", True) in acts


def test_inv_20_the_timeline_says_who_did_what(place, reader, writer):
    number = place.add_issue()
    place.add_comment(number, "Me too", "someone")
    writer.create_comment(number, "Known")
    said = [one for one in reader.timeline(number) if one.event == "commented"]
    assert [(one.actor, one.actor_is_bot) for one in said] == [("someone", False), (f"{SLUG}[bot]", True)]
    assert said[0].at <= said[1].at


def test_closing_is_done_once_and_what_is_closed_already_stays(place, reader, writer):
    number = place.add_issue()
    gateway = Gateway(writer, reader)
    close, reopen = Effect(EffectKind.CLOSE, "duplicate"), Effect(EffectKind.REOPEN, "objection")
    assert [gateway.apply(close, number).state for _ in range(2)] == ["done", "skipped"]
    assert [gateway.apply(reopen, number).state for _ in range(2)] == ["done", "skipped"]
    assert Gateway(None, reader).apply(close, number).state == "shadow"


def test_a_milestone_is_read_by_its_title(place, reader):
    assert reader.issue(place.add_issue(milestone="2.1")).milestone == "2.1"
    assert reader.issue(place.add_issue()).milestone is None


def test_a_label_is_created_once_and_known_in_any_case(writer):
    assert not writer.label_exists("a/b: c?")
    writer.create_label("a/b: c?", "d73a4a", "What it means")
    writer.create_label("A/B: C?", "ffffff", "Again")
    assert writer.label_exists("a/b: c?")
    assert writer.label_exists("A/B: C?")


def test_the_configuration_file_is_read_once_and_again_when_it_changes(place, reader):
    place.set_config("version: 1\n")
    first = reader.config()
    assert first.text == "version: 1\n"
    assert reader.config(first.etag) is None
    place.set_config("version: 1\nmode: shadow\n")
    assert reader.config(first.etag).text == "version: 1\nmode: shadow\n"


def test_the_owners_file_is_the_fall_back_until_the_repository_has_its_own(place, reader):
    place.set_fallback_config("")
    none = reader.config()
    assert none.text is None
    assert reader.config(none.etag) is None
    place.set_fallback_config("mode: shadow\n")
    fallback = reader.config(none.etag)
    assert fallback.text == "mode: shadow\n"
    assert reader.config(fallback.etag) is None
    place.set_config("mode: comment\n")
    own = reader.config(fallback.etag)
    assert own.text == "mode: comment\n"
    place.set_config("")
    assert reader.config(own.etag).text == "mode: shadow\n"


@pytest.mark.parametrize("role", ["admin", "maintain", "write", "triage"])
def test_inv_42_a_persons_permission_is_live(place, reader, role):
    place.set_permission("jane", role)
    assert reader.permission("jane") == role
    place.set_permission("jane", "none")
    assert reader.permission("jane") not in ("admin", "maintain", "write", "triage")


def test_inv_36_an_archived_repository_refuses_every_write_for_good(place, reader, writer):
    number = place.add_issue()
    place.archive()
    assert reader.repository().archived
    for act in (
        lambda: writer.create_comment(number, "hi"),
        lambda: writer.add_label(number, "bug"),
        lambda: writer.create_label("new", "d73a4a", ""),
    ):
        with pytest.raises(Permanent) as caught:
            act()
        assert caught.value.stops_repository
    assert reader.issue(number).number == number


def test_inv_36_a_suspended_installation_stops_the_repository(place, reader, writer):
    number = place.add_issue()
    place.suspend()
    for act in (lambda: reader.issue(number), lambda: writer.add_label(number, "bug")):
        with pytest.raises(Permanent) as caught:
            act()
        assert caught.value.stops_repository


def test_inv_29_an_installation_that_does_not_cover_the_repository_gets_nowhere(place):
    number = place.add_issue()
    with pytest.raises(Permanent) as caught:
        place.github.reader(NAME, place.installation + 1000).issue(number)
    assert caught.value.stops_repository


def test_the_app_knows_its_installations_and_itself(place):
    assert place.github.installation_of(NAME) == place.installation
    assert [info.full_name for info in place.github.installation_repositories(place.installation)] == [NAME]
    assert place.github.app_slug() == SLUG
    with pytest.raises(Gone):
        place.github.installation_of("acme/nowhere")


def test_an_installation_is_suspended_or_not_or_over(place):
    assert not place.github.is_suspended(place.installation)
    place.suspend()
    assert place.github.is_suspended(place.installation)
    assert place.github.installation_of(NAME) == place.installation
    with pytest.raises(Gone):
        place.github.is_suspended(place.installation + 1000)


def test_nothing_failed_where_nothing_was_delivered(place):
    assert list(place.github.failed_deliveries(since=datetime(2026, 1, 1, tzinfo=UTC))) == []


def test_inv_23_the_gateway_says_the_same_thing_once(place, reader, writer):
    number = place.add_issue(labels=["bug"])
    gateway = Gateway(writer, reader)
    say, label = Effect(EffectKind.COMMENT, "This looks like #1."), Effect(EffectKind.ADD_LABEL, "billing: a/b")
    styles = {"billing: a/b": ("d73a4a", "Money")}
    assert [gateway.apply(effect, number, labels=styles).state for effect in (say, label)] == ["done", "done"]
    before = reader.issue(number), reader.comments(number)
    assert [gateway.apply(effect, number, labels=styles).state for effect in (say, label)] == ["skipped", "skipped"]
    assert (reader.issue(number), reader.comments(number)) == before
    assert set(place.labels_of(number)) == {"bug", "billing: a/b"}


def test_inv_26_a_readers_token_cannot_write(double: DoublePlace):
    number = double.add_issue()
    double.github.reader(NAME, double.installation).issue(number)
    tokens = double._do("GET", "/tokens")
    assert [token["permissions"] for token in tokens] == [{"issues": "read", "metadata": "read", "single_file": "read"}]
    assert [token["repositories"] for token in tokens] == [[NAME]]


def test_the_real_client_follows_a_rename_and_says_the_new_name(double: DoublePlace):
    number = double.add_issue()
    reader = double.github.reader(NAME, double.installation)
    writer = double.github.writer(NAME, double.installation)
    reader.issue(number)
    writer.add_label(number, "bug")
    double._do("PATCH", f"/repositories/{NAME}", full_name="acme/till", deliver=False)
    assert reader.issue(number).number == number
    writer.add_label(number, "late")
    assert [issue.labels for page in reader.issues() for issue in page] == [("bug", "late")]
    assert reader.repository().full_name == "acme/till"


def test_inv_29_a_new_repository_under_the_old_name_is_neither_read_nor_written_to(place):
    known = place.github.reader(NAME, place.installation).repository()
    number = place.add_issue("Mine")
    place.rename("acme/till")
    other = place.add_namesake(number)
    reader = place.github.reader(NAME, place.installation, known.id)
    writer = place.github.writer(NAME, place.installation, known.id)
    assert (reader.repository().id, reader.repository().full_name) == (known.id, "acme/till")
    assert reader.issue(number).title == "Mine"
    writer.create_comment(number, "hi")
    writer.add_label(number, "bug")
    assert [comment.body for comment in reader.comments(number)] == ["hi"]
    namesake = place.github.reader(NAME, place.installation, other)
    assert (namesake.issue(number).title, namesake.issue(number).labels) == ("Another's", ())
    assert namesake.comments(number) == []


def test_inv_29_a_token_is_asked_for_by_the_repositorys_id(double: DoublePlace):
    number = double.add_issue()
    known = double.github.reader(NAME, double.installation).repository()
    double.github.writer(NAME, double.installation, known.id).add_label(number, "bug")
    double.rename("acme/till")
    other = double.add_namesake(number)
    with pytest.raises(Gone):  # the name was believed just now; the token is not good for another all the same
        double.github.writer(NAME, double.installation, known.id).add_label(number, "late")
    assert double.github.reader(NAME, double.installation, other).issue(number).labels == ()


def test_inv_36_a_repository_that_is_gone_stops_and_its_issues_are_not_taken_for_deleted(place):
    with pytest.raises(Permanent) as caught:
        place.github.reader(NAME, place.installation, 987_654_321).issue(1)
    assert caught.value.stops_repository
    assert not isinstance(caught.value, Gone)


def test_inv_29_a_transferred_issue_is_gone_from_here(double: DoublePlace):
    number = double.add_issue()
    double._do("POST", "/repositories", full_name="acme/other")
    double._do("POST", f"/repositories/{NAME}/issues/{number}/transfer", to="acme/other", deliver=False)
    with pytest.raises(Gone):
        double.github.reader(NAME, double.installation).issue(number)
    with pytest.raises(Gone):
        double.github.writer(NAME, double.installation).create_comment(number, "hi")


def test_a_thumbs_down_is_seen_and_no_change_costs_nothing(place, reader, writer):
    number = place.add_issue()
    comment = writer.create_comment(number, "This looks like #1")
    first = reader.thumbs_down(comment)
    assert first.given == ()
    assert reader.thumbs_down(comment, first.etag) is None
    place.react(comment, "+1", "jane")
    place.react(comment, "-1", "jane")
    place.react(comment, "-1", "other[bot]")
    seen = reader.thumbs_down(comment, first.etag)
    assert [(one.author, one.author_is_bot) for one in seen.given] == [("jane", False), ("other[bot]", True)]
    assert reader.thumbs_down(comment, seen.etag) is None
    with pytest.raises(Gone):
        reader.thumbs_down(comment + 500)


def test_a_reaction_of_ours_is_given_once(place, reader, writer):
    number = place.add_issue()
    place.add_comment(number, "/triage undo", "jane")
    (comment,) = reader.comments(number)
    writer.create_reaction(comment.id, "-1")
    writer.create_reaction(comment.id, "-1")
    assert [one.author for one in reader.thumbs_down(comment.id).given] == [f"{SLUG}[bot]"]
    with pytest.raises(Gone):
        writer.create_reaction(comment.id + 500, "+1")
