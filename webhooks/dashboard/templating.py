"""Templates as HTML: every value escaped, times that a browser puts into its reader's zone, numbers for people."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from models.share import percent
from webhooks.dashboard import files, words
from webhooks.dashboard.answers import as_data
from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.phrases import coded, numbered
from webhooks.dashboard.shell import Shell

if TYPE_CHECKING:
    from jinja2 import Environment
    from markdown_it import MarkdownIt

_TEMPLATES = Path(__file__).parent / "templates"
_STEPS = (
    (timedelta(days=365), "y"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # overrides and isolates, which a title may leave open
_PERIODS = ((timedelta(days=7), "week"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour"))


def html(template: str, shell: Shell, status: int = 200, **context: Any) -> HTMLResponse:
    """The rendered template as an answer."""
    body = _environment().get_template(template).render(shell=shell, **context)
    return HTMLResponse(body, status, dict(HEADERS))


def _straight(value: object) -> object:
    """A text without what turns the text around it: an isolate does not hold an unfinished one."""
    return _TURNS.sub("", value) if type(value) is str and not value.isascii() else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - the setup server shows none

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_straight,
    )
    made.filters |= {
        "moment": moment,
        "ago": ago,
        "since": since,
        "lasting": lasting,
        "period": period,
        "count": count,
        "share": share,
        "sentence": sentence,
        "markdown": markdown,
        "segment": segment,
        "evidence": coded,
        "numbered": numbered,
        "figures": figures,
    }
    made.globals |= {"static": files.address, "words": words}
    return made


def moment(at: datetime | None, otherwise: str = "never") -> Markup:
    """A moment, in UTC until a script says it in the reader's zone."""
    if at is None:
        return escape(otherwise)
    text = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}" data-form="moment">{}</time>').format(at.isoformat(timespec="seconds"), text)


def ago(at: datetime | None, now: datetime, otherwise: str = "never") -> Markup:
    """How long ago; the moment itself is its title."""
    if at is None:
        return escape(otherwise)
    return _since(at, "ago", f"{lasting(now - at)} ago")


def since(at: datetime, now: datetime) -> Markup:
    """How long it lasts, for what is not over; the moment when it began is its title."""
    return _since(at, "lasting", lasting(now - at))


def _since(at: datetime, form: str, text: str) -> Markup:
    """A time that scripts count on; `form` says how."""
    stamp, title = at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M} UTC"
    return Markup('<time datetime="{}" data-form="{}" title="{}">{}</time>').format(stamp, form, title, text)


def lasting(time: timedelta | float) -> str:
    """A duration (a number is seconds) in its largest unit."""
    time = time if isinstance(time, timedelta) else timedelta(seconds=time)
    return next(
        (f"{time // unit} {name}" for unit, name in _STEPS if time >= unit), f"{max(0, int(time.total_seconds()))} s"
    )


def period(span: timedelta) -> str:
    """A span that comes again and again: `hour`, `6 hours`, `2 weeks`."""
    unit, name = next(((unit, name) for unit, name in _PERIODS if not span % unit))
    return name if span == unit else f"{span // unit} {name}s"


def count(number: int | None) -> str:
    """A whole number with separators between its thousands."""
    return "–" if number is None else f"{number:,}"


def share(part: float | None) -> str:
    """A share of one as per cent."""
    if part is None:
        return "–"
    whole = round(part, 9) in {0.0, 1.0}  # the end of an interval is that to the last digit but one
    return percent(part, 0 if whole else 1)


def sentence(text: str) -> str:
    """With a large letter at the beginning; names within stay as they are written."""
    return text[:1].upper() + text[1:]


def figures(value: Any) -> str:
    """What a plot is drawn from, as JSON; it stands in the page as text, so it is escaped as any other."""
    return json.dumps(as_data(value), ensure_ascii=False, separators=(",", ":"))


def segment(text: str) -> str:
    """A text as one segment of an address."""
    return quote(text, safe="")


def markdown(text: str | None) -> Markup:
    """Markdown as safe HTML: raw HTML is escaped, images are left out, links tell nobody where they were followed."""
    return Markup(_markdown().render(text or ""))  # noqa: S704 - markdown-it escapes with html=False


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only pages with an issue's text need it

    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    made.enable(["table", "strikethrough"]).disable("image")
    made.add_render_rule("link_open", _outward)
    return made


def _outward(renderer: Any, tokens: Any, index: int, options: Any, _environment: Any) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer ugc")
    return str(renderer.renderToken(tokens, index, options, _environment))
