"""Signing in from end to end, with the double over HTTP as GitHub."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from tests.fakes.dashboard import DashboardRuntime, browser
from tests.fakes.deliveries import settings
from webhooks.dashboard.every import ACTS
from webhooks.dashboard.forms import Form
from webhooks.dashboard.posting import Wish
from webhooks.dashboard.routes import Dashboard
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import Running, serve

SECRET = "the App's own"
OPEN, CLOSED = "acme/open", "acme/closed"


@dataclass
class Clock:
    """The real time, moved forward by a test."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Place:
    """GitHub with two repositories (ann may triage one, ben reads it, nobody else has a role), and our server."""

    github: Running
    http: httpx.AsyncClient
    runtime: DashboardRuntime
    clock: Clock

    async def agreed(self, login: str, onward: str = "/") -> dict[str, str]:
        """Go to GitHub and agree there; returns what GitHub sends the browser back with."""
        away = await self.http.get("/sign-in/github", params={"next": onward})
        asked = _query(away.headers["location"])
        with httpx.Client(base_url=self.github.url, trust_env=False) as person:
            assert person.get(away.headers["location"]).status_code == 200
            back = person.post("/login/oauth/authorize", data={**asked, "login": login})
        return _query(back.headers["location"])

    async def sign_in(self, login: str, onward: str = "/", **changes: str) -> httpx.Response:
        """Go the whole way; `changes` are what somebody tampers with on the way back."""
        query = await self.agreed(login, onward)
        return await self.http.get("/sign-in/callback", params={**query, **changes})

    def has_role(self, name: str, login: str, role: str | None) -> None:
        """GitHub's owners change what somebody may do."""
        world = self.github.double.world
        people = world.find(name).collaborators
        people.pop(login, None)
        if role is not None:
            people[login] = role


def _query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def github() -> Iterator[Running]:
    with serve(DoubleConfig(client_secret=SECRET)) as running:
        yield running


@pytest.fixture
async def place(tmp_path: Path, github: Running) -> AsyncIterator[Place]:
    storage = open_storage(f"sqlite:///{tmp_path}/triage.db", migrate=True)
    with httpx.Client(base_url=github.url, trust_env=False) as http:
        for name in (OPEN, CLOSED):
            made = http.post("/_double/repositories", json={"full_name": name, "private": True}).json()["repository"]
            storage.save_repository(RepositoryRecord(made["id"], name, 1))
        for login in ("ann", "ben", "eve"):
            github.double.world.user(login)
    chosen = settings(
        github_api_url=github.url, client_id=DoubleConfig().client_id, client_secret=SECRET, operators="ann"
    )
    runtime, clock = DashboardRuntime(storage), Clock()
    application = FastAPI()
    application.router.routes += Dashboard(chosen, runtime, clock=clock).routes()
    async with browser(application) as client:
        place = Place(github, client, runtime, clock)
        place.has_role(OPEN, "ann", "triage")
        place.has_role(OPEN, "ben", "read")
        yield place
    storage.close()


async def test_who_signs_in_sees_what_github_shows_them_and_nothing_else(place: Place) -> None:
    answer = await place.sign_in("ann", onward=f"/r/{OPEN}/overview")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/r/{OPEN}/overview")
    assert (await place.http.get(f"/r/{OPEN}/overview")).status_code == 200
    shown = (await place.http.get("/")).text
    assert OPEN in shown
    assert CLOSED not in shown


async def test_inv_42_a_repository_that_is_not_theirs_looks_like_one_that_does_not_exist(place: Place) -> None:
    await place.sign_in("eve")
    answers = [await place.http.get(f"/r/{name}/overview") for name in (CLOSED, OPEN, "acme/never")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    data = [await place.http.get(f"/r/{name}/overview.json") for name in (CLOSED, "acme/never")]
    assert len({(one.status_code, one.text) for one in data}) == 1


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(place: Place) -> None:
    answer = await place.sign_in("ann")
    (kept,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("triage-session=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(re.split(r"; ", kept))
    assert "Domain" not in kept


async def test_over_tls_the_cookie_belongs_to_the_host_alone(place: Place) -> None:
    place.http.base_url = httpx.URL("https://bot.example.org")
    answer = await place.sign_in("ann")
    (kept,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-triage-session=")]
    assert "Secure" in kept
    assert (await place.http.get("/")).status_code == 200


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"code": ""}, {"code": "x" * 300}])
async def test_a_way_back_that_was_tampered_with_signs_nobody_in(place: Place, changes: dict[str, str]) -> None:
    answer = await place.sign_in("ann", **changes)
    assert answer.status_code == 400
    assert (await place.http.get("/")).status_code == 303


async def test_a_code_that_was_given_to_another_browser_is_worth_nothing_here(place: Place) -> None:
    """PKCE: whoever stole the code has another verifier."""
    stolen = (await place.agreed("ben"))["code"]
    place.http.cookies.clear()
    answer = await place.sign_in("ann", code=stolen)
    assert (answer.status_code, "did not accept" in answer.text) == (502, True)


async def test_a_code_is_worth_a_session_once(place: Place) -> None:
    query = await place.agreed("ann")
    begun = place.http.cookies["triage-sign-in"]
    assert (await place.http.get("/sign-in/callback", params=query)).status_code == 303
    place.http.cookies.clear()
    place.http.cookies.set("triage-sign-in", begun)
    assert (await place.http.get("/sign-in/callback", params=query)).status_code == 502


@pytest.mark.parametrize("answer", [{"error": "access_denied"}, {"code": "wrong"}])
async def test_a_state_is_worth_nothing_after_the_sign_in_that_it_was_made_for_failed(
    place: Place, answer: dict[str, str]
) -> None:
    query = await place.agreed("ann")
    failed = await place.http.get("/sign-in/callback", params={"state": query["state"], **answer})
    assert (failed.status_code, "Sign in" in failed.text) == (400 if "error" in answer else 502, True)
    assert (await place.http.get("/sign-in/callback", params=query)).status_code == 400
    assert (await place.sign_in("ann")).status_code == 303


async def test_the_session_changes_at_sign_in_and_the_old_one_is_over(place: Place) -> None:
    await place.sign_in("ann")
    before = place.http.cookies["triage-session"]
    await place.sign_in("ben")
    assert place.http.cookies["triage-session"] != before
    place.http.cookies.clear()
    place.http.cookies.set("triage-session", before)
    assert (await place.http.get("/")).status_code == 303


async def test_who_signs_out_is_out(place: Place) -> None:
    await place.sign_in("ann")
    token = re.search(r'name="form_token" value="([^"]+)"', (await place.http.get("/")).text)
    assert token is not None
    secret = place.http.cookies["triage-session"]
    await place.http.post("/sign-out", data={"form_token": token[1]})
    place.http.cookies.clear()
    place.http.cookies.set("triage-session", secret)
    assert (await place.http.get("/")).status_code == 303


async def test_nothing_in_the_database_opens_a_session_or_githubs_token(place: Place, tmp_path: Path) -> None:
    await place.sign_in("ann")
    secret = place.http.cookies["triage-session"]
    held = b"".join(path.read_bytes() for path in tmp_path.glob("triage.db*"))
    tokens = [token for token in place.github.double.world.tokens if token.startswith("ghu_")]
    assert tokens
    assert secret.encode() not in held
    assert not [token for token in tokens if token.encode() in held]


async def test_what_github_says_holds_for_minutes(place: Place) -> None:
    await place.sign_in("ann")
    place.has_role(OPEN, "ann", None)
    assert (await place.http.get(f"/r/{OPEN}/overview")).status_code == 200
    place.clock.ahead = timedelta(minutes=6)
    assert (await place.http.get(f"/r/{OPEN}/overview")).status_code == 404


async def test_who_loses_the_token_at_github_signs_in_again(place: Place) -> None:
    await place.sign_in("ann")
    place.github.double.world.tokens.clear()
    place.clock.ahead = timedelta(minutes=6)
    assert (await place.http.get("/")).headers["location"].startswith("/sign-in?")


async def test_who_acts_with_a_token_that_github_takes_no_more_signs_in_again_with_what_was_typed(
    place: Place, poke: str
) -> None:
    await place.sign_in("ann")
    page = await place.http.get(f"/r/{OPEN}/overview")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    place.github.double.world.tokens.clear()
    data = {"form_token": token[1], "back": f"/r/{OPEN}/activity", "value": "Wait for 2.0"}
    answer = await place.http.post(f"/r/{OPEN}/do/poke", data=data)
    assert answer.status_code == 401
    assert "Sign in and go on" in answer.text
    assert f"/sign-in?next={quote(f'/r/{OPEN}/activity', safe='')}" in answer.text
    assert "Wait for 2.0" in answer.text
    assert place.runtime.inbox.kept == {}
    after = await place.http.get(f"/r/{OPEN}/overview")  # the session is over at once, not when the grants are old
    assert (after.status_code, after.headers["location"].partition("?")[0]) == (303, "/sign-in")


def _fail(github: Running) -> None:
    with httpx.Client(base_url=github.url, trust_env=False) as http:
        http.post("/_double/faults", json={"kind": "status", "status": 502, "times": 50}).raise_for_status()


async def test_while_github_is_away_its_last_word_holds_for_a_while_and_then_nothing_is_shown(place: Place) -> None:
    await place.sign_in("ann")
    _fail(place.github)
    place.clock.ahead = timedelta(minutes=6)
    assert (await place.http.get("/")).status_code == 200
    place.clock.ahead = timedelta(minutes=25)
    answer = await place.http.get("/")
    assert (answer.status_code, "GitHub cannot be asked" in answer.text) == (503, True)


async def test_github_is_asked_once_about_a_person_until_its_limit_is_over(place: Place) -> None:
    await place.sign_in("ann")
    log = place.github.double.log
    plan = {"path": "/user/installations", "kind": "secondary_limit", "retry_after": 2400, "times": 50}
    with httpx.Client(base_url=place.github.url, trust_env=False) as http:
        http.post("/_double/faults", json=plan).raise_for_status()
    for minutes, status, asked in ((6, 200, 1), (19, 200, 1), (25, 503, 1), (47, 503, 2)):
        place.clock.ahead = timedelta(minutes=minutes)
        answer = await place.http.get("/")
        assert (answer.status_code, sum(one.status == 403 for one in log)) == (status, asked)
    assert "Try again in 40 minutes." in answer.text
    with httpx.Client(base_url=place.github.url, trust_env=False) as http:
        http.delete("/_double/faults").raise_for_status()
    place.clock.ahead = timedelta(minutes=88)
    assert (await place.http.get("/")).status_code == 200


async def test_a_sign_in_while_github_is_away_says_so_and_can_be_begun_again(place: Place) -> None:
    query = await place.agreed("ann")
    with httpx.Client(base_url=place.github.url, trust_env=False) as http:
        http.post("/_double/faults", json={"kind": "status", "status": 500, "times": 1}).raise_for_status()
    answer = await place.http.get("/sign-in/callback", params=query)
    assert (answer.status_code, "Try again" in answer.text) == (502, True)
    assert query["code"] not in answer.text
    assert (await place.http.get("/")).status_code == 303
    assert (await place.sign_in("ann")).status_code == 303


@pytest.fixture
def poke(monkeypatch: pytest.MonkeyPatch) -> str:
    """An act that anybody may try."""

    def read(_: Form) -> Wish:
        return Wish()

    monkeypatch.setitem(ACTS, "poke", read)  # type: ignore[arg-type]
    return "poke"


async def _poke(place: Place, **headers: str) -> httpx.Response:
    page = await place.http.get(f"/r/{OPEN}/overview")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"form_token": token[1], "back": f"/r/{OPEN}/overview"}
    return await place.http.post(f"/r/{OPEN}/do/poke", data=data, headers=headers)


async def test_inv_42_who_only_reads_does_nothing(place: Place, poke: str) -> None:
    await place.sign_in("ben")
    assert (await _poke(place)).status_code == 403
    assert place.runtime.inbox.kept == {}


async def test_inv_42_an_act_asks_github_at_that_moment(place: Place, poke: str) -> None:
    await place.sign_in("ann")
    assert (await _poke(place)).status_code == 303
    place.has_role(OPEN, "ann", "read")
    assert (await _poke(place)).status_code == 403
    assert len(place.runtime.inbox.kept) == 1


async def test_an_act_is_kept_with_who_and_when(place: Place, poke: str) -> None:
    await place.sign_in("ann")
    answer = await _poke(place)
    (act,) = place.runtime.storage.acts(place.runtime.storage.repositories()[1].id)
    assert (act.actor, act.kind, act.state) == ("ann", "poke", "done")
    shown = await place.http.get(answer.headers["location"])
    assert "poke was done" in shown.text


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
async def test_inv_42_another_site_cannot_act(place: Place, poke: str, headers: dict[str, str]) -> None:
    await place.sign_in("ann")
    assert (await _poke(place, **headers)).status_code == 403
    assert place.runtime.inbox.kept == {}


async def test_a_form_of_ours_is_taken_though_its_page_hides_where_it_is(place: Place, poke: str) -> None:
    """Browsers say `Origin: null` where the referrer policy is `no-referrer`."""
    await place.sign_in("ann")
    assert (await _poke(place, origin="null", **{"sec-fetch-site": "same-origin"})).status_code == 303
    assert (await _poke(place, origin="http://127.0.0.1:8000")).status_code == 303


async def test_operators_are_those_that_the_settings_name(place: Place) -> None:
    await place.sign_in("ann")
    assert 'href="/operator"' in (await place.http.get("/")).text
    await place.sign_in("ben")
    assert 'href="/operator"' not in (await place.http.get("/")).text
    assert (await place.http.get("/operator")).status_code == 404


async def test_too_many_attempts_have_to_wait(place: Place) -> None:
    answers = [(await place.sign_in("ann", code=f"guess {number}")).status_code for number in range(12)]
    assert answers == [502] * 10 + [429] * 2


async def test_what_another_site_makes_a_browser_fetch_counts_for_nothing(place: Place) -> None:
    """Pictures and links cannot carry the cookie with which a sign-in is begun here."""
    for _ in range(30):
        assert (await place.http.get("/sign-in/github")).status_code == 303
        assert (await place.http.get("/sign-in/callback?state=x&code=y")).status_code == 400
    assert (await place.sign_in("ann")).status_code == 303


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
async def test_signing_in_leads_to_this_server_only(place: Place, onward: str) -> None:
    answer = await place.sign_in("ann", onward=onward)
    assert answer.headers["location"] == "/"
