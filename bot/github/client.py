"""The `GitHub` port: as an App with a token for each repository and purpose, or with one plain token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.errors import Gone, Permanent, SettingsError
from bot.github import mapping, standing
from bot.github.auth import App, Credentials, Kind, PlainToken, exchange
from bot.github.failures import Forbidden, epoch
from bot.github.line import PAGE, Line, pages, read, whole
from bot.github.manifest import Granted, granted
from bot.github.protocol import FailedDelivery, RateLimit, RepositoryInfo
from bot.github.repository import RepositoryReader, RepositoryWriter
from bot.github.standing import Installation
from bot.github.wire import TIMEOUT_SECONDS, Answer, Request, Wire
from bot.settings import Settings

OUTSIDE_SECONDS = 600.0  # for so long a `.github` outside the installation is not asked a token for again
NAME_SECONDS = 60.0  # for so long a repository's name is believed to be still its own

_Asked = Callable[[], Credentials | None]


def open_github(
    settings: Settings, *, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], float] = epoch
) -> GitHubClient:
    """GitHub as the settings name it: as an App, else with TRIAGE_GITHUB_TOKEN; raises SettingsError for neither.

    Opens no connection. `timeout` in seconds, `clock` in seconds since 1970.
    """
    wire = Wire(settings.github_api_url, timeout=timeout, clock=clock)
    if settings.is_app and settings.app_id is not None:
        return GitHubClient(wire, App(wire, settings.app_id, settings.app_private_key()))
    if settings.github_token is None:
        raise SettingsError(
            "neither TRIAGE_APP_ID with TRIAGE_PRIVATE_KEY (or TRIAGE_PRIVATE_KEY_PATH) nor TRIAGE_GITHUB_TOKEN is set"
        )
    return GitHubClient(wire, PlainToken(settings.github_token.get_secret_value().strip()))


class GitHubClient:
    """The `GitHub` port; safe to use from many threads."""

    def __init__(self, wire: Wire, identity: App | PlainToken) -> None:
        self._wire = wire
        self._identity = identity
        self._lock = threading.Lock()
        self._slug = ""
        self._installations: dict[str, int] = {}
        self._outside: dict[tuple[str, int | None], float] = {}
        self._names: dict[tuple[int, str], tuple[str, float]] = {}

    def reader(
        self, repository: str, installation_id: int | None, repository_id: int | None = None
    ) -> RepositoryReader:
        """A reader for `owner/name`, or what the repository of that id is called now; asks GitHub for nothing yet."""
        line = self._line(repository, installation_id, "reader", repository_id)
        owner, _, name = repository.partition("/")
        if name == ".github":
            return RepositoryReader(line, None, self._wrote)
        beside = self._line(f"{owner}/.github", installation_id, "reader")
        key = (owner, installation_id)
        credentials = self._first_granted(beside.credentials, line.credentials, key)
        fallback = Line(self._wire, beside.repository, credentials)
        return RepositoryReader(line, fallback, self._wrote, lambda: key in self._outside)

    def writer(
        self, repository: str, installation_id: int | None, repository_id: int | None = None
    ) -> RepositoryWriter:
        """A writer for `owner/name`, or what the repository of that id is called now; asks GitHub for nothing yet."""
        return RepositoryWriter(self._line(repository, installation_id, "writer", repository_id))

    def app_slug(self) -> str:
        """The App's slug (with a plain token: its owner's login); asked for once."""
        with self._lock:
            if not self._slug:
                self._slug = self._own_name()
            return self._slug

    def granted(self) -> Granted:
        """What GitHub granted the App, read back from GET /app."""
        return read(exchange(self._wire, Request("GET", "/app"), self._app().jwt), granted)

    def installation_repositories(self, installation_id: int) -> Sequence[RepositoryInfo]:
        """Every repository that the installation may see."""
        credentials = self._app().token(installation_id, None, "installation")
        first = Request("GET", "/installation/repositories", {"per_page": PAGE})
        return whole(self._sender(credentials), first, mapping.repository, key="repositories")

    def installation_of(self, repository: str) -> int:
        """The installation that covers `owner/name`; raises Gone where there is none."""
        line = Line(self._wire, repository, lambda: self._app().jwt)
        return read(line.moved("/installation"), mapping.number)

    def is_suspended(self, installation_id: int) -> bool:
        """Whether the installation is suspended; raises Gone where there is none any more."""
        request = Request("GET", f"/app/installations/{installation_id}")
        return read(exchange(self._wire, request, self._app().jwt), standing.installation).suspended

    def failed_deliveries(self, *, since: datetime) -> Sequence[FailedDelivery]:
        """The last attempt of each delivery since then that has not ended in a 2xx yet, newest first."""
        latest: dict[str, FailedDelivery] = {}
        for attempt in self._attempts(since):
            latest.setdefault(attempt.guid, attempt)
        return [attempt for attempt in latest.values() if not 200 <= attempt.status_code < 300]

    def redeliver(self, delivery_id: int) -> None:
        """Have a delivery sent once more, under its own GUID."""
        exchange(self._wire, Request("POST", f"/app/hook/deliveries/{delivery_id}/attempts"), self._app().jwt)

    def installations(self) -> Sequence[Installation]:
        """Every installation of the App."""
        first = Request("GET", "/app/installations", {"per_page": PAGE})
        return [one for page in pages(self._sender(self._app().jwt), first, standing.installation) for one in page]

    def rate_limit(self, installation_id: int | None) -> RateLimit:
        """What is left of an installation's hourly requests (of the plain token's, where there is no App)."""
        identity = self._identity
        if isinstance(identity, App):
            credentials: Credentials = identity.token(installation_id or 0, None, "installation")
        else:
            credentials = identity
        return read(exchange(self._wire, Request("GET", "/rate_limit"), credentials), standing.rate_limit)

    def heard_limits(self) -> Mapping[int, RateLimit]:
        """What GitHub said last of each installation's requests."""
        return self._wire.heard.limits()

    def close(self) -> None:
        """Close the idle connections."""
        self._wire.close()

    def _attempts(self, since: datetime) -> Iterator[FailedDelivery]:
        first = Request("GET", "/app/hook/deliveries", {"per_page": PAGE})
        for page in pages(self._sender(self._app().jwt), first, mapping.delivery):
            for attempt in page:
                if attempt.delivered_at < since:
                    return
                yield attempt

    def _app(self) -> App:
        if isinstance(self._identity, App):
            return self._identity
        raise Permanent("this needs a GitHub App (TRIAGE_APP_ID and TRIAGE_PRIVATE_KEY); a plain token cannot do it")

    def _line(self, repository: str, installation_id: int | None, kind: Kind, repository_id: int | None = None) -> Line:
        present = None if repository_id is None else lambda line: self._present_name(line, repository_id)
        return Line(
            self._wire,
            repository,
            lambda: self._credentials(repository, installation_id, kind, repository_id),
            present,
        )

    def _present_name(self, line: Line, repository_id: int) -> str:
        """What the repository of the id is called now, looked up once a minute: another may have got the line's name
        while the rename's delivery is still under way (INV 29)."""
        key = (repository_id, line.repository)
        kept = self._names.get(key)
        if kept is not None and self._wire.clock() < kept[1]:
            return kept[0]
        try:
            info = line.info()
            if info.id != repository_id:
                info = line.info_of(repository_id)
        except Gone:
            info = self._found_by_id(line, repository_id)
        self._names[key] = (info.full_name, self._wire.clock() + NAME_SECONDS)
        return info.full_name

    def _found_by_id(self, line: Line, repository_id: int) -> RepositoryInfo:
        try:
            return line.info_of(repository_id)
        except Gone as error:  # no issue of it is gone for that: nothing is known of them now
            raise Permanent(f"{error}: there is no such repository any more", stops_repository=True) from None

    def _credentials(
        self, repository: str, installation_id: int | None, kind: Kind, repository_id: int | None
    ) -> Credentials:
        if isinstance(self._identity, PlainToken):
            return self._identity
        if installation_id is None:
            installation_id = self._found_installation(repository)
        return self._identity.token(installation_id, repository if repository_id is None else repository_id, kind)

    def _first_granted(self, wanted: _Asked, otherwise: _Asked, key: tuple[str, int | None]) -> _Asked:
        """The owner's `.github` is often outside the installation, but public: then any token of ours may read it."""

        def credentials() -> Credentials | None:
            if self._wire.clock() < self._outside.get(key, 0.0):
                return otherwise()
            try:
                found = wanted()
                if found is not None:
                    found.header()
            except (Forbidden, Gone):
                self._outside[key] = self._wire.clock() + OUTSIDE_SECONDS
                return otherwise()
            self._outside.pop(key, None)
            return found

        return credentials

    def _found_installation(self, repository: str) -> int:
        with self._lock:
            if repository not in self._installations:
                self._installations[repository] = self.installation_of(repository)
            return self._installations[repository]

    def _sender(self, credentials: Credentials) -> Callable[..., Answer]:
        return lambda request, accept=(): exchange(self._wire, request, credentials, accept)

    def _own_name(self) -> str:
        if isinstance(self._identity, App):
            return read(exchange(self._wire, Request("GET", "/app"), self._identity.jwt), _slug)
        return read(exchange(self._wire, Request("GET", "/user"), self._identity), _own_login)

    def _wrote(self, data: Any) -> bool:
        """Whether a comment's JSON says that we wrote it; asks for our own name only where it must."""
        if isinstance(self._identity, PlainToken):
            return mapping.login(data).lower() == self.app_slug().lower()
        login, app_id = mapping.login(data).lower(), mapping.app_id(data)
        if not login.endswith("[bot]"):
            return False  # also a person who writes through the App, with a token of their own
        return login == f"{self.app_slug()}[bot]".lower() if app_id is None else app_id == self._identity.app_id


def _slug(data: Any) -> str:
    return mapping.string(data, "slug")


def _own_login(data: Any) -> str:
    return mapping.string(data, "login")
