"""A person who signs in with GitHub: the token that the sign-in gives, who it is, and what GitHub lets them see.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.errors import Gone, Permanent, Unavailable
from bot.github import mapping
from bot.github.auth import PlainToken, exchange
from bot.github.failures import Forbidden
from bot.github.line import PAGE, Line, pages, read
from bot.github.wire import Answer, Request, Wire

TIMEOUT_SECONDS = 10.0
STRONGEST_FIRST = (("admin", "admin"), ("maintain", "maintain"), ("push", "write"), ("triage", "triage"))
NOT_ACCEPTED = "GitHub did not accept the sign-in"


@dataclass(frozen=True, slots=True)
class UserToken:
    """A user access token; `seconds` until it expires, None where it does not."""

    value: str = field(repr=False)
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """The App's OAuth client: where GitHub's pages are, who asks, and the secret that says so."""

    web_url: str
    client_id: str
    client_secret: str = field(repr=False)

    def token(self, code: str, verifier: str, return_url: str) -> UserToken:
        """What the code is worth, once; raises Permanent where GitHub refuses it, Unavailable where it is not there."""
        asked = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": return_url,
        }
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
                url = f"{self.web_url}/login/oauth/access_token"
                answer = client.post(url, data=asked, headers={"Accept": "application/json"})
            data = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"GitHub does not answer the sign-in ({type(error).__name__})") from None
        value = data.get("access_token") if isinstance(data, dict) else None
        if answer.status_code >= 500:
            raise Unavailable(f"GitHub answered the sign-in with {answer.status_code}")
        if not isinstance(value, str) or not value:
            raise Permanent(NOT_ACCEPTED)
        seconds = data.get("expires_in")
        return UserToken(value, seconds if isinstance(seconds, int) and seconds > 0 else None)


class Person:
    """GitHub as one person sees it. Every method raises the failures of `bot.errors`."""

    def __init__(self, api_url: str, token: str) -> None:
        self._wire = Wire(api_url)
        self._credentials = PlainToken(token)

    def login(self) -> str:
        """Who it is."""
        return read(self._ask(Request("GET", "/user")), _login)

    def roles(self) -> Mapping[int, str]:
        """GitHub's id of each repository that the App is installed on and this person may see → their role there."""
        found: dict[int, str] = {}
        first = Request("GET", "/user/installations", {"per_page": PAGE})
        installations = [one for page in pages(self._ask, first, mapping.number, key="installations") for one in page]
        for installation in installations:
            path = f"/user/installations/{installation}/repositories"
            for page in pages(self._ask, Request("GET", path, {"per_page": PAGE}), _role, key="repositories"):
                found |= dict(page)
        return found

    def role(self, repository: str, repository_id: int) -> str:
        """The person's role in `owner/name` at this moment; "none" where GitHub does not show them that repository."""
        try:
            answer = Line(self._wire, repository, lambda: self._credentials).moved("")
        except (Gone, Forbidden):
            return "none"
        key, role = read(answer, _role)
        return role if key == repository_id else "none"

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _ask(self, request: Request) -> Answer:
        return exchange(self._wire, request, self._credentials)


@contextmanager
def as_person(api_url: str, token: str) -> Iterator[Person]:
    """GitHub as the token's owner sees it, closed at the end of the block."""
    person = Person(api_url, token)
    try:
        yield person
    finally:
        person.close()


def _login(data: Any) -> str:
    return mapping.string(data, "login")


def _role(data: Any) -> tuple[int, str]:
    """A repository's id, and the role that `permissions` says; whoever is shown it may read it."""
    held = mapping.table(data, "permissions") if data.get("permissions") is not None else {}
    role = next((role for name, role in STRONGEST_FIRST if held.get(name) is True), "read")
    return mapping.number(data), role
