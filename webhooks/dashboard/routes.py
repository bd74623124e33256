"""The dashboard's routes: each page as HTML, JSON and CSV, each act as one POST, and nothing for who may not see it."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.errors import GitHubError, Unaccepted
from bot.settings import Settings
from bot.storage.records import RepositoryRecord
from webhooks.dashboard import cookies, files, forms, secrets
from webhooks.dashboard.access import Access, Door, GitHubDoor, GitHubDown, Session, utc_now
from webhooks.dashboard.answers import as_csv, as_json, refused, see_other
from webhooks.dashboard.attempts import Attempts
from webhooks.dashboard.every import ACTS, PAGES
from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.live import Live
from webhooks.dashboard.origin import is_ours
from webhooks.dashboard.page import Asked, Page, PageMissing, Query, Viewer
from webhooks.dashboard.posting import back_to, carry_out
from webhooks.dashboard.shell import Shell, root_of, shell_of
from webhooks.dashboard.sign_in import PATH as SIGN_IN
from webhooks.dashboard.sign_in import LocalToken, SignIn
from webhooks.dashboard.templating import html, sentence
from webhooks.manifest import web_url
from webhooks.runtime import Runtime

REPOSITORY = "/r/{owner}/{repo}"
KINDS = ("json", "csv")
NOT_HERE = "There is nothing here, or nothing that you may see."
SIGN_IN_FIRST = "sign in first"
OVER = "Your sign-in is over, so nothing was done."
TYPED = ("value", "numbers")  # the fields of a form that people fill in

_log = structlog.get_logger("triage.dashboard")
_Handler = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """The request ends here, with this answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody who is signed in."""

    session: Session
    viewer: Viewer
    about: RepositoryRecord | None


class Dashboard:
    """The dashboard over one runtime. `token`: the one that was printed at the start, where there is no sign-in."""

    def __init__(
        self,
        settings: Settings,
        runtime: Runtime,
        *,
        token: str | None = None,
        door: Door | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._clock = clock
        self._access = Access(settings, runtime, GitHubDoor(settings) if door is None else door, clock)
        local = LocalToken(token) if token is not None else None
        self._sign_in = SignIn(settings, self._access, local, Attempts())
        self.ending = threading.Event()  # set when the server stops, so that nobody is kept listening

    def routes(self) -> list[Route]:
        """The routes to add to the application."""
        pages = [route for page in PAGES for route in self._routes_of(page)]
        live = Live(self._asked, self.ending, self._is_in)
        return [
            *self._sign_in.routes(),
            Route("/static/{name}", files.serve, methods=["GET"]),
            Route("/theme", self._guarded(self._theme), methods=["POST"]),
            Route(REPOSITORY, self._guarded(self._begin), methods=["GET"]),
            Route(REPOSITORY + "/live", self._guarded(live.listen), methods=["GET"]),
            Route(REPOSITORY + "/do/{kind}", self._guarded(self._act), methods=["POST"]),
            *pages,
        ]

    def _routes_of(self, page: Page) -> list[Route]:
        path = (REPOSITORY if page.about == "repository" else "") + page.path
        stem = "/index" if path == "/" else path
        as_data = [Route(f"{stem}.{kind}", self._guarded(self._shown(page, kind)), methods=["GET"]) for kind in KINDS]
        return [*as_data, Route(path, self._guarded(self._shown(page, "html")), methods=["GET"])]

    def _guarded(self, handle: _Handler) -> _Handler:
        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return refusal.answer
            except PageMissing:
                return self.problem(request, 404, NOT_HERE)
            except GitHubDown as down:
                minutes = math.ceil(down.pause.total_seconds() / 60)
                when = "in a minute" if minutes <= 1 else f"in {minutes} minutes"
                return self.problem(request, 503, f"GitHub cannot be asked what you may see. Try again {when}.")

        return guarded

    # --- reading

    def _shown(self, page: Page, kind: str) -> _Handler:
        async def show(request: Request) -> Response:
            if kind == "csv" and page.table is None:
                raise PageMissing
            asked = replace(await self._asked(request), kind=kind)
            if page.about == "operation" and not asked.viewer.is_operator:
                raise PageMissing
            return await asyncio.to_thread(self._answer, request, page, kind, asked)

        return show

    def _answer(self, request: Request, page: Page, kind: str, asked: Asked) -> Response:
        if kind == "json":
            return as_json(parts_of(page, asked), page.rows)
        if kind == "csv" and page.table is not None:
            return as_csv(map(page.table, parts_of(page, asked)), page.title.lower())
        shell = shell_of(page, PAGES, asked, request.url.path, request.url.query, cookies.theme(request))
        model = _last_page(
            page, asked
        )  # after the mark of a live page was taken, so that what comes in between is news
        secret = cookies.held(request, cookies.SESSION) or ""
        return html(
            page.template, replace(shell, form_token=secrets.form_token(secret)), model=model, query=asked.query
        )

    async def _begin(self, request: Request) -> Response:
        asked = await self._asked(request)
        return see_other(f"{root_of(asked.repository.full_name)}/overview")

    async def _asked(self, request: Request) -> Asked:
        """Who asks for what, as far as they may see it; raises Refusal, PageMissing or GitHubDown."""
        visit = await asyncio.to_thread(self._visit, request)
        return Asked(
            storage=self._runtime.storage,
            settings=self._settings,
            runtime=self._runtime,
            viewer=visit.viewer,
            query=Query(dict(request.query_params)),
            now=self._clock(),
            path={name: str(value) for name, value in request.path_params.items()},
            about=visit.about,
        )

    def _is_in(self, request: Request) -> bool:
        """Whether the session that the request came with holds still."""
        return self._access.session(cookies.held(request, cookies.SESSION), request) is not None

    def _visit(self, request: Request) -> Visit:
        session = self._access.session(cookies.held(request, cookies.SESSION), request)
        viewer = self._access.viewer(session) if session is not None else None
        if session is None or viewer is None:
            raise Refusal(self._sign_in_first(request))
        return Visit(session, viewer, self._repository(request, viewer))

    def _repository(self, request: Request, viewer: Viewer) -> RepositoryRecord | None:
        """The repository of the address; one that is not known and one that is not theirs look the same (INV 42)."""
        parts = request.path_params
        if "repo" not in parts:
            return None
        found = self._runtime.storage.repository(f"{parts['owner']}/{parts['repo']}")
        if found is None or viewer.role(found.id) == "none":
            raise PageMissing
        return found

    def _sign_in_first(self, request: Request) -> Response:
        if _is_partial(request):  # the page around it goes to the sign-in
            answer = refused(401, SIGN_IN_FIRST)
            answer.headers["HX-Redirect"] = f"{SIGN_IN}?next={quote(_shown_at(request), safe='')}"
            return answer
        if request.method != "GET" or not _wants_html(request):
            return refused(401, SIGN_IN_FIRST)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", 303, dict(HEADERS))

    def _signed_out(self, request: Request, form: forms.Form, answer: Response) -> Response:
        """The answer to a form that came after its session was over: nothing of what was typed is lost. Where a page
        sent it by script, the page stays as it is and says so."""
        if answer.status_code != 401 or not _wants_html(request):
            return answer
        back = forms.local(next(iter(form.fields.get("back", ())), "/"))
        typed = [value for name in TYPED for value in form.fields.get(name, ()) if value.strip()]
        sign_in = f"{SIGN_IN}?next={quote(back, safe='')}"
        return self.problem(request, 401, OVER, sign_in=sign_in, typed=typed)

    def problem(self, request: Request, status: int, sentence: str, word: str = "", **more: Any) -> Response:
        """A refusal in words for people; for programs in one line, the `word` where it has one."""
        if not _wants_html(request):
            return refused(status, word or sentence)
        address = web_url(self._settings.github_api_url)
        shell = Shell(_TITLES.get(status, "Not possible"), self._clock(), cookies.theme(request), "/", address)
        return html("problem.html", shell, status, sentence=sentence, **more)

    # --- doing

    async def _act(self, request: Request) -> Response:
        """Who, from where, may they, what: then it is kept and done."""
        visit, form = await self._posted(request)
        kind, repository = request.path_params["kind"], visit.about
        read = ACTS.get(kind)
        if read is None or repository is None:
            raise PageMissing
        await self._check_may_act(request, visit, repository, form)
        try:
            wish = read(form)
        except forms.Wrong as wrong:
            raise Refusal(self.problem(request, 400, _sentence(wrong))) from None
        act_id = await carry_out(self._runtime, repository, kind, wish, visit.viewer.login, self._clock())
        back = next(iter(form.fields.get("back", ())), "")
        return see_other(back_to(back, act_id, f"{root_of(repository.full_name)}/overview"))

    async def _check_may_act(
        self, request: Request, visit: Visit, repository: RepositoryRecord, form: forms.Form
    ) -> None:
        try:
            allowed = await asyncio.to_thread(self._access.may_act_now, visit.session, repository)
        except Unaccepted:
            await asyncio.to_thread(self._access.close, visit.session.secret)
            raise Refusal(self._signed_out(request, form, self._sign_in_first(request))) from None
        except GitHubError as error:
            raise Refusal(self.problem(request, 503, f"GitHub cannot be asked what you may do: {error}.")) from None
        if not allowed:
            words = f"Only who has the triage role or more in {repository.full_name} may do this."
            raise Refusal(self.problem(request, 403, words))

    async def _theme(self, request: Request) -> Response:
        _, form = await self._posted(request)
        answer = see_other(forms.local(next(iter(form.fields.get("back", ())), "/")))
        cookies.keep_theme(request, answer, next(iter(form.fields.get("theme", ())), ""))
        return answer

    async def _posted(self, request: Request) -> tuple[Visit, forms.Form]:
        """Who posted which form; raises Refusal where it did not come from a page of theirs."""
        if not is_ours(request):
            raise Refusal(self.problem(request, 403, "This form came from another site, so nothing was done."))
        try:
            form = await forms.read(request)
        except forms.Wrong as wrong:
            raise Refusal(self.problem(request, 400, _sentence(wrong))) from None
        try:
            visit = await asyncio.to_thread(self._visit, request)
        except Refusal as refusal:
            raise Refusal(self._signed_out(request, form, refusal.answer)) from None
        given = next(iter(form.fields.get("form_token", ())), "")
        if not secrets.same(given, visit.session.form_token):
            raise Refusal(
                self.problem(request, 403, "This page is older than your sign-in. Go back, reload it, try again.")
            )
        return visit, form


def _last_page(page: Page, asked: Asked) -> Any:
    """The model of the page; of a list that has become shorter than the address says, its last page."""
    model = page.read(asked)
    shown = getattr(model, "list", model)
    number, last = getattr(shown, "number", 1), getattr(shown, "last", 1)
    if isinstance(number, int) and isinstance(last, int) and number > last:
        return page.read(replace(asked, query=Query({**asked.query.values, "page": str(last)})))
    return model


def parts_of(page: Page, asked: Asked) -> Iterator[Any]:
    """The models of a list that is read for a file: each holds the next part of it."""
    while True:
        model = page.read(asked)
        yield model
        mark = page.mark(asked, model) if page.mark is not None else None
        if mark is None:
            return
        asked = replace(asked, after=mark)


_TITLES = {
    400: "Not understood",
    401: "Signed out",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible",
    500: "Something went wrong",
    503: "GitHub is away",
}


def _sentence(wrong: Any) -> str:
    return f"{sentence(str(wrong))}."


def _wants_html(request: Request) -> bool:
    wants = "text/html" in request.headers.get("accept", "") or _is_partial(request)
    return wants and not request.url.path.endswith((".json", ".csv"))


def _is_partial(request: Request) -> bool:
    """Whether htmx asks, to replace a part of a page."""
    return request.headers.get("hx-request") == "true"


def _shown_at(request: Request) -> str:
    """The path of the page that asks for a part."""
    try:
        parts = urlsplit(request.headers.get("hx-current-url", ""))
    except ValueError:
        return "/"
    return forms.local(parts.path + (f"?{parts.query}" if parts.query else "")) if parts.path else "/"
