"""/setup: registers the GitHub App from the manifest, and writes its credentials to `.env`."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import TriageError
from bot.settings import ENV_FILE, Settings
from webhooks import env_file
from webhooks.manifest import app_page, declared, manifest, problems, registration_url, web_url
from webhooks.rendering import page
from webhooks.setup_guard import States, is_local

if TYPE_CHECKING:
    from bot.github.manifest import Credentials, Granted

PATH = "/setup"
LARGEST_FORM = 16 * 1024  # bytes
DEFAULT_NAME = "triage"

_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_APP_VARIABLES = ("TRIAGE_APP_ID", "TRIAGE_PRIVATE_KEY", "TRIAGE_PRIVATE_KEY_PATH")

_log = structlog.get_logger("triage.setup")


class Door(Protocol):
    """The two questions that the flow asks GitHub."""

    def convert(self, api_url: str, code: str) -> Credentials:
        """The new App's credentials; the code is spent by it. Raises GitHubError."""
        ...

    def granted(self, settings: Settings) -> Granted:
        """What GitHub granted the App of the settings. Raises TriageError."""
        ...


class GitHubDoor:
    """The real answers; GitHub's door is opened on first use, so that the web process does not carry it."""

    def convert(self, api_url: str, code: str) -> Credentials:
        """Asks GitHub."""
        from bot.github.manifest import convert_code  # noqa: PLC0415 - opened on first use

        return convert_code(api_url, code)

    def granted(self, settings: Settings) -> Granted:
        """Asks GitHub."""
        from bot.github.client import open_github  # noqa: PLC0415 - opened on first use

        client = open_github(settings)
        try:
            return client.granted()
        finally:
            client.close()


class Setup:
    """The pages of the flow over one server's settings. Once an App is there, only what GitHub granted is shown."""

    def __init__(
        self,
        settings: Settings,
        *,
        token: str | None = None,
        env_path: Path = Path(ENV_FILE),
        door: Door | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._token = token
        self._env_path = env_path
        self._door = GitHubDoor() if door is None else door
        self._states = States(clock)
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[Route]:
        """The routes to add to the application."""
        return [
            Route(PATH, self.start, methods=["GET"]),
            Route(PATH, self.confirm, methods=["POST"]),
            Route(f"{PATH}/callback", self.callback, methods=["GET"]),
        ]

    def address(self, server: str) -> str:
        """Where the operator begins, for example `http://127.0.0.1:8000/setup?token=…`; holds the token."""
        return f"{server}{PATH}" + (f"?token={self._token}" if self._token else "")

    async def start(self, request: Request) -> Response:
        """The form; or, where the App is there, what GitHub granted."""
        if not self._may(request, request.query_params.get("token", "")):
            return _forbidden()
        if self._settings.is_app:
            return await self._granted_page(None)
        existing = self._existing_app()
        if existing is not None:
            return _notice(409, "There is an App already", existing)
        return self._form(200, [], {"token": request.query_params.get("token", ""), "state": self._states.issue()})

    async def confirm(self, request: Request) -> Response:
        """The operator's answers → the manifest, with a button that posts it to GitHub."""
        form = await _form(request)
        if not self._may(request, form.get("token", "")):
            return _forbidden()
        if not self._states.holds(form.get("state", "")):
            return _expired()
        existing = self._existing_app()
        if existing is not None:
            return _notice(409, "There is an App already", existing)
        public_url = form.get("public_url", "").strip().rstrip("/")
        organization, name = form.get("organization", "").strip(), form.get("name", "").strip()
        wrong = problems(public_url, organization, name)
        if wrong:
            return self._form(400, wrong, form)
        back = _origin(request) if is_local(request) else public_url
        body = manifest(public_url, f"{back}{PATH}/callback", name)
        return page(
            "setup_confirm.html",
            form_action=web_url(self._settings.github_api_url),
            target=registration_url(self._settings.github_api_url, organization, form["state"]),
            manifest=json.dumps(body),
            shown=json.dumps(body, indent=2),
        )

    async def callback(self, request: Request) -> Response:
        """GitHub sends the operator back with a code, which is worth the credentials once."""
        if not self._states.redeem(request.query_params.get("state", "")):
            return _expired()
        code = request.query_params.get("code", "")
        if not _CODE.fullmatch(code):
            return _notice(400, "GitHub sent no code", "Open /setup and start again.")
        async with self._one_at_a_time:
            return await self._register(code)

    async def _register(self, code: str) -> Response:
        existing = self._existing_app()
        if existing is not None:
            return _notice(409, "There is an App already", existing)
        try:
            env_file.check_writable(self._env_path)
            credentials = await asyncio.to_thread(self._door.convert, self._settings.github_api_url, code)
        except TriageError as error:
            _log.warning("app not registered", failure=type(error).__name__)
            return _notice(502, "The App could not be registered", f"{error}. Open /setup and start again.")
        overridden = self._overridden()
        try:
            env_file.write(self._env_path, _variables(credentials))
        except (TriageError, ValueError) as error:
            _log.error("credentials not saved", app=credentials.app_id, failure=type(error).__name__)
            return _unsaved(credentials)
        _log.info("app registered", app=credentials.app_id, slug=credentials.slug)
        self._settings = _with(self._settings, credentials)
        return await self._granted_page(credentials, overridden)

    async def _granted_page(self, fresh: Credentials | None, overridden: Sequence[str] = ()) -> Response:
        try:
            granted, failure = await asyncio.to_thread(self._door.granted, self._settings), ""
        except TriageError as error:
            granted, failure = None, str(error)
        file = declared()["single_file_name"]
        slug = fresh.slug if fresh is not None else granted.slug if granted is not None else None
        return page(
            "setup_done.html",
            fresh=fresh is not None,
            overridden=overridden,
            granted=granted,
            failure=failure,
            missing=_missing(granted),
            file=file,
            file_missing=granted is not None and file not in granted.single_files,
            page_url=None if slug is None else app_page(self._settings.github_api_url, slug),
            env_path=str(self._env_path),
        )

    def _form(self, status: int, wrong: Sequence[str], answers: Mapping[str, str]) -> Response:
        shown = {"public_url": "", "organization": "", "name": DEFAULT_NAME, **answers}
        return page("setup_form.html", status, wrong=wrong, answers=shown)

    def _may(self, request: Request, token: str) -> bool:
        if self._token is not None and secrets.compare_digest(token.encode(), self._token.encode()):
            return True
        return is_local(request)

    def _existing_app(self) -> str | None:
        """Why no App may be registered, as a sentence; None where there is none yet."""
        try:
            in_file = env_file.values(self._env_path)
        except TriageError as error:
            return f"{error}."
        settings = self._settings
        if settings.app_id is not None or settings.private_key is not None or settings.private_key_path is not None:
            return f"The server's settings name an App: unset {', '.join(_APP_VARIABLES)} to register another."
        named = [name for name in _APP_VARIABLES if name in in_file]
        if named:
            return f"{self._env_path} sets {', '.join(named)}: restart the server, or remove them to register another."
        return None

    def _overridden(self) -> list[str]:
        """Variables of the environment that will win over what is written to `.env`."""
        in_file = env_file.values(self._env_path)
        given = {
            "TRIAGE_WEBHOOK_SECRET": self._settings.webhook_secret,
            "TRIAGE_CLIENT_ID": self._settings.client_id,
            "TRIAGE_CLIENT_SECRET": self._settings.client_secret,
        }
        return [name for name, value in given.items() if value is not None and name not in in_file]


def _variables(credentials: Credentials) -> dict[str, str]:
    return {
        "TRIAGE_APP_ID": str(credentials.app_id),
        "TRIAGE_CLIENT_ID": credentials.client_id,
        "TRIAGE_CLIENT_SECRET": credentials.client_secret,
        "TRIAGE_WEBHOOK_SECRET": credentials.webhook_secret,
        "TRIAGE_PRIVATE_KEY": credentials.pem.strip().replace("\n", "\\n"),
    }


def _missing(granted: Granted | None) -> list[str]:
    """The permissions that GitHub did not grant as `app.yml` asks for them."""
    if granted is None:
        return []
    asked = declared()["default_permissions"]
    return [f"{name}: {access}" for name, access in asked.items() if granted.permissions.get(name) != access]


def _with(settings: Settings, credentials: Credentials) -> Settings:
    return settings.model_copy(
        update={
            "app_id": credentials.app_id,
            "client_id": credentials.client_id,
            "client_secret": SecretStr(credentials.client_secret),
            "webhook_secret": SecretStr(credentials.webhook_secret),
            "private_key": SecretStr(credentials.pem),
        }
    )


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


async def _form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form; none where it is too large or not text."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return {}
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def _notice(status: int, title: str, text: str) -> Response:
    return page("notice.html", status, title=title, text=text)


def _forbidden() -> Response:
    text = "Open this page on the server's own machine, or with the address that the server printed at its start."
    return _notice(403, "Not from here", text)


def _expired() -> Response:
    return _notice(
        400, "This page is no longer valid", "It was used already, or an hour has passed. Open /setup again."
    )


def _unsaved(credentials: Credentials) -> Response:
    text = (
        f"The App exists on GitHub ({credentials.html_url}), but its credentials could not be written. "
        "Delete it there, make the folder of .env writable, and open /setup again."
    )
    return _notice(500, "The credentials were not saved", text)
