"""Who we are to GitHub: the App's JWT, installation tokens for one repository and one purpose, or a plain token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import jwt
from github.Auth import AppAuth

from bot.errors import Gone, Permanent, RetryAfter, SettingsError
from bot.github import mapping
from bot.github.failures import Forbidden
from bot.github.heard import PLAIN_TOKEN
from bot.github.wire import Answer, Request, Wire

Kind = Literal["reader", "writer", "installation"]

PERMISSIONS: Mapping[Kind, Mapping[str, str]] = {
    "reader": {"issues": "read", "metadata": "read", "single_file": "read"},
    "writer": {"issues": "write", "metadata": "read"},
    "installation": {"metadata": "read"},
}
RENEW_BEFORE_SECONDS = 120.0
REDIRECTS = (302, 307, 308)  # a 301 arrives as 308, see bot.github.wire
JWT_SECONDS = 240.0  # PyGithub signs for 300


class Credentials(Protocol):
    """What goes into the Authorization header; `installation`: whose requests they are counted with, if anyone's."""

    @property
    def installation(self) -> int | None:
        """The installation's id; 0 for a plain token, None for the App itself."""
        ...

    def header(self) -> str:
        """The header's value, asked for from GitHub where none is in force."""
        ...

    def renew(self, refused: str) -> bool:
        """Forget a header that GitHub refused with 401; whether asking again can give another one."""
        ...


@dataclass(frozen=True, slots=True)
class PlainToken:
    """A token that the operator gave us; it cannot be renewed."""

    token: str

    @property
    def installation(self) -> int | None:
        """None of an App's."""
        return PLAIN_TOKEN

    def header(self) -> str:
        """The header's value."""
        return f"token {self.token}"

    def renew(self, refused: str) -> bool:  # noqa: ARG002  # the port's signature
        """Never."""
        return False


class _Kept:
    """A header kept until its time, made anew by one thread while the others wait for it."""

    def __init__(
        self, make: Callable[[], tuple[str, float]], clock: Callable[[], float], installation: int | None = None
    ) -> None:
        self.installation = installation
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._header = ""
        self._good_until = 0.0

    def header(self) -> str:
        """The header's value."""
        with self._lock:
            if not self._header or self._clock() >= self._good_until:
                self._header, self._good_until = self._make()
            return self._header

    def renew(self, refused: str) -> bool:
        """Forget it, unless another thread has renewed it by now."""
        with self._lock:
            if self._header == refused:
                self._header = ""
        return True


class App:
    """A GitHub App: its own JWT and the tokens of its installations, kept per (installation, repository, kind)."""

    def __init__(self, wire: Wire, app_id: int, private_key: str) -> None:
        self.app_id = app_id
        self.jwt: Credentials = _Kept(self._signed, wire.clock)
        self._wire = wire
        self._auth = AppAuth(app_id, private_key)
        self._lock = threading.Lock()
        self._tokens: dict[tuple[int, str | int | None, Kind], _Kept] = {}
        try:
            self._auth.create_jwt()
        except (ValueError, TypeError, jwt.PyJWTError):
            raise SettingsError("TRIAGE_PRIVATE_KEY is not an RSA private key in PEM form") from None

    def token(self, installation_id: int, repository: str | int | None, kind: Kind) -> Credentials:
        """The credentials of one kind for one repository: by its id, which no other ever has (INV 29), or, where that
        is not known, by its name (None: for all that the installation covers)."""
        key = (installation_id, repository, kind)
        with self._lock:
            if key not in self._tokens:
                self._tokens[key] = _Kept(lambda: self._created(*key), self._wire.clock, installation_id)
            return self._tokens[key]

    def _signed(self) -> tuple[str, float]:
        return f"Bearer {self._auth.create_jwt()}", self._wire.clock() + JWT_SECONDS

    def _created(self, installation_id: int, repository: str | int | None, kind: Kind) -> tuple[str, float]:
        try:
            answer = self._granted(installation_id, repository, kind)
        except Forbidden:
            if not isinstance(repository, str) or repository.endswith("/.github"):  # often outside the installation
                raise
            present = self._present_name(installation_id, repository)
            if present in {None, repository}:
                raise
            answer = self._granted(installation_id, present, kind)
        try:
            token = mapping.string(answer.data, "token")
            expires_at = mapping.moment(answer.data, "expires_at")
        except mapping.Malformed:
            raise answer.malformed() from None
        return f"token {token}", expires_at.timestamp() - RENEW_BEFORE_SECONDS

    def _granted(self, installation_id: int, repository: str | int | None, kind: Kind) -> Answer:
        body: dict[str, object] = {"permissions": dict(PERMISSIONS[kind])}
        if isinstance(repository, int):
            body["repository_ids"] = [repository]
        elif repository is not None:
            body["repositories"] = [repository.partition("/")[2]]
        return self._ask(Request("POST", f"/app/installations/{installation_id}/access_tokens", body=body))

    def _present_name(self, installation_id: int, repository: str) -> str | None:
        """What the repository is called since it was renamed: a token is not given for its old name."""
        credentials = self.token(installation_id, None, "installation")
        try:
            answer = exchange(self._wire, Request("GET", f"/repos/{repository}"), credentials, REDIRECTS)
            if answer.status in REDIRECTS:
                target = answer.headers.get("location", "/")
                answer = exchange(self._wire, Request("GET", target, name=answer.what), credentials)
        except (Gone, Permanent):
            return None
        try:
            return mapping.repository(answer.data).full_name
        except mapping.Malformed:
            raise answer.malformed() from None

    def _ask(self, request: Request) -> Answer:
        try:
            return exchange(self._wire, request, self.jwt)
        except Gone as error:
            raise Forbidden(f"{error}: the installation is gone", stops_repository=True) from None
        except Permanent as error:
            ours = error.stops_repository and not isinstance(error, Forbidden)  # our JWT, not the installation
            kind = Permanent if ours else Forbidden
            raise kind(f"{error}: no token for this installation", stops_repository=True) from None


def exchange(wire: Wire, request: Request, credentials: Credentials | None, accept: tuple[int, ...] = ()) -> Answer:
    """Send, once more with fresh credentials after a 401; raises the failure of every answer not in `accept`.

    Where GitHub asked an installation for patience, nothing is sent for it until the time is over.
    """
    installation = credentials.installation if credentials is not None else None
    wire.heard.check(installation, request.what)
    header = credentials.header() if credentials is not None else None
    answer = wire.send(request, header)
    if answer.status == 401 and credentials is not None and header is not None and credentials.renew(header):
        answer = wire.send(request, credentials.header())
    wire.heard.note(installation, answer.headers)
    if answer.status < 300 or answer.status in accept:
        return answer
    failed = wire.failure(answer)
    if isinstance(failed, RetryAfter):
        wire.heard.leave_alone(installation, failed.seconds)
    raise failed
