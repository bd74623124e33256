"""Whether a posted form comes from a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request


def is_ours(request: Request) -> bool:
    """What browsers say of where a request comes from; a form token is asked for beside it (INV 42)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    return (parts.scheme, parts.netloc) == (request.url.scheme, request.url.netloc)
