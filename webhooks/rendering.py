"""Pages from templates, each with the headers that keep a browser from being used against it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def page(template: str, status: int = 200, *, form_action: str = "", **context: Any) -> HTMLResponse:
    """The rendered template. Its forms may go to this server and to the origin `form_action`; scripts never run."""
    style, style_hash = _style()
    html = _environment().get_template(template).render(style=style, **context)
    policy = (
        f"default-src 'none'; style-src '{style_hash}'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {form_action}"
    )
    headers = {
        "Content-Security-Policy": policy.rstrip(),
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status, headers)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - most servers never show a page

    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet and the hash by which the policy allows it inside the page."""
    text = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - our own file
