"""Signing in with the App: the page where a person agrees, and the endpoint where the code becomes a token.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from webhooks.github_double.answers import Refusal, not_found
from webhooks.github_double.pages import shown
from webhooks.github_double.records import Grant
from webhooks.github_double.shell import Double
from webhooks.github_double.world import World

CODE_LIFETIME = timedelta(minutes=10)
TOKEN_SECONDS = 8 * 3600
REFRESH_SECONDS = 15_897_600
ASKED = ("client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")
WRONG_CLIENT = ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
WRONG_CODE = ("bad_verification_code", "The code passed is incorrect or expired.")
WRONG_ADDRESS = (
    "redirect_uri_mismatch",
    "The redirect_uri MUST match the registered callback URL for this application.",
)


def router(double: Double) -> APIRouter:
    """The two endpoints of one double."""
    routes, world = APIRouter(include_in_schema=False), double.world

    @routes.get("/login/oauth/authorize")
    async def ask(request: Request) -> HTMLResponse:
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        with world.lock:
            _check(world, asked)
            people = [user.login for user in world.users.values() if user.type == "User"]
            return shown("authorize.html", people=sorted(people), asked=asked, app=world.app_name)

    @routes.post("/login/oauth/authorize")
    async def agree(request: Request) -> RedirectResponse:
        form = await _fields(request)
        with world.lock:
            _check(world, form)
            if form.get("login", "").lower() not in world.users:
                raise not_found()
            code, until = secrets.token_hex(10), world.now() + CODE_LIFETIME
            challenge = form.get("code_challenge", "")
            world.codes[code] = Grant(form["login"], form.get("redirect_uri", ""), challenge, until)
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}", 302)

    @routes.post("/login/oauth/access_token")
    async def exchange(request: Request) -> Response:
        form = {**request.query_params, **await _fields(request)}
        with world.lock:
            said = _token(world, form)
        if "json" in request.headers.get("accept", ""):
            return JSONResponse(said)
        return PlainTextResponse(urlencode(said), media_type="application/x-www-form-urlencoded")

    return routes


def _check(world: World, asked: Mapping[str, str]) -> None:
    """GitHub shows its own page to who is no App of it, or would be sent back elsewhere."""
    if asked.get("client_id") != world.config.client_id:
        raise not_found()
    if world.callback_urls and asked.get("redirect_uri") not in world.callback_urls:
        raise Refusal(400, WRONG_ADDRESS[1])
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        raise Refusal(400, "code_challenge_method must be S256")


def _token(world: World, form: Mapping[str, str]) -> dict[str, str | int]:
    """A token of the person who agreed; failures are said with status 200, as GitHub does."""
    secret = world.client_secret or ""
    known = form.get("client_id") == world.config.client_id and form.get("client_secret") == secret
    if not known or not secret:
        return _error(WRONG_CLIENT)
    grant = world.codes.pop(form.get("code", ""), None)
    if grant is None or grant.until <= world.now() or not _verified(grant, form.get("code_verifier", "")):
        return _error(WRONG_CODE)
    if form.get("redirect_uri", grant.redirect_uri) != grant.redirect_uri:
        return _error(WRONG_ADDRESS)
    value, _ = world.mint(permissions=world.config.permissions, login=grant.login, prefix="ghu_")
    return {
        "access_token": value,
        "expires_in": TOKEN_SECONDS,
        "refresh_token": f"ghr_{secrets.token_hex(38)}",
        "refresh_token_expires_in": REFRESH_SECONDS,
        "scope": "",
        "token_type": "bearer",
    }


def _verified(grant: Grant, verifier: str) -> bool:
    """PKCE (RFC 7636): whoever exchanges the code is who asked for it."""
    if not grant.challenge:
        return True
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(digest, grant.challenge)


def _error(found: tuple[str, str]) -> dict[str, str | int]:
    return {"error": found[0], "error_description": found[1]}


async def _fields(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            data = json.loads(body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}
    return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
