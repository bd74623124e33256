"""The dashboard's three cookies: the session, a sign-in under way, and the colours that a reader prefers."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

Name = Literal["triage-session", "triage-sign-in"]

SESSION: Name = "triage-session"
SIGN_IN: Name = "triage-sign-in"
THEME = "triage-theme"
THEMES = ("auto", "light", "dark")
SIGN_IN_SECONDS = 600
THEME_SECONDS = 365 * 24 * 3600


def is_secure(request: Request) -> bool:
    """Whether the browser came over TLS (a proxy on this machine may say so)."""
    return request.url.scheme == "https"


def held(request: Request, name: Name) -> str | None:
    """The cookie's value."""
    return request.cookies.get(_name(request, name))


def keep(request: Request, response: Response, name: Name, value: str, seconds: int) -> None:
    """Have the browser keep it, out of scripts' reach, and send it to this host only."""
    _set(request, response, _name(request, name), value, seconds)


def drop(request: Request, response: Response, name: Name) -> None:
    """Have the browser forget it."""
    _set(request, response, _name(request, name), "", 0)


def theme(request: Request) -> str:
    """The colours that were chosen; "auto" goes by the reader's system."""
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else THEMES[0]


def keep_theme(request: Request, response: Response, chosen: str) -> None:
    """Remember the colours for a year."""
    _set(request, response, THEME, chosen if chosen in THEMES else THEMES[0], THEME_SECONDS)


def _name(request: Request, name: Name) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )
