"""Issues as web pages, so that a person can read what the bot wrote; and GitHub's page that registers an App."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from webhooks.github_double.answers import Refusal, not_found
from webhooks.github_double.records import Issue, Repository
from webhooks.github_double.shell import Double

PER_PAGE = 50
NO_SCRIPT = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}
_HIDDEN = ("<!--", "-->")

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_markdown.disable("image")


def rendered(text: str | None) -> Markup:
    """Markdown as safe HTML: raw HTML is escaped, HTML comments are left out, images become links."""
    return Markup(_markdown.render(_without_comments(text or "")))  # noqa: S704 - markdown-it escapes with html=False


def _without_comments(text: str) -> str:
    kept, rest = [], text
    while _HIDDEN[0] in rest:
        before, _, rest = rest.partition(_HIDDEN[0])
        kept.append(before)
        _, closed, rest = rest.partition(_HIDDEN[1])
        if not closed:
            break
    return "".join([*kept, rest])


def _ink(color: str) -> str:
    """Black or white, whichever reads better on the label's color."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (0, 2, 4))
    return "#1f2328" if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#ffffff"


def _day(at: datetime) -> str:
    return f"{at:%b} {at.day}, {at.year}"


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(default=True)
)
_templates.filters |= {"rendered": rendered, "ink": _ink, "day": _day}


def shown(template: str, **values: object) -> HTMLResponse:
    """The rendered template, whose scripts never run."""
    return HTMLResponse(_templates.get_template(template).render(**values), headers=NO_SCRIPT)


def router(double: Double) -> APIRouter:
    """The pages of one double."""
    routes, world = APIRouter(include_in_schema=False), double.world

    @routes.get("/{owner}/{repo}/issues")
    @routes.get("/{owner}/{repo}")
    async def issues(owner: str, repo: str, state: str = "open", page: int = Query(1, ge=1)) -> HTMLResponse:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            return _list(found, state if state in {"open", "closed", "all"} else "open", page)

    @routes.get("/{owner}/{repo}/issues/{number}")
    @routes.get("/{owner}/{repo}/pull/{number}")
    async def issue(owner: str, repo: str, number: int) -> HTMLResponse:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            wanted = found.issues.get(number)
            if wanted is None:
                raise not_found()
            comments, bot = found.comments_of(number), world.bot
            return shown(
                "issue.html", repo=found, issue=wanted, comments=comments, labels=_labels(found, wanted), bot=bot
            )

    @routes.post("/settings/apps/new")
    @routes.post("/organizations/{owner}/settings/apps/new")
    async def register(request: Request, state: str = "") -> RedirectResponse:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        try:
            wanted = json.loads(form["manifest"][0])
            back = wanted["redirect_url"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(422, "The manifest needs a redirect_url") from None
        code = secrets.token_hex(20)
        world.manifests[code] = wanted
        mark = "&" if "?" in back else "?"
        return RedirectResponse(f"{back}{mark}{urlencode({'code': code, 'state': state})}", status_code=302)

    return routes


def _labels(repo: Repository, issue: Issue) -> list[object]:
    return [repo.labels[name.lower()] for name in issue.labels]


def _list(repo: Repository, state: str, page: int) -> HTMLResponse:
    counts = {"open": repo.open_issues, "closed": len(repo.issues) - repo.open_issues, "all": len(repo.issues)}
    wanted = [issue for issue in repo.issues.values() if state in ("all", issue.state)]
    wanted.sort(key=lambda issue: -issue.number)
    part = wanted[(page - 1) * PER_PAGE : page * PER_PAGE]
    rows = [(issue, _labels(repo, issue), len(repo.comment_ids.get(issue.number, ()))) for issue in part]
    more = len(wanted) > page * PER_PAGE
    return shown("issues.html", repo=repo, rows=rows, state=state, counts=counts, page=page, more=more)
