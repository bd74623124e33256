"""/static: our style sheets and scripts, and those that installed packages carry, each under a hash of itself."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from webhooks.dashboard.headers import HEADERS

PATH = "/static"
FOREVER = "public, max-age=31536000, immutable"
_OURS = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

FROM_PACKAGES: Mapping[str, tuple[str, str]] = {
    "htmx.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
    "htmx-sse.js": ("django_htmx", "static/django_htmx/ext/hx-sse-2.min.js"),
    "chart.js": ("chartkick", "django/static/chartkick/Chart.bundle.js"),
}
"""Libraries are dependencies: their files come out of the packages that pyproject.toml names."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is served, whole and compressed."""

    body: bytes
    small: bytes
    kind: str
    mark: str  # a hash, by which a browser may keep it for good


def where(name: str) -> Path | None:
    """The file behind a name; None where there is none, or its package is not installed."""
    if name in FROM_PACKAGES:
        package, inside = FROM_PACKAGES[name]
        spec = find_spec(package)  # the package itself is not imported: only its file is wanted
        roots = [] if spec is None else [Path(one) for one in spec.submodule_search_locations or ()]
        path = next((root / inside for root in roots), None)
    else:
        path = _OURS / name if name in _names() else None
    return path if path is not None and path.is_file() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _OURS.iterdir() if path.suffix in _TYPES)


@cache
def file(name: str) -> File | None:
    """The file, read once."""
    path = where(name)
    if path is None:
        return None
    body = path.read_bytes()
    mark = hashlib.sha256(body).hexdigest()[:16]
    return File(body, gzip.compress(body, mtime=0), _TYPES[path.suffix], mark)


def address(name: str) -> str:
    """Where a page finds the file; empty where it is not installed, so that a page can leave it out."""
    found = file(name)
    return "" if found is None else f"{PATH}/{name}?v={found.mark}"


async def serve(request: Request) -> Response:
    """GET one file."""
    found = await asyncio.to_thread(file, request.path_params["name"])
    if found is None:
        return Response("not found", 404, HEADERS, "text/plain")
    kept = FOREVER if request.query_params.get("v") == found.mark else "no-cache"
    headers = {**HEADERS, "Cache-Control": kept, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.small, 200, {**headers, "Content-Encoding": "gzip"}, found.kind)
    return Response(found.body, 200, headers, found.kind)
