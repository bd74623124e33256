"""Whether a posted form comes from a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

HIDDEN = "null"  # what a browser says of a page whose referrer policy is `no-referrer`, as ours is


def is_ours(request: Request) -> bool:
    """What browsers say of where a request comes from; a form token is asked for beside it (INV 42).

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site is sent over TLS and on this machine.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is None:
        return True
    if origin == HIDDEN:
        return site == "same-origin"
    parts = urlsplit(origin)
    return (parts.scheme, parts.netloc) == (request.url.scheme, request.url.netloc)
