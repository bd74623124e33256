"""Who asks, and what GitHub lets them see: the session behind a cookie, its grants renewed every few minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol

import structlog
from starlette.requests import Request

from bot.errors import GitHubError, Permanent, RetryAfter
from bot.settings import Settings
from bot.storage.dashboard_records import SessionRecord
from bot.storage.records import RepositoryRecord
from webhooks.dashboard import secrets
from webhooks.dashboard.page import Viewer, may_act
from webhooks.manifest import web_url
from webhooks.runtime import Runtime
from webhooks.setup_guard import is_local

if TYPE_CHECKING:
    from bot.github.viewer import UserToken

GRANTS_HOLD = timedelta(minutes=5)  # until GitHub is asked again what a person may see
GRANTS_OUTLAST = timedelta(minutes=20)  # at most, while GitHub does not answer
ASKED_AGAIN = timedelta(seconds=30)  # after a failure that names no time; each page would wait for GitHub anew
LONGEST_SESSION = timedelta(hours=8)
LOCAL_LOGIN = "local"

_log = structlog.get_logger("triage.dashboard")


class GitHubDown(Exception):
    """GitHub cannot be asked, and what it said last is too old to go by; it is asked again after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(pause)
        self.pause = pause


class Door(Protocol):
    """What the dashboard asks GitHub about a person. Each raises the failures of `bot.errors`."""

    def token(self, code: str, verifier: str, return_url: str) -> UserToken:
        """What the code of a sign-in is worth."""
        ...

    def login(self, token: str) -> str:
        """Whose token it is."""
        ...

    def roles(self, token: str) -> Mapping[int, str]:
        """GitHub's id of each repository of the App that the person may see → their role there."""
        ...

    def role(self, token: str, repository: str, repository_id: int) -> str:
        """The role at this moment."""
        ...


class GitHubDoor:
    """The real answers; GitHub's door is opened on first use, so that the web process starts without it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def token(self, code: str, verifier: str, return_url: str) -> UserToken:
        """Asks GitHub's pages."""
        from bot.github.viewer import SignIn  # noqa: PLC0415 - opened on first use

        secret = self._settings.client_secret
        client = SignIn(
            web_url(self._settings.github_api_url),
            self._settings.client_id or "",
            secret.get_secret_value() if secret is not None else "",
        )
        return client.token(code, verifier, return_url)

    def login(self, token: str) -> str:
        """Asks GitHub's API."""
        from bot.github.viewer import as_person  # noqa: PLC0415 - opened on first use

        with as_person(self._settings.github_api_url, token) as person:
            return person.login()

    def roles(self, token: str) -> Mapping[int, str]:
        """Asks GitHub's API."""
        from bot.github.viewer import as_person  # noqa: PLC0415 - opened on first use

        with as_person(self._settings.github_api_url, token) as person:
            return person.roles()

    def role(self, token: str, repository: str, repository_id: int) -> str:
        """Asks GitHub's API."""
        from bot.github.viewer import as_person  # noqa: PLC0415 - opened on first use

        with as_person(self._settings.github_api_url, token) as person:
            return person.role(repository, repository_id)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in: the cookie's secret and what is kept about it."""

    secret: str
    record: SessionRecord

    @property
    def form_token(self) -> str:
        """What this session's forms have to carry."""
        return secrets.form_token(self.secret)


class Access:
    """Sessions over one runtime's storage. The methods block: they read the database, and now and then ask GitHub."""

    def __init__(self, settings: Settings, runtime: Runtime, door: Door, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._runtime = runtime
        self._door = door
        self._clock = clock
        self._left_alone: dict[str, datetime] = {}  # session → until when GitHub is not asked for it
        self._operators = {login.strip().lower() for login in (settings.operators or "").split(",") if login.strip()}

    def open(self, login: str, kind: Literal["github", "local"], token: UserToken | None = None) -> Session:
        """Sign somebody in under a fresh secret."""
        secret, now = secrets.new_secret(), self._clock()
        holds = LONGEST_SESSION if token is None or token.seconds is None else timedelta(seconds=token.seconds)
        record = SessionRecord(
            id=secrets.session_id(secret),
            login=login,
            kind=kind,
            created_at=now,
            expires_at=now + min(holds, LONGEST_SESSION),
            sealed=None if token is None else secrets.seal(secret, token.value),
        )
        self._runtime.storage.open_session(record)
        return Session(secret, record)

    def sign_in(self, code: str, verifier: str, return_url: str) -> Session:
        """Sign in whom GitHub sent back with this code. Raises GitHubError."""
        token = self._door.token(code, verifier, return_url)
        session = self.open(self._door.login(token.value), "github", token)
        self._asked_again(session)
        return session

    def close(self, secret: str) -> None:
        """Sign out."""
        self._runtime.storage.close_session(secrets.session_id(secret))

    def session(self, secret: str | None, request: Request) -> Session | None:
        """The session of a cookie; None where it is over, or a local one is used from elsewhere."""
        if not secret or len(secret) > 200:
            return None
        record = self._runtime.storage.session(secrets.session_id(secret))
        if record is None or (record.kind == "local" and not is_local(request)):
            return None
        return Session(secret, record)

    def viewer(self, session: Session) -> Viewer | None:
        """Who it is and what they may see; None where GitHub no longer takes their token. Raises GitHubDown."""
        record = session.record
        if record.kind == "local":
            return Viewer(record.login, "local", is_operator=True, sees_all=True)
        if record.granted_at is None or self._clock() - record.granted_at > GRANTS_HOLD:
            renewed = self._renewed(session)
            if renewed is None:
                return None
            record = renewed.record
        operator = record.login.lower() in self._operators
        return Viewer(record.login, "github", is_operator=operator, roles=record.roles)

    def may_act_now(self, session: Session, repository: RepositoryRecord) -> bool:
        """Whether GitHub, asked at this moment, lets the person act (INV 42). Raises GitHubError."""
        if session.record.kind == "local":
            return True
        token = self._token(session)
        if token is None:
            return False
        role = self._door.role(token, repository.full_name, repository.id)
        if role != session.record.roles.get(repository.id, "none"):
            self._asked_again(session)  # so that the pages show what they may do now
        return may_act(role)

    def _renewed(self, session: Session) -> Session | None:
        """The session with what GitHub says now, or for a while with what it said before; None where it is over."""
        now, granted_at = self._clock(), session.record.granted_at
        until = self._left_alone.get(session.record.id, now)
        if until <= now:
            try:
                return self._asked_again(session)
            except Permanent:
                self.close(session.secret)
                return None
            except GitHubError as error:
                _log.warning("grants not renewed", reason=str(error))
                until = now + _pause(error)
                waiting = {one: end for one, end in self._left_alone.items() if end > now}  # the others may have ended
                self._left_alone = waiting | {session.record.id: until}
        if granted_at is not None and now - granted_at < GRANTS_OUTLAST:
            return session
        raise GitHubDown(until - now)

    def _asked_again(self, session: Session) -> Session:
        token = self._token(session)
        if token is None:
            raise Permanent("the session holds no token")
        roles, now = self._door.roles(token), self._clock()
        self._runtime.storage.grant(session.record.id, roles, now)
        self._left_alone.pop(session.record.id, None)
        return replace(session, record=replace(session.record, roles=roles, granted_at=now))

    def _token(self, session: Session) -> str | None:
        sealed = session.record.sealed
        try:
            return None if sealed is None else secrets.unseal(session.secret, sealed)
        except ValueError:
            return None


def _pause(error: GitHubError) -> timedelta:
    return max(ASKED_AGAIN, timedelta(seconds=error.seconds)) if isinstance(error, RetryAfter) else ASKED_AGAIN


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
