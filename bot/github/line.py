"""An authenticated line to one repository: paths below it, complete lists, and no redirection to another repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from bot.errors import GitHubError, Gone, Permanent, Unavailable
from bot.github import mapping
from bot.github.auth import REDIRECTS, Credentials, exchange
from bot.github.protocol import RepositoryInfo
from bot.github.wire import Answer, Request, Wire, is_address

PAGE = 100

_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", re.ASCII)
_MOVED = re.compile(r"/repositories/(?P<id>[0-9]+)(?=/|$)|/repos/(?P<name>[^/]+/[^/]+)(?=/|$)")
_HOPS_MOST = 3
_READS_MOST = 4  # of a list that changes while it is read

T = TypeVar("T")
Send = Callable[[Request, tuple[int, ...]], Answer]  # with the statuses beside 2xx that are accepted


class Line:
    """Requests about one repository with one kind of credentials.

    `present`: asks what the repository is called now, where another may have its name (None: nobody looks).
    """

    def __init__(
        self,
        wire: Wire,
        repository: str,
        credentials: Callable[[], Credentials | None],
        present: Callable[[Line], str] | None = None,
    ) -> None:
        if _NAME.fullmatch(repository) is None or repository.endswith(("/.", "/..")):
            raise Permanent(f"{repository!r} is not a repository's name like owner/name")
        self.repository = repository
        self._present = present
        self._wire = wire
        self.credentials = credentials

    def name(self) -> str:
        """What the repository is called now, as far as it is known."""
        if self._present is None:
            return self.repository
        return self._present(Line(self._wire, self.repository, self.credentials))

    @property
    def root(self) -> str:
        """The path of the repository."""
        return f"/repos/{self.name()}"

    def call(
        self,
        verb: str,
        path: str,
        *,
        parameters: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        """One request to `/repos/owner/name` + path, following a rename but never into another repository (Gone)."""
        return self.send(Request(verb, self.root + path, parameters, body, etag), accept)

    def send(self, request: Request, accept: tuple[int, ...] = ()) -> Answer:
        """The same for a whole request."""
        answer = self._exchange(request, accept)
        for _ in range(_HOPS_MOST):
            if answer.status not in REDIRECTS:
                return answer
            target = answer.headers.get("location", "")
            self._check_same_repository(answer, target)
            query = urlsplit(target).query
            parameters = None if query else request.parameters
            moved = Request(request.verb, target, parameters, request.body, request.etag, request.what)
            answer = self._exchange(moved, accept)
        raise self._wire.failure(answer)

    def info(self) -> RepositoryInfo:
        """The repository under its present name, wherever it was renamed to."""
        return read(self.moved(""), mapping.repository)

    def info_of(self, repository_id: int) -> RepositoryInfo:
        """The repository of the id, whatever it is called."""
        return read(self._exchange(Request("GET", f"/repositories/{repository_id}"), ()), mapping.repository)

    def moved(self, path: str) -> Answer:
        """GET what belongs to the repository as such, wherever it was renamed or transferred to."""
        answer = self._exchange(Request("GET", self.root + path), ())
        if answer.status in REDIRECTS:
            answer = self._exchange(Request("GET", answer.headers.get("location", "/"), name=answer.what), ())
        if answer.status in REDIRECTS:
            raise self._wire.failure(answer)
        return answer

    def failure(self, answer: Answer) -> GitHubError:
        """The failure that an accepted answer turns out to be."""
        return self._wire.failure(answer)

    def pages(
        self, path: str, parameters: Mapping[str, str | int], one: Callable[[Any], T], *, key: str | None = None
    ) -> Iterator[list[T]]:
        """Every page of a list, each row read by `one`; raises where a page cannot be had."""
        return pages(self.send, Request("GET", self.root + path, {**parameters, "per_page": PAGE}), one, key=key)

    def whole(self, path: str, one: Callable[[Any], T]) -> list[T]:
        """Every row of a list below the repository; see `whole`."""
        return whole(self.send, Request("GET", self.root + path, {"per_page": PAGE}), one)

    def _exchange(self, request: Request, accept: tuple[int, ...]) -> Answer:
        return exchange(self._wire, request, self.credentials(), (*accept, *REDIRECTS))

    def _check_same_repository(self, answer: Answer, target: str) -> None:
        found = _MOVED.search(urlsplit(target).path) if is_address(target) else None
        if found is None:
            raise self._wire.failure(answer)
        here = self.info()
        if found["id"] != str(here.id) and (found["name"] or "").lower() != here.full_name.lower():
            raise Gone(f"{answer.what}: moved to another repository")


def pages(
    send: Callable[[Request], Answer], first: Request, one: Callable[[Any], T], *, key: str | None = None
) -> Iterator[list[T]]:
    """The rows of each page (under `key`, where they have one), following `Link: rel="next"` to the end."""
    request: Request | None = first
    while request is not None:
        answer = send(request)
        yield read(answer, lambda data: [one(row) for row in mapping.rows(data, key)])
        request = following(answer, request)


def whole(send: Send, first: Request, one: Callable[[Any], T], *, key: str | None = None) -> list[T]:
    """Every row of a list, as it was at one moment; raises where a page cannot be had.

    A row that is deleted while the list is read takes another one over to a page that was read before (INV 34). So the
    page before is looked at once more after each, and where it is another, all are read again.
    """
    for _ in range(_READS_MOST):
        found = _read_through(send, first, one, key)
        if found is not None:
            return found
    raise Unavailable(f"{first.what}: the list changed as often as it was read")


def _read_through(send: Send, first: Request, one: Callable[[Any], T], key: str | None) -> list[T] | None:
    """None where rows moved between its pages meanwhile."""
    found: list[T] = []
    before: tuple[Request, Answer] | None = None
    request: Request | None = first
    while request is not None:
        answer = send(request, ())
        if before is not None and _has_moved(send, *before, key):
            return None
        found += read(answer, lambda data: [one(row) for row in mapping.rows(data, key)])
        before, request = (request, answer), following(answer, request)
    return found


def _has_moved(send: Send, request: Request, answer: Answer, key: str | None) -> bool:
    """Whether the page has other rows by now; a conditional request costs none of the hour's where it has not."""
    again = send(replace(request, etag=answer.headers.get("etag")), (304,))
    return again.status != 304 and read(again, lambda data: _ids(data, key)) != read(
        answer, lambda data: _ids(data, key)
    )


def _ids(data: Any, key: str | None) -> list[Any]:
    """What tells the rows of a list apart; some events of a timeline have no id, and hold issues that change."""
    rows = [row if isinstance(row, dict) else {} for row in mapping.rows(data, key)]
    return [row.get("id") or [row.get(name) for name in ("event", "created_at", "sha")] for row in rows]


def read(answer: Answer, reader: Callable[[Any], T]) -> T:
    """What `reader` makes of the answer's JSON; raises Unavailable where a field is missing or of another type."""
    try:
        return reader(answer.data)
    except mapping.Malformed:
        raise answer.malformed() from None


def segment(text: str, what: str) -> str:
    """A user's text as one segment of a path; raises Permanent where it could address something else."""
    if text.strip() in ("", ".", ".."):
        raise Permanent(f"{text!r} cannot be the name of a {what}")
    return quote(text, safe="")


def links(answer: Answer) -> dict[str, str]:
    """Relation → URL, as the answer's Link header has them."""
    found = {}
    for part in answer.headers.get("link", "").split(","):
        url, _, attributes = part.partition(";")
        for relation in ("next", "last"):
            if f'rel="{relation}"' in attributes.replace(" ", ""):
                found[relation] = url.strip().strip("<>")
    return found


def following(answer: Answer, request: Request) -> Request | None:
    """The request for the next page, None on the last."""
    url = links(answer).get("next")
    if url is None:
        return None
    if url == request.path:
        raise answer.malformed()
    return Request("GET", url, name=answer.what)
