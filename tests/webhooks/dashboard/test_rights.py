"""What a viewer without rights sees and can do: the pages without a single act, or nothing at all (INV 42)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from bot.github.viewer import UserToken
from bot.storage.records import ConfigRecord, RepositoryRecord
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime, browser, form_token
from tests.fakes.deliveries import settings
from webhooks.dashboard.access import Access, utc_now
from webhooks.dashboard.every import ACTS, PAGES
from webhooks.dashboard.routes import Dashboard

ROOT = f"/r/{NAME}"
ONE_OF_EACH = [f"{ROOT}/clusters/extra-usage-400", f"{ROOT}/clusters/c-dark", f"{ROOT}/issues/4", f"{ROOT}/issues/60"]
ADDRESSES = [ROOT + page.path for page in PAGES if page.about == "repository" and "{" not in page.path] + ONE_OF_EACH
FIELDS = {"cluster": "c-dark", "numbers": "30", "number": "4", "other": "1", "into": "c-mixed", "value": "A new title"}
FIELDS |= {"edit": "1", "act": "1"}


@dataclass
class Roles:
    """GitHub, asked about one person."""

    given: Mapping[int, str] = field(default_factory=dict)

    def token(self, code: str, verifier: str, return_url: str) -> UserToken:
        raise AssertionError("nobody signs in here")

    def login(self, token: str) -> str:
        return "ben"

    def roles(self, token: str) -> Mapping[int, str]:
        return self.given

    def role(self, token: str, repository: str, repository_id: int) -> str:
        return self.given.get(repository_id, "none")


@asynccontextmanager
async def seen_by(runtime: DashboardRuntime, roles: Roles) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who signed in and has these roles."""
    chosen = settings()
    application = FastAPI()
    application.router.routes += Dashboard(chosen, runtime, door=roles).routes()
    session = Access(chosen, runtime, roles, utc_now).open("ben", "github", UserToken("a token", None))
    async with browser(application) as http:
        http.cookies.set("triage-session", session.secret)
        yield http


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_reader_sees_the_page_and_nothing_to_do(world: tuple[FastAPI, DashboardRuntime], address: str) -> None:
    async with seen_by(world[1], Roles({SHOP: "read"})) as http:
        shown = await http.get(address)
    assert shown.status_code == 200
    assert f"{ROOT}/do/" not in shown.text


@pytest.mark.parametrize("kind", sorted(ACTS))
async def test_inv_42_a_reader_can_do_nothing(world: tuple[FastAPI, DashboardRuntime], kind: str) -> None:
    runtime = world[1]
    before = len(runtime.storage.acts(SHOP))
    async with seen_by(runtime, Roles({SHOP: "read"})) as http:
        token = form_token((await http.get(f"{ROOT}/overview")).text)
        answer = await http.post(f"{ROOT}/do/{kind}", data={"form_token": token, **FIELDS})
    assert answer.status_code == 403
    assert len(runtime.storage.acts(SHOP)) == before


@pytest.mark.parametrize(
    "address", [*ADDRESSES, f"{ROOT}/clusters.csv", f"{ROOT}/issues.json", f"{ROOT}/issues/4.json"]
)
async def test_inv_42_to_a_stranger_it_is_not_there(world: tuple[FastAPI, DashboardRuntime], address: str) -> None:
    async with seen_by(world[1], Roles()) as http:
        theirs = await http.get(address)
        nobodys = await http.get(address.replace(NAME, "acme/never-was"))
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text == nobodys.text


@pytest.mark.parametrize("kind", ["json", "csv", "live"])
async def test_inv_42_no_file_and_no_stream_tells_a_stranger_anything(
    world: tuple[FastAPI, DashboardRuntime], kind: str
) -> None:
    addresses = [f"{ROOT}/live"] if kind == "live" else [f"{address}.{kind}" for address in ADDRESSES]
    async with seen_by(world[1], Roles()) as http:
        for address in addresses:
            theirs, nobodys = await http.get(address), await http.get(address.replace(NAME, "acme/never-was"))
            assert (theirs.status_code, theirs.text) == (404, nobodys.text), address


@pytest.mark.parametrize("kind", sorted(ACTS))
async def test_inv_42_a_stranger_can_do_nothing(world: tuple[FastAPI, DashboardRuntime], kind: str) -> None:
    async with seen_by(world[1], Roles()) as http:
        token = form_token((await http.get("/")).text)
        answer = await http.post(f"{ROOT}/do/{kind}", data={"form_token": token, **FIELDS})
    assert answer.status_code == 404
    assert [act.kind for act in world[1].storage.acts(SHOP)] == ["rename"]  # the seeded one


@pytest.mark.parametrize(("before", "by_now", "status"), [("triage", "read", 403), ("read", "triage", 303)])
async def test_inv_42_the_role_of_this_moment_counts_and_is_shown(
    world: tuple[FastAPI, DashboardRuntime], before: str, by_now: str, status: int
) -> None:
    roles, act = Roles({SHOP: before}), f"{ROOT}/do/rename"
    async with seen_by(world[1], roles) as http:
        page = await http.get(f"{ROOT}/clusters/c-dark")
        assert (act in page.text) is (before == "triage")
        roles.given = {SHOP: by_now}
        data = {"form_token": form_token(page.text), "cluster": "c-dark", "value": "A new title"}
        assert (await http.post(act, data=data)).status_code == status
        assert (act in (await http.get(f"{ROOT}/clusters/c-dark")).text) is (by_now == "triage")


@pytest.mark.parametrize("kind", ["", ".json"])
@pytest.mark.parametrize("reads_it", [True, False])
async def test_inv_42_the_owners_file_is_shown_to_whom_github_shows_it(
    world: tuple[FastAPI, DashboardRuntime], kind: str, reads_it: bool
) -> None:
    storage, now = world[1].storage, datetime.now(UTC)
    text, error = "mode: comment\n# a remark\n", "line 3: `limits.links` is no number (found 'hunter2')"
    storage.save_config(SHOP, ConfigRecord("e", now, text, error, "owner", now))
    storage.save_repository(RepositoryRecord(990, f"{NAME.partition('/')[0]}/.github", 1))
    async with seen_by(world[1], Roles({SHOP: "admin"} | ({990: "read"} if reads_it else {}))) as http:
        shown = (await http.get(f"{ROOT}/settings{kind}")).text
    assert ("a remark" in shown, "hunter2" in shown) == (reads_it, reads_it)
    assert "line 3" in shown or '"line": 3' in shown or '"line":3' in shown


@pytest.mark.parametrize("kind", sorted(ACTS))
async def test_inv_42_an_act_without_the_forms_token_is_refused(
    world: tuple[FastAPI, DashboardRuntime], kind: str
) -> None:
    async with seen_by(world[1], Roles({SHOP: "admin"})) as http:
        answer = await http.post(f"{ROOT}/do/{kind}", data={"form_token": "guessed", **FIELDS})
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", sorted(ACTS))
async def test_inv_42_the_token_of_another_session_is_worth_nothing(
    world: tuple[FastAPI, DashboardRuntime], kind: str
) -> None:
    before = len(world[1].storage.acts(SHOP))
    async with seen_by(world[1], Roles({SHOP: "admin"})) as other:
        foreign = form_token((await other.get(f"{ROOT}/overview")).text)
    async with seen_by(world[1], Roles({SHOP: "admin"})) as http:
        answer = await http.post(f"{ROOT}/do/{kind}", data={"form_token": foreign, **FIELDS})
    assert (answer.status_code, len(world[1].storage.acts(SHOP))) == (403, before)


async def test_inv_42_an_act_on_what_is_not_theirs_answers_as_on_what_does_not_exist(
    world: tuple[FastAPI, DashboardRuntime],
) -> None:
    async with seen_by(world[1], Roles()) as http:
        data = {"form_token": form_token((await http.get("/")).text), **FIELDS}
        theirs = await http.post(f"{ROOT}/do/rename", data=data)
        nobodys = await http.post("/r/acme/never-was/do/rename", data=data)
        slash = [await http.get(f"{root}/overview/") for root in (ROOT, "/r/acme/never-was")]
    assert (theirs.status_code, theirs.text) == (404, nobodys.text)
    assert {answer.status_code for answer in slash} <= {307, 404}


async def test_a_form_after_the_session_was_over_loses_nothing_that_was_typed(
    world: tuple[FastAPI, DashboardRuntime],
) -> None:
    before = len(world[1].storage.acts(SHOP))
    async with seen_by(world[1], Roles({SHOP: "admin"})) as http:
        page = f"{ROOT}/clusters/c-dark"
        data = {"form_token": form_token((await http.get(page)).text), "back": page, "cluster": "c-dark"}
        http.cookies.clear()
        answer = await http.post(f"{ROOT}/do/rename", data={**data, "value": "Dark <mode> & more"})
        program = await http.post(f"{ROOT}/do/rename", data=data, headers={"accept": "application/json"})
        away = await http.post(f"{ROOT}/do/rename", data={**data, "back": "https://evil.example/"})
    assert answer.status_code == 401
    assert "Your sign-in is over, so nothing was done." in answer.text
    assert "Dark &lt;mode&gt; &amp; more</textarea>" in answer.text
    assert 'href="/sign-in?next=%2Fr%2Facme%2Fshop%2Fclusters%2Fc-dark"' in answer.text
    assert (program.status_code, program.json()) == (401, {"error": "sign in first"})
    assert "evil.example" not in away.text
    assert len(world[1].storage.acts(SHOP)) == before
