from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from bot.errors import Gone, Permanent
from bot.github.manifest import Credentials, Granted
from bot.settings import Settings, load
from tests.fakes.deliveries import client, post, settings
from webhooks.app import create_setup_app
from webhooks.setup import Setup
from webhooks.setup_guard import MOST_STATES, STATE_LIFETIME, States, new_token

PEM = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\nBBBB\n-----END RSA PRIVATE KEY-----\n"
HIDDEN = "e7c0ffee" * 5
ANSWERS = {"public_url": "https://bot.example.org/", "name": "my triage", "organization": ""}
TOKEN = new_token()


class FakeDoor:
    """GitHub's two answers."""

    def __init__(self) -> None:
        self.codes: list[tuple[str, str]] = []
        self.failure: Exception | None = None
        self.webhook_secret = HIDDEN
        self.granted_answer = Granted(
            "my-triage", {"issues": "write", "metadata": "read", "single_file": "read"}, (".github/triage.yml",)
        )

    def convert(self, api_url: str, code: str) -> Credentials:
        if self.failure is not None:
            raise self.failure
        self.codes.append((api_url, code))
        return Credentials(
            app_id=77,
            slug="my-triage",
            client_id="Iv1.abc",
            html_url="https://github.com/apps/my-triage",
            client_secret=HIDDEN,
            webhook_secret=self.webhook_secret,
            pem=PEM,
        )

    def granted(self, settings: Settings) -> Granted:
        if settings.app_private_key() != PEM:
            raise Permanent("this is not the App's key")
        return self.granted_answer


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def env_path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def setup_over(door: FakeDoor, env_path: Path, clock: Clock | None = None, **changes: Any) -> Setup:
    bare = settings(**{"webhook_secret": None, **changes})
    return Setup(bare, token=TOKEN, env_path=env_path, door=door, clock=clock or Clock())


@pytest.fixture
async def http(door: FakeDoor, env_path: Path, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    async with client(create_setup_app(setup_over(door, env_path, clock))) as opened:
        yield opened


def field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


async def begun(http: httpx.AsyncClient, **answers: str) -> httpx.Response:
    form = await http.get("/setup")
    return await http.post("/setup", data={**ANSWERS, **answers, "state": field(form, "state"), "token": ""})


async def state_of(http: httpx.AsyncClient) -> str:
    """Goes as far as GitHub and returns the state that GitHub hands back."""
    target = re.search(r'action="(https?://[^"]+)"', (await begun(http)).text)
    assert target is not None
    return parse_qs(urlsplit(html.unescape(target[1])).query)["state"][0]


async def come_back(http: httpx.AsyncClient, code: str = "abc123", state: str | None = None) -> httpx.Response:
    state = await state_of(http) if state is None else state
    return await http.get("/setup/callback", params={"code": code, "state": state})


async def test_the_whole_flow_ends_with_credentials_that_the_settings_can_read(
    http: httpx.AsyncClient, door: FakeDoor, env_path: Path
) -> None:
    env_path.write_text("# mine\nTRIAGE_PORT=8001\n")
    with capture_logs() as lines:
        done = await come_back(http)
    assert done.status_code == 200
    assert door.codes == [("https://api.github.com", "abc123")]
    assert env_path.read_text().startswith("# mine\nTRIAGE_PORT=8001\n")
    assert env_path.stat().st_mode & 0o777 == 0o600
    read = load(_env_file=env_path)
    assert (read.app_id, read.client_id, read.port) == (77, "Iv1.abc", 8001)
    assert read.secret() == HIDDEN.encode()
    assert read.app_private_key().strip() == PEM.strip()
    assert "https://github.com/apps/my-triage/installations/new" in done.text
    for secret in (HIDDEN, "AAAA", "abc123"):
        assert secret not in done.text
        assert secret not in repr(lines)


async def test_the_button_posts_the_manifest_to_github(http: httpx.AsyncClient) -> None:
    page = await begun(http)
    assert 'method="post" action="https://github.com/settings/apps/new?state=' in page.text
    manifest = json.loads(field(page, "manifest"))
    assert manifest["name"] == "my triage"
    assert manifest["hook_attributes"]["url"] == "https://bot.example.org/webhooks/github"
    assert manifest["redirect_url"] == "http://127.0.0.1:8000/setup/callback"
    assert manifest["default_permissions"] == {"issues": "write", "metadata": "read", "single_file": "read"}
    assert "form-action 'self' https://github.com" in page.headers["content-security-policy"]


async def test_an_organisation_and_an_enterprise_host_have_their_own_address(door: FakeDoor, env_path: Path) -> None:
    setup = setup_over(door, env_path, github_api_url="https://ghe.example.org/api/v3")
    async with client(create_setup_app(setup)) as http:
        page = await begun(http, organization="octo-org")
    assert 'action="https://ghe.example.org/organizations/octo-org/settings/apps/new?state=' in page.text


async def test_a_wrong_answer_keeps_what_was_typed(http: httpx.AsyncClient) -> None:
    page = await begun(http, public_url="bot.example.org", name='"><b>')
    assert page.status_code == 400
    assert "The public address must be like" in page.text
    assert 'value="bot.example.org"' in page.text
    assert "<b>" not in page.text


async def test_a_state_is_accepted_once(http: httpx.AsyncClient, door: FakeDoor, env_path: Path) -> None:
    state = await state_of(http)
    door.failure = Gone("the code is spent")
    assert (await come_back(http, state=state)).status_code == 502
    door.failure = None
    assert (await come_back(http, state=state)).status_code == 400
    assert not env_path.exists()


@pytest.mark.parametrize("state", ["", "guessed"])
async def test_an_unknown_state_is_refused(http: httpx.AsyncClient, door: FakeDoor, state: str) -> None:
    assert (await come_back(http, state=state)).status_code == 400
    assert (await http.post("/setup", data={**ANSWERS, "state": state})).status_code == 400
    assert door.codes == []


async def test_a_state_expires(http: httpx.AsyncClient, door: FakeDoor, clock: Clock) -> None:
    state = await state_of(http)
    clock.now = STATE_LIFETIME
    assert (await come_back(http, state=state)).status_code == 400
    assert door.codes == []


def test_the_oldest_state_is_forgotten_where_there_are_too_many() -> None:
    states = States(Clock())
    issued = [states.issue() for _ in range(MOST_STATES + 1)]
    assert [states.holds(state) for state in issued] == [False] + [True] * MOST_STATES


@pytest.mark.parametrize("code", ["", "a/../b", "a b", "x" * 300])
async def test_a_code_that_is_none_is_not_sent_to_github(http: httpx.AsyncClient, door: FakeDoor, code: str) -> None:
    assert (await come_back(http, code)).status_code == 400
    assert door.codes == []


PLACES = {
    "another machine": ("http://127.0.0.1:8000", "203.0.113.9", {}),
    "another machine over IPv6": ("http://127.0.0.1:8000", "2001:db8::1", {}),
    "a tunnel": ("https://bot.example.org", "127.0.0.1", {}),
    "a tunnel that rewrites the host": ("http://localhost:8000", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
    "a proxy": ("http://localhost:8000", "127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
    "a name made to point here": ("http://attacker.example:8000", "127.0.0.1", {}),
    "a socket without an address": ("http://127.0.0.1:8000", "unix", {}),
}


@pytest.mark.parametrize(("base_url", "host", "sent"), PLACES.values(), ids=PLACES)
async def test_only_this_machine_or_the_token_may_begin(
    door: FakeDoor, env_path: Path, base_url: str, host: str, sent: dict[str, str]
) -> None:
    application = create_setup_app(setup_over(door, env_path))
    async with client(application, base_url, host) as http:
        assert (await http.get("/setup", headers=sent)).status_code == 403
        assert (await http.get("/setup", params={"token": "guessed"}, headers=sent)).status_code == 403
        assert (await http.get("/setup", params={"token": "é"}, headers=sent)).status_code == 403
        assert (await http.post("/setup", data=ANSWERS, headers=sent)).status_code == 403
        form = await http.get("/setup", params={"token": TOKEN}, headers=sent)
        assert form.status_code == 200
        answers = {**ANSWERS, "state": field(form, "state"), "token": field(form, "token")}
        page = await http.post("/setup", data=answers, headers=sent)
    assert json.loads(field(page, "manifest"))["redirect_url"] == "https://bot.example.org/setup/callback"


@pytest.mark.parametrize("base_url", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"])
async def test_a_browser_on_this_machine_needs_no_token(door: FakeDoor, env_path: Path, base_url: str) -> None:
    async with client(create_setup_app(setup_over(door, env_path)), base_url, "::1") as http:
        assert (await http.get("/setup")).status_code == 200


def test_the_printed_address_holds_the_token(door: FakeDoor, env_path: Path) -> None:
    printed = setup_over(door, env_path).address("http://127.0.0.1:8000")
    assert printed == f"http://127.0.0.1:8000/setup?token={TOKEN}"


@pytest.mark.parametrize("line", ["TRIAGE_APP_ID=5", "TRIAGE_PRIVATE_KEY_PATH=key.pem", "export TRIAGE_PRIVATE_KEY=x"])
async def test_an_app_in_the_file_is_never_overwritten(
    http: httpx.AsyncClient, door: FakeDoor, env_path: Path, line: str
) -> None:
    state = await state_of(http)
    env_path.write_text(f"{line}\n")
    assert (await http.get("/setup")).status_code == 409
    assert (await http.post("/setup", data={**ANSWERS, "state": state})).status_code == 409
    assert (await come_back(http, state=state)).status_code == 409
    assert door.codes == []
    assert env_path.read_text() == f"{line}\n"


async def test_a_file_that_cannot_be_read_is_never_overwritten(http: httpx.AsyncClient, env_path: Path) -> None:
    env_path.write_bytes(b"\xff")
    page = await http.get("/setup")
    assert page.status_code == 409
    assert "cannot be read" in page.text


async def test_an_app_in_the_settings_is_never_overwritten(door: FakeDoor, env_path: Path) -> None:
    async with client(create_setup_app(setup_over(door, env_path, app_id=5))) as http:
        page = await http.get("/setup")
    assert page.status_code == 409
    assert "TRIAGE_APP_ID" in page.text


async def test_a_second_registration_of_the_same_server_is_refused(http: httpx.AsyncClient, door: FakeDoor) -> None:
    states = [await state_of(http), await state_of(http)]
    assert (await come_back(http, state=states[0])).status_code == 200
    assert (await come_back(http, state=states[1])).status_code == 409
    assert len(door.codes) == 1


async def test_the_code_is_not_spent_where_the_file_cannot_be_written(door: FakeDoor, tmp_path: Path) -> None:
    setup = setup_over(door, tmp_path / "none" / ".env")
    async with client(create_setup_app(setup)) as http:
        page = await come_back(http)
    assert page.status_code == 502
    assert "cannot be written" in page.text
    assert door.codes == []


async def test_credentials_that_do_not_fit_the_file_are_reported_and_not_shown(
    http: httpx.AsyncClient, door: FakeDoor, env_path: Path
) -> None:
    door.webhook_secret = "se'cret"
    page = await come_back(http)
    assert page.status_code == 500
    assert "https://github.com/apps/my-triage" in page.text
    assert "se" not in re.findall(r"se.{0,6}cret", page.text)
    assert not env_path.exists()


async def test_what_github_did_not_grant_is_named_with_the_step_to_do(http: httpx.AsyncClient, door: FakeDoor) -> None:
    door.granted_answer = Granted("my-triage", {"issues": "read", "metadata": "read"}, ())
    page = await come_back(http)
    assert "issues: write, single_file: read" in page.text
    assert "Single file" in page.text
    assert ".github/triage.yml" in page.text


async def test_the_single_file_step_is_not_shown_where_it_was_granted(http: httpx.AsyncClient) -> None:
    page = await come_back(http)
    assert "Single file" not in page.text
    assert "Not as asked for" not in page.text


async def test_afterwards_the_page_shows_what_was_granted(http: httpx.AsyncClient) -> None:
    await come_back(http)
    page = await http.get("/setup")
    assert page.status_code == 200
    assert "issues: write" in page.text
    assert "The App of this server" in page.text


async def test_a_failure_to_read_back_is_shown(door: FakeDoor, env_path: Path) -> None:
    setup = setup_over(door, env_path, app_id=5, private_key="another")
    async with client(create_setup_app(setup)) as http:
        page = await http.get("/setup")
    assert page.status_code == 200
    assert "this is not the App&#39;s key" in page.text


async def test_a_variable_of_the_environment_that_wins_over_the_file_is_named(door: FakeDoor, env_path: Path) -> None:
    async with client(create_setup_app(setup_over(door, env_path, webhook_secret="from outside"))) as http:
        page = await come_back(http)
    assert "The environment sets TRIAGE_WEBHOOK_SECRET" in page.text
    assert "from outside" not in page.text


async def test_pages_run_no_script_and_cannot_be_framed(http: httpx.AsyncClient) -> None:
    for page in (await http.get("/setup"), await begun(http), await come_back(http)):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "<script" not in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"


async def test_the_style_that_the_policy_allows_is_the_one_in_the_page(http: httpx.AsyncClient) -> None:
    page = await http.get("/setup")
    style = re.search(r"<style>(.*)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("body", [b"x" * 20_000, b"\xff=1", b"&".join([b"a=1"] * 30)])
async def test_a_form_that_is_none_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    assert (await http.post("/setup", content=body)).status_code == 400


async def test_while_nothing_is_set_up_deliveries_are_refused(http: httpx.AsyncClient) -> None:
    answer = await post(http, {})
    assert answer.status_code == 503
    assert "not configured" in answer.json()["error"]
    assert (await http.get("/healthz")).status_code == 200
