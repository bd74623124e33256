"""Signing in with GitHub in a browser, with the double as GitHub: who may act acts, who may not see sees nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from tests.browser.conftest import PATIENCE_MS, Served, Window
from tests.fakes.dashboard import DashboardRuntime
from tests.fakes.deliveries import settings
from webhooks.app import create_app
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import listen, serve

SECRET, NAME = "the App's own", "acme/open"
PAGE = f"/r/{NAME}/settings"


@pytest.fixture
def behind_github(tmp_path: Path) -> Iterator[Served]:
    """A private repository that ann may triage and ben may read; eve has an account."""
    with serve(DoubleConfig(client_secret=SECRET)) as github:
        with httpx.Client(base_url=github.url, trust_env=False) as http:
            made = http.post("/_double/repositories", json={"full_name": NAME, "private": True}).json()["repository"]
        for login in ("ann", "ben", "eve"):
            github.double.world.user(login)
        github.double.world.find(NAME).collaborators.update(ann="triage", ben="read")
        storage = open_storage(f"sqlite:///{tmp_path}/triage.db", migrate=True)
        storage.save_repository(RepositoryRecord(made["id"], NAME, 1))
        runtime = DashboardRuntime(storage)
        chosen = settings(github_api_url=github.url, client_id=DoubleConfig().client_id, client_secret=SECRET)
        application = create_app(chosen, runtime=runtime)
        with listen(application) as url:
            yield Served(url, runtime)
            application.state.dashboard.ending.set()
        storage.close()


def sign_in(page: Page, url: str, login: str) -> None:
    """From a page of the dashboard over GitHub's own, where the person says who they are, and back."""
    page.goto(url + PAGE)
    expect(page).to_have_url(re.compile("/sign-in"), timeout=PATIENCE_MS)
    page.get_by_role("link", name="Sign in with GitHub").click()
    expect(page).to_have_url(re.compile("/login/oauth/authorize"), timeout=PATIENCE_MS)
    page.get_by_label("Sign in as").select_option(login)
    page.get_by_role("button", name="Authorize").click()
    expect(page).to_have_url(url + PAGE, timeout=PATIENCE_MS)


def test_inv_42_who_may_triage_signs_in_with_github_and_acts(behind_github: Served, window: Window) -> None:
    page = window(signed=False)
    sign_in(page, behind_github.url, "ann")
    page.get_by_role("button", name="Pause the bot here").click()
    expect(page.locator("#notice")).to_contain_text("pause was done", timeout=PATIENCE_MS)
    storage = behind_github.runtime.storage
    (act,) = storage.acts(storage.repositories()[0].id)
    assert (act.actor, act.kind, act.state) == ("ann", "pause", "done")


def test_inv_42_who_only_reads_sees_the_page_and_nothing_to_press(behind_github: Served, window: Window) -> None:
    page = window(signed=False)
    sign_in(page, behind_github.url, "ben")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_inv_42_whom_github_shows_nothing_sees_nothing(behind_github: Served, window: Window) -> None:
    page = window(signed=False, refusals=True)
    sign_in(page, behind_github.url, "eve")
    expect(page.get_by_role("main")).to_contain_text("nothing that you may see")
    page.goto(behind_github.url)
    expect(page.get_by_role("heading", name="Repositories", exact=True)).to_be_visible()
    assert NAME not in page.content()
