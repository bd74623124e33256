"""From an HTTP request to an endpoint and back: authentication, limits, ETags, faults, the log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from webhooks.github_double.answers import DOCUMENTATION, Answer, Refusal, moved, not_found
from webhooks.github_double.auth import admit, authenticate, require
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.faults import Fault, Faults
from webhooks.github_double.limits import Limits, exhausted, secondary
from webhooks.github_double.records import Actor, Repository
from webhooks.github_double.sender import Sender
from webhooks.github_double.world import World

LONGEST_LOG = 20_000
UNICORN = "<!DOCTYPE html><html><body><h1>Unicorn!</h1><p>This page is taking too long to load.</p></body></html>"
TIMEOUT_S = 60.0
MESSAGES = {400: "Bad Request", 401: "Bad credentials", 403: "Forbidden", 404: "Not Found", 410: "Gone"}


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as GET /_double/requests shows it; the credential itself is never kept."""

    method: str
    path: str
    query: str
    status: int
    actor: str
    permissions: dict[str, str]
    installation_id: int | None
    fault: str | None
    request_id: str


@dataclass(slots=True)
class Double:
    """One running double: its world, its limits, its planned faults, what it was asked."""

    world: World
    limits: Limits
    sender: Sender
    faults: Faults = field(default_factory=Faults)
    log: deque[Logged] = field(default_factory=lambda: deque(maxlen=LONGEST_LOG))


def endpoint(double: Double, route: Route) -> Callable[[Request], Awaitable[Response]]:
    """The HTTP endpoint that serves the route."""

    async def serve(request: Request) -> Response:
        raw = await request.body()
        if double.world.config.latency_ms:
            await asyncio.sleep(double.world.config.latency_ms / 1000)
        fault = double.faults.take(request.method, request.url.path)
        if fault is not None and fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        return await _serve(double, route, request, raw, fault)

    return serve


async def _serve(double: Double, route: Route, request: Request, raw: bytes, fault: Fault | None) -> Response:
    actor, answer = Actor("anonymous"), Answer()
    headers: dict[str, str] = {}
    with double.world.lock:
        if fault is None or fault.after or fault.kind == "delay":
            actor, answer, headers = _answer(double, route, request, raw)
        else:
            actor = _known(double.world, request)
            headers = double.limits.bucket(actor, "core").headers("core")
    spoiled = fault is not None and fault.kind != "delay"
    if spoiled and fault is not None:
        answer = _spoiled(double, fault, actor, answer)
    request_id = secrets.token_hex(16).upper()
    _write_log(double, request, actor, answer.status, fault, request_id)
    if fault is not None and fault.kind in {"timeout", "drop"}:
        return await _broken(request, fault)
    return _response(double, request, answer, {"x-github-request-id": request_id, **headers}, malformed=_cut(fault))


def _known(world: World, request: Request) -> Actor:
    """Who asks, where a planned fault comes before everything else."""
    try:
        return authenticate(world, request.headers.get("authorization"))
    except Refusal:
        return Actor("anonymous")


def _cut(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "malformed_json"


def _answer(double: Double, route: Route, request: Request, raw: bytes) -> tuple[Actor, Answer, dict[str, str]]:
    actor, resource = Actor("anonymous"), "core" if route.resource == "free" else route.resource
    try:
        actor = authenticate(double.world, request.headers.get("authorization"))
        if route.resource != "free":
            double.limits.spend(actor, resource)
        answer = _handled(double, route, actor, request, raw)
    except Refusal as refusal:
        answer = refusal.answer
    answer, tag = _tagged(double, request, answer, actor, resource)
    headers = {**double.limits.bucket(actor, resource).headers(resource), **tag}
    if route.needs[0] != "metadata":
        headers["x-accepted-github-permissions"] = "=".join(route.needs)
    return actor, answer, headers


def _handled(double: Double, route: Route, actor: Actor, request: Request, raw: bytes) -> Answer:
    require(route, actor)
    if route.path == "/rate_limit":
        return Answer(200, double.limits.overview(actor))
    params = dict(request.path_params)
    repository = _repository(double.world, request, params, actor, route)
    base = str(request.base_url).rstrip("/")
    call = Call(
        world=double.world,
        actor=actor,
        method=request.method,
        path=request.url.path,
        base=base,
        params=params,
        query=dict(request.query_params),
        headers=request.headers,
        body=_parsed(raw),
        repository=repository,
    )
    return route.handle(call)


def _repository(
    world: World, request: Request, params: dict[str, Any], actor: Actor, route: Route
) -> Repository | None:
    name = f"{params['owner']}/{params['repo']}" if "repo" in params else None
    if name is None and "repository" not in params:
        return None
    key = int(params["repository"]) if name is None and params["repository"].isdigit() else 0
    repo = world.repositories.get(key) if name is None else world.find(name)
    if repo is None:
        raise not_found()
    admit(world, route, actor, repo)
    if name is not None and name.lower() != repo.full_name.lower():
        rest = request.url.path.split("/", 4)[4:]
        query = f"?{request.url.query}" if request.url.query else ""
        base = str(request.base_url).rstrip("/")
        raise moved("/".join([f"{base}/repositories/{repo.id}", *rest]) + query)
    return repo


def _parsed(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None


def _tagged(
    double: Double, request: Request, answer: Answer, actor: Actor, resource: str
) -> tuple[Answer, dict[str, str]]:
    """The ETag of a GET; a 304 where the caller has it already, which costs no request."""
    if request.method != "GET" or answer.status != 200:
        return answer, {}
    tag = f'W/"{hashlib.sha256(_encoded(answer.body) + answer.headers.get("link", "").encode()).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "private, max-age=60, s-maxage=60"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag.removeprefix("W/") in known:
        double.limits.refund(actor, resource)
        return Answer(304), headers
    return answer, headers


def _encoded(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _spoiled(double: Double, fault: Fault, actor: Actor, answer: Answer) -> Answer:
    if fault.kind == "html":
        return Answer(fault.status if fault.status >= 400 else 502, UNICORN, {"content-type": "text/html"})
    if fault.kind == "secondary_limit":
        return secondary(fault.retry_after, fault.status if fault.status in {403, 429} else 403).answer
    if fault.kind == "rate_limit":
        status = fault.status if fault.status in {403, 429} else 403
        return exhausted(actor, double.limits.bucket(actor, "core"), "core", status).answer
    if fault.kind == "status":
        body = {"message": fault.message or MESSAGES.get(fault.status, "Server Error")}
        retry = {"retry-after": str(fault.retry_after)} if fault.status in {429, 503} else {}
        return Answer(fault.status, body | {"documentation_url": DOCUMENTATION, "status": str(fault.status)}, retry)
    return answer


async def _broken(request: Request, fault: Fault) -> Response:
    """Hold the connection (timeout), then break it without an answer."""
    if fault.kind == "timeout" and not fault.delay_ms:
        for _ in range(int(TIMEOUT_S * 20)):
            if await request.is_disconnected():
                break
            await asyncio.sleep(0.05)
    transport = request.scope.get("double.transport")
    if transport is None:
        raise ConnectionResetError("the connection is dropped, as planned")
    transport.abort()
    await asyncio.sleep(0.01)
    return Response(status_code=502)


def _response(
    double: Double, request: Request, answer: Answer, headers: dict[str, str], *, malformed: bool
) -> Response:
    body = _encoded(answer.body)
    if malformed:
        body = (body or b'{"id": 1, "name": "x"}')[: max(1, len(body) // 2)] + b"\xff{"
    everything = {
        "content-type": "application/json; charset=utf-8",
        "server": "github.com",
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": request.headers.get("x-github-api-version", "2022-11-28"),
        "vary": "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With",
        **headers,
        **answer.headers,
    }
    if answer.status in {204, 304}:
        del everything["content-type"]
        body = b""
    return Response(body, answer.status, everything, background=_aftermath(double, answer))


def _aftermath(double: Double, answer: Answer) -> BackgroundTask | None:
    if answer.redeliver is not None:
        return double.sender.later(partial(double.sender.redeliver, answer.redeliver))
    if answer.announcements and double.world.config.announce and double.sender.ready:
        return double.sender.later(partial(double.sender.send_all, answer.announcements))
    return None


def _write_log(
    double: Double, request: Request, actor: Actor, status: int, fault: Fault | None, request_id: str
) -> None:
    entry = Logged(
        request.method,
        request.url.path,
        request.url.query,
        0 if fault is not None and fault.kind in {"timeout", "drop"} else status,
        actor.kind,
        dict(actor.permissions),
        actor.installation_id,
        fault.kind if fault is not None else None,
        request_id,
    )
    double.log.append(entry)
