"""The one keep-alive session to GitHub: PyGithub's requester without its sleeping, its retries and its logging."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from bot.errors import GitHubError, Unavailable
from bot.github.failures import Refusal, connection_failure, epoch, failure, malformed
from bot.github.heard import Heard

TIMEOUT_SECONDS = 10
CONNECTIONS = 16
API_VERSION = "2022-11-28"
USER_AGENT = "triage (https://github.com/apps)"


class _Silent(logging.Logger):
    """Logs nothing whatever the logging configuration says; PyGithub's debug log holds tokens and issue texts."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002  # the overridden method's signature
        return False


_SILENT = _Silent("bot.github.wire")


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub answered: `headers` with names in lower case, `data` the parsed JSON (None for an empty body)."""

    what: str
    status: int
    headers: Mapping[str, str]
    data: Any

    def malformed(self) -> Unavailable:
        """The failure to raise where `data` is not what GitHub documents."""
        return malformed(self.what)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` starts with '/' or is a URL that GitHub gave; `etag` makes it conditional."""

    verb: str
    path: str
    parameters: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    etag: str | None = None
    name: str | None = None  # shown instead of the path where the path holds a secret

    @property
    def what(self) -> str:
        """The request in words, for error messages."""
        return self.name or f"{self.verb} {self.path.partition('?')[0]}"


class Wire:
    """Sends requests over one shared pool of connections; safe to use from many threads."""

    def __init__(self, api_url: str, *, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], float] = epoch) -> None:
        self.clock = clock
        self.heard = Heard(clock)
        self._requester = _SharedRequester(
            auth=None,
            base_url=api_url,
            timeout=timeout,  # type: ignore[arg-type]  # handed to requests as it is, which takes fractions
            user_agent=USER_AGENT,
            per_page=100,
            verify=True,
            retry=None,
            pool_size=CONNECTIONS,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=API_VERSION,
        )

    def send(self, request: Request, authorization: str | None = None) -> Answer:
        """Exchange once and parse; a 3xx or 4xx is an answer here, a broken exchange raises Unavailable.

        Whatever host a URL names, it is our GitHub that is asked: the credentials go nowhere else.
        """
        if not is_address(request.path):
            raise malformed(request.what)
        status, headers, text = self._exchange(request, authorization)
        return Answer(request.what, status, headers, _parsed(request.what, status, text))

    def failure(self, answer: Answer) -> GitHubError:
        """The failure that an answer of 300 or more means."""
        refusal = Refusal(answer.what, answer.status, answer.headers, answer.data)
        return failure(refusal, now=self.clock())

    def close(self) -> None:
        """Close the idle connections."""
        self._requester.close()

    def _exchange(self, request: Request, authorization: str | None) -> tuple[int, dict[str, str], str]:
        headers = {"Accept": "application/vnd.github+json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        if request.etag is not None:
            headers["If-None-Match"] = request.etag
        parameters = None if request.parameters is None else dict(request.parameters)
        try:
            return self._requester.requestJson(request.verb, request.path, parameters, headers, request.body)
        except requests.RequestException as error:
            known = connection_failure(request.what, error)
            if known is None:
                raise
            raise known from None
        except ValueError:  # requests reads even a Location that it is not to follow
            raise malformed(request.what) from None


def is_address(text: str) -> bool:
    """Whether this is a path of its own or a whole URL. PyGithub sets anything else right behind our host's name,
    and `@elsewhere/x` there is a request to elsewhere, with our token."""
    try:
        return text.startswith("/") or bool(urlsplit(text).netloc)
    except ValueError:
        return False


def _parsed(what: str, status: int, text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if status < 300:
            raise malformed(what) from None
        return None


class _SharedConnection:
    """PyGithub keeps the pending request on the shared connection object; here each thread keeps its own."""

    session: requests.Session
    protocol: str
    host: str
    port: int
    timeout: int | None
    verify: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mine = threading.local()

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], _stream: bool = False) -> None:
        self._mine.call = (verb, url, input, headers)

    def getresponse(self) -> RequestsResponse:
        verb, url, data, headers = self._mine.call
        response = self.session.request(
            verb,
            f"{self.protocol}://{self.host}:{self.port}{url}",
            headers=headers,
            data=data,
            timeout=self.timeout,
            verify=self.verify,
            allow_redirects=False,
        )
        response.encoding = "utf-8"
        answer = RequestsResponse(response)
        if answer.status == 301:  # PyGithub would follow it without its query; a 308 means the same and is left to us
            answer.status = 308
        if answer.status == 202 and verb == "GET":  # PyGithub would sleep and ask again, without end
            raise Unavailable("GitHub is still preparing its answer (202)")
        return answer


class _Http(_SharedConnection, HTTPRequestsConnectionClass):
    pass


class _Https(_SharedConnection, HTTPSRequestsConnectionClass):
    pass


class _SharedRequester(Requester):
    # The names are mangled because PyGithub offers only a process-wide way to choose them.
    _Requester__httpConnectionClass = _Http
    _Requester__httpsConnectionClass = _Https

    @property
    def _logger(self) -> logging.Logger:
        return _SILENT
