"""The double as a FastAPI application."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from webhooks.github_double import admin, oauth, pages
from webhooks.github_double.answers import Refusal
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.limits import Limits
from webhooks.github_double.routes import ANYTHING_ELSE, NAMED, by_id
from webhooks.github_double.sender import Sender
from webhooks.github_double.shell import Double, endpoint
from webhooks.github_double.world import World


class _DoubleApp(FastAPI):
    """A FastAPI that lets a planned fault reach the connection, to break it as a network would."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["double.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create_double(config: DoubleConfig | None = None) -> FastAPI:
    """A GitHub of its own, empty: seed it through `/_double`. Its state is `app.state.double`."""
    config = config or DoubleConfig()
    world = World(config)
    double = Double(world, Limits(config), Sender(world))
    app = _DoubleApp(title="GitHub double", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.double = double
    app.add_exception_handler(Refusal, _refused)
    app.include_router(admin.router(double))
    for route in NAMED:
        for path in filter(None, (route.path, by_id(route))):
            app.add_route(path, endpoint(double, route), methods=[route.method], include_in_schema=False)
    app.include_router(oauth.router(double))
    app.include_router(pages.router(double))
    for route in ANYTHING_ELSE:
        app.add_route(route.path, endpoint(double, route), methods=[route.method], include_in_schema=False)
    return app


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refusal):
        raise error
    return JSONResponse(error.answer.body, error.answer.status, dict(error.answer.headers))
