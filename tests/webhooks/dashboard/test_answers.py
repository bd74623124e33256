from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from tests.fakes.dashboard import NAME, DashboardRuntime, form_token
from webhooks.dashboard import files
from webhooks.dashboard.answers import as_data, csv_pieces
from webhooks.dashboard.every import PAGES
from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.page import Query, Table, may_act

World = tuple[FastAPI, DashboardRuntime]
OVERVIEW = f"/r/{NAME}/overview"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{OVERVIEW}/", 307),
        ("GET", f"{OVERVIEW}.json/", 307),
        ("GET", "/nothing/at/all", 404),
        ("GET", "/static/nothing.js", 404),
        ("PUT", OVERVIEW, 405),
        ("DELETE", "/sign-in", 405),
        ("POST", f"/r/{NAME}/do/rename", 403),
        ("GET", f"/r/{NAME}", 303),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/webhooks/github", 405),
        ("POST", "/webhooks/github", 415),
    ],
)
async def test_every_kind_of_answer_has_the_headers_of_a_page(
    maintainer: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await maintainer.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert all(len(answer.headers.get_list(name)) == 1 for name in HEADERS)


@pytest.mark.parametrize(
    "path", ["/", OVERVIEW, f"{OVERVIEW}.json", "/sign-in", "/r/acme/never/overview", "/static/style.css"]
)
async def test_every_answer_forbids_foreign_scripts_frames_and_referrers(
    maintainer: httpx.AsyncClient, path: str
) -> None:
    headers = (await maintainer.get(path)).headers
    policy = headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", OVERVIEW, 405),
        ("PUT", "/sign-in", 405),
        ("GET", "/sign-out", 405),
        ("GET", f"/r/{NAME}/do/pause", 405),
        ("POST", f"/r/{NAME}/do/pause", 403),
        ("GET", "/broken", 500),
    ],
)
async def test_refusals_and_failures_have_the_same_headers_and_are_said_in_words(
    world: World, maintainer: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    async def broken() -> None:
        raise RuntimeError("secret detail")

    world[0].add_api_route("/broken", broken)
    maintainer._transport.raise_app_exceptions = False  # type: ignore[attr-defined]  # as a real server would
    answer = await maintainer.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "<h1>" in answer.text
    assert "detail" not in answer.text


BAD = ("%ff%fe", "%00", "-1", "9" * 400, "\u0663", "%F0%9F%98%80", "<script>alert(1)</script>", "%0d%0aSet-Cookie:x=1")
NAMES = (
    *("page", "sort", "order", "q", "state", "verdict", "cluster", "kind", "view"),
    *("issue", "day", "actor", "act", "by", "held", "label", "cause", "text"),
)


@pytest.mark.parametrize("value", BAD)
async def test_nonsense_in_an_address_breaks_no_page(maintainer: httpx.AsyncClient, value: str) -> None:
    asked = "&".join(f"{name}={value}" for name in NAMES)
    for page in PAGES:
        path = re.sub(r"{\w+(:\w+)?}", value, page.path)
        answer = await maintainer.get(f"/r/{NAME}{path}?{asked}" if page.about == "repository" else f"{path}?{asked}")
        assert answer.status_code == (404 if "{" in page.path else 200), page.path
        assert "<script>alert" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_pages_are_not_kept_and_files_are(maintainer: httpx.AsyncClient) -> None:
    assert (await maintainer.get(OVERVIEW)).headers["cache-control"] == "no-store"
    kept = await maintainer.get(files.address("style.css"))
    assert "immutable" in kept.headers["cache-control"]
    assert (await maintainer.get("/static/style.css?v=old")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.js", "..%2Froutes.py", "%2e%2e%2fpage.py", "style.css%00"])
async def test_only_named_files_are_served(visitor: httpx.AsyncClient, name: str) -> None:
    assert (await visitor.get(f"/static/{name}")).status_code == 404


def test_the_libraries_come_out_of_installed_packages() -> None:
    for name in files.FROM_PACKAGES:
        path = files.where(name)
        assert path is not None
        assert "site-packages" in path.parts


def test_a_file_is_the_same_whole_and_compressed() -> None:
    found = files.file("page.js")
    assert found is not None
    assert gzip.decompress(found.small) == found.body
    assert files.address("missing.js") == ""


async def test_titles_are_escaped(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get(OVERVIEW)).text
    assert "&lt;b&gt;400&lt;/b&gt;" in page
    assert "<b>400" not in page


async def test_a_table_is_exported_for_spreadsheets(maintainer: httpx.AsyncClient) -> None:
    answer = await maintainer.get(f"{OVERVIEW}.csv")
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert lines[0] == "issue,title,verdict,canonical,decided at"
    assert lines[1].startswith("19,Report 19: extra usage <b>400</b>,duplicate,1,")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_cell_that_a_spreadsheet_would_run_is_a_text() -> None:
    body = "".join(csv_pieces(Table(("a",), [["=1+1"], ["@x"], [-5], [None]]), iter(())))
    assert body == "\ufeffa\r\n'=1+1\r\n'@x\r\n-5\r\n\"\"\r\n"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0+"])
def test_no_cell_begins_as_a_formula_does(first: str) -> None:
    text = "".join(csv_pieces(Table(("a",), []), iter([Table(("a",), [[f"{first}1"]])])))
    rows = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert rows[1] == [f"'{first}1"]


def test_a_model_becomes_plain_data() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert as_data({"at": moment, "set": frozenset({2, 1}), 3: (Table(("a",), []),)}) == {
        "at": "2026-01-02T00:00:00+00:00",
        "set": [1, 2],
        "3": [{"columns": ["a"], "rows": []}],
    }


@pytest.mark.parametrize(
    ("text", "number"), [("", 7), ("5", 5), ("0", 1), ("999", 100), ("-3", 7), ("٣", 7), ("1" * 30, 7), ("x", 7)]
)
def test_a_number_of_the_address_stays_within_its_bounds(text: str, number: int) -> None:
    assert Query({"page": text}).number("page", 7, least=1, most=100) == number


def test_a_text_of_the_address_is_short_and_printable() -> None:
    query = Query({"q": " a\x00b\u202ec " + "x" * 500, "sort": "evil"})
    assert query.text("q").startswith("abc x")
    assert len(query.text("q")) <= 200
    assert query.one_of("sort", ("size", "title")) == "size"


@pytest.mark.parametrize(
    ("role", "may"), [("none", False), ("read", False), ("triage", True), ("admin", True), ("?", False)]
)
def test_who_has_the_triage_role_may_act(role: str, may: bool) -> None:
    assert may_act(role) is may


async def test_colours_that_were_chosen_stay(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get(OVERVIEW)).text
    assert 'data-theme="auto"' in page
    data = {"form_token": form_token(page), "back": OVERVIEW, "theme": "dark"}
    answer = await maintainer.post("/theme", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, OVERVIEW)
    assert 'data-theme="dark"' in (await maintainer.get(OVERVIEW)).text


async def test_a_path_that_is_not_there_is_answered_in_words(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/nothing/at/all")
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)


async def test_an_act_that_nobody_knows_is_not_found(maintainer: httpx.AsyncClient) -> None:
    data = {"form_token": form_token((await maintainer.get(OVERVIEW)).text)}
    assert (await maintainer.post(f"/r/{NAME}/do/nothing", data=data)).status_code == 404


async def test_a_form_without_its_token_does_nothing(maintainer: httpx.AsyncClient) -> None:
    answer = await maintainer.post("/theme", data={"theme": "dark"})
    assert (answer.status_code, "older than your sign-in" in answer.text) == (403, True)


async def test_the_notice_of_another_repositorys_act_is_not_shown(maintainer: httpx.AsyncClient, world: World) -> None:
    assert 'id="notice"' in (await maintainer.get(f"{OVERVIEW}?act=1")).text
    assert 'id="notice"' not in (await maintainer.get("/r/acme/secret/overview?act=1")).text


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", " =cmd|' /C calc'!A0", '"=1', "＝1"])
def test_no_cell_runs_where_a_semicolon_or_a_tab_separates_them(separator: str, start: str) -> None:
    """Spreadsheets of many countries, and what is pasted, are split there; some ignore quotes at that."""
    text = "".join(csv_pieces(Table(("a", "b"), [[f"x{separator}{start}", 7]]), iter(()))).removeprefix("\ufeff")
    line = text.split("\r\n")[1]
    assert line.startswith('"')
    for cell in re.split("[;\t]", line):
        assert not cell.strip('" ').startswith(tuple("=+-@＝"))
    (_, row) = csv.reader(io.StringIO(text, newline=""))
    assert row == [f"x{separator}{start}".replace(start.lstrip(' "'), "'" + start.lstrip(' "')), "7"]


def test_a_line_break_in_the_address_parts_words_and_joined_emoji_stay_whole() -> None:
    query = Query({"text": "Line one.\r\nLine two.\tThree \U0001f469\u200d\U0001f4bb\x00"})
    assert query.text("text") == "Line one. Line two. Three \U0001f469\u200d\U0001f4bb"
