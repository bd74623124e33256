"""One Chromium and one seeded dashboard for the session; each test has fresh windows, and no page breaks the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.fakes.chromium import ARGUMENTS, AXE, executable
from tests.fakes.dashboard import TOKEN, DashboardRuntime, dashboard
from webhooks.github_double.serving import listen

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
# What a browser says of refusals.
REFUSALS = ("responded with a status of", "net::ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
SIZES = {"phone": (375, 720), "laptop": (1280, 800), "wide": (1920, 1080)}

Window = Callable[..., Page]

# Playwright keeps an event loop running in its thread, and other tests run loops of their own in pytest's. It may be
# used in the thread that started it only: so the browser's tests run there.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run the test in the browser's thread."""
    wanted = pyfuncitem._fixtureinfo.argnames
    _THREAD.submit(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in wanted}).result()
    return True


@dataclass(frozen=True, slots=True)
class Served:
    """A seeded dashboard: its address, and what it reads."""

    url: str
    runtime: DashboardRuntime


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests: what a test changes in it, the next one finds."""
    with dashboard(tmp_path_factory.mktemp("dashboard")) as (application, runtime), listen(application) as url:
        yield Served(url, runtime)
        application.state.dashboard.ending.set()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard that the test file names (SERVED: folder → its address), else of the one for all."""
    serve = getattr(request.module, "SERVED", None)
    if serve is None:
        yield request.getfixturevalue("served").url
        return
    with serve(tmp_path_factory.mktemp("served")) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    path = executable()
    playwright = _THREAD.submit(sync_playwright().start).result()
    started = _THREAD.submit(playwright.chromium.launch, executable_path=path, args=list(ARGUMENTS)).result()
    yield started
    _THREAD.submit(started.close).result()
    _THREAD.submit(playwright.stop).result()


@pytest.fixture(scope="session")
def visitors() -> dict[str, Any]:
    """Address of a dashboard → the cookies of its maintainer, for its token is taken once."""
    return {}


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, server: str, visitors: dict[str, Any]) -> Any:
    """The cookies of somebody who opened the address that the server printed, and pressed the button."""
    if server not in visitors:
        visitors[server] = _THREAD.submit(_sign_in, chromium, server).result()
    return visitors[server]


def _sign_in(chromium: Browser, server: str) -> Any:
    context = chromium.new_context(base_url=server)
    page = context.new_page()
    page.goto(f"/sign-in?{urlencode({'token': TOKEN})}")
    page.get_by_role("button", name="Open the dashboard").click()
    page.get_by_role("heading", name="Repositories").wait_for()
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def window(chromium: Browser, server: str, signed_in: Any) -> Iterator[Window]:
    """Opens windows: `window(size="phone", colours="dark", scripts=True, signed=True)`. None may break the policy, and
    only where `refusals` are awaited may the server refuse something, or be gone."""
    opened: list[BrowserContext] = []
    broken: list[str] = []

    def open_one(
        size: str = "laptop",
        colours: str = "light",
        *,
        scripts: bool = True,
        signed: bool = True,
        refusals: bool = False,
        **more: Any,
    ) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            base_url=server,
            viewport={"width": width, "height": height},
            color_scheme=colours,
            java_script_enabled=scripts,
            **more,
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if signed:
            context.add_cookies(signed_in)
        page = context.new_page()
        page.on("console", lambda said: broken.append(said.text) if _is_broken(said, refusals) else None)
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    yield open_one
    for context in opened:
        _THREAD.submit(context.close).result()
    assert broken == []


def _is_broken(said: ConsoleMessage, refusals: bool) -> bool:
    return said.type == "error" and not (refusals and any(words in said.text for words in REFUSALS))


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page: one line for each rule that is broken."""
    script = AXE.read_text(encoding="utf-8")

    def look(page: Page) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]

    return look
