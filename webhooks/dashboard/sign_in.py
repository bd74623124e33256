"""Signing in: with GitHub (OAuth of the App, state and PKCE), or on this machine with the token printed at the start.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import asyncio
import threading
from urllib.parse import quote, unquote, urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.errors import GitHubError
from bot.settings import Settings
from webhooks.dashboard import cookies, forms, secrets
from webhooks.dashboard.access import LOCAL_LOGIN, LONGEST_SESSION, Access, Session, utc_now
from webhooks.dashboard.answers import see_other
from webhooks.dashboard.attempts import Attempts
from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.origin import is_ours
from webhooks.dashboard.shell import Shell
from webhooks.dashboard.templating import html
from webhooks.manifest import SIGN_IN_CALLBACK, web_url
from webhooks.setup_guard import is_local

PATH = "/sign-in"
CALLBACK = SIGN_IN_CALLBACK
LONGEST_CODE = 200  # characters

_log = structlog.get_logger("triage.dashboard")


class LocalToken:
    """The token that is printed at the start; it is taken once."""

    def __init__(self, value: str) -> None:
        self.value = value
        self._lock = threading.Lock()
        self._spent = False

    def redeem(self, given: str) -> bool:
        """Whether it is this one, and was not used yet."""
        with self._lock:
            if self._spent or not secrets.same(given, self.value):
                return False
            self._spent = True
            return True


class SignIn:
    """The pages of signing in and out."""

    def __init__(self, settings: Settings, access: Access, token: LocalToken | None, attempts: Attempts) -> None:
        self._settings = settings
        self._access = access
        self._token = token
        self._attempts = attempts

    def routes(self) -> list[Route]:
        """The routes to add to the application."""
        return [
            Route(PATH, self.page, methods=["GET"]),
            Route(PATH, self.locally, methods=["POST"]),
            Route(f"{PATH}/github", self.to_github, methods=["GET"]),
            Route(CALLBACK, self.back, methods=["GET"]),
            Route("/sign-out", self.out, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The ways in; who is in goes on."""
        session = await asyncio.to_thread(self._access.session, cookies.held(request, cookies.SESSION), request)
        if session is not None:
            return see_other(forms.local(request.query_params.get("next", "/")))
        return self._page(request)

    async def to_github(self, request: Request) -> Response:
        """Send the browser to GitHub, with a secret in its cookie from which state and verifier follow."""
        if not self._settings.has_sign_in:
            return self._page(request, 404, "This server has no GitHub App to sign in with.")
        secret = secrets.new_secret()
        asked = {
            "client_id": self._settings.client_id,
            "redirect_uri": _own(request) + CALLBACK,
            "state": secrets.derived(secret, "state"),
            "code_challenge": secrets.challenge(secrets.derived(secret, "verifier")),
            "code_challenge_method": "S256",
        }
        url = f"{web_url(self._settings.github_api_url)}/login/oauth/authorize?{urlencode(asked)}"
        answer = RedirectResponse(url, 303, dict(HEADERS))
        onward = forms.local(request.query_params.get("next", "/"))
        cookies.keep(request, answer, cookies.SIGN_IN, f"{secret}|{quote(onward)}", cookies.SIGN_IN_SECONDS)
        return answer

    async def back(self, request: Request) -> Response:
        """GitHub sends the browser back with a code. What was not begun in this browser costs nothing and counts for
        nothing: another site's pictures and links cannot use up somebody's attempts."""
        secret, _, onward = (cookies.held(request, cookies.SIGN_IN) or "").partition("|")
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        if not secret or not secrets.same(state, secrets.derived(secret, "state")):
            return self._page(request, 400, "This sign-in was not begun here, or ten minutes have passed. Try again.")
        if not code or len(code) > LONGEST_CODE:
            return self._ended(request, 400, "GitHub sent no code: the sign-in was declined there.")
        if not self._attempts.allowed(_address(request)):
            return self._too_often(request)
        verifier = secrets.derived(secret, "verifier")
        try:
            session = await asyncio.to_thread(self._access.sign_in, code, verifier, _own(request) + CALLBACK)
        except GitHubError as error:
            _log.warning("sign-in failed", reason=str(error))
            return self._ended(request, 502, f"{error}. Try again.")
        return await self._signed_in(request, session, forms.local(unquote(onward)))

    async def locally(self, request: Request) -> Response:
        """Whoever has the token of this start and sits at this machine."""
        if not is_ours(request):
            return self._page(request, 403, "This form came from another site, so nothing was done.")
        if not self._attempts.allowed(_address(request)):
            return self._too_often(request)
        try:
            form = await forms.read(request)
        except forms.Wrong as wrong:
            return self._page(request, 400, f"{wrong}.")
        given = next(iter(form.fields.get("token", ())), "")
        if self._token is None or not is_local(request) or not self._token.redeem(given):
            words = "This token is not valid, or was used before. Restart the server for a new one, on its own machine."
            return self._page(request, 403, words)
        session = await asyncio.to_thread(self._access.open, LOCAL_LOGIN, "local")
        return await self._signed_in(request, session, forms.local(next(iter(form.fields.get("next", ())), "/")))

    async def out(self, request: Request) -> Response:
        """Sign out; the form token is asked for, so that no other site can do it."""
        secret = cookies.held(request, cookies.SESSION)
        try:
            form = await forms.read(request)
        except forms.Wrong as wrong:
            return self._page(request, 400, f"{wrong}.")
        given = next(iter(form.fields.get("form_token", ())), "")
        answer = see_other(PATH)
        if secret and secrets.same(given, secrets.form_token(secret)):
            await asyncio.to_thread(self._access.close, secret)
            cookies.drop(request, answer, cookies.SESSION)
        return answer

    async def _signed_in(self, request: Request, session: Session, onward: str) -> Response:
        before = cookies.held(request, cookies.SESSION)
        if before:
            await asyncio.to_thread(self._access.close, before)
        answer = see_other(onward)
        seconds = min((session.record.expires_at - utc_now()), LONGEST_SESSION).total_seconds()
        cookies.keep(request, answer, cookies.SESSION, session.secret, int(seconds))
        cookies.drop(request, answer, cookies.SIGN_IN)
        _log.info("signed in", kind=session.record.kind)
        return answer

    def _ended(self, request: Request, status: int, problem: str) -> Response:
        """A sign-in that came to nothing; its state is worth nothing any more."""
        answer = self._page(request, status, problem)
        cookies.drop(request, answer, cookies.SIGN_IN)
        return answer

    def _too_often(self, request: Request) -> Response:
        return self._page(request, 429, "Too many attempts to sign in. Wait a minute, then try again.")

    def _page(self, request: Request, status: int = 200, problem: str = "") -> Response:
        shell = Shell("Sign in", utc_now(), cookies.theme(request), PATH, web_url(self._settings.github_api_url))
        onward = forms.local(request.query_params.get("next", "/"))
        return html(
            "sign_in.html",
            shell,
            status,
            problem=problem,
            with_github=self._settings.has_sign_in,
            from_here=is_local(request),
            token=request.query_params.get("token", "")[:200],
            onward=onward,
            port=(request.scope.get("server") or ("", 8000))[1] or 8000,  # that the server listens at
        )


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _own(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
