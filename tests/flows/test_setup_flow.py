"""/setup against the GitHub double, over real sockets: from the form to settings that GitHub accepts."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.github.client import open_github
from bot.settings import load
from tests.fakes.deliveries import client, settings
from webhooks.app import create_setup_app
from webhooks.github_double.serving import serve
from webhooks.setup import Setup


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def target(page: httpx.Response) -> str:
    found = re.search(r'action="(http[^"]+)"', page.text)
    assert found is not None
    return html.unescape(found[1])


async def test_an_app_registered_through_setup_can_speak_to_github(tmp_path: Path) -> None:
    env_path = tmp_path / ".env"
    with serve() as github:
        bare = settings(webhook_secret=None, github_api_url=github.url)
        async with client(create_setup_app(Setup(bare, env_path=env_path))) as http:
            state = hidden(await http.get("/setup"), "state")
            answers = {"public_url": "https://bot.example.org", "name": "my triage", "state": state}
            asked = await http.post("/setup", data=answers)
            async with httpx.AsyncClient() as browser:
                sent_back = await browser.post(target(asked), data={"manifest": hidden(asked, "manifest")})
            query = parse_qs(urlsplit(sent_back.headers["location"]).query)
            done = await http.get("/setup/callback", params={name: values[0] for name, values in query.items()})
            again = await http.get("/setup")
        registered = load(_env_file=env_path, github_api_url=github.url)
        granted = open_github(registered).granted()
    assert done.status_code == 200
    assert "my-triage" in done.text
    assert "issues: write" in again.text
    assert granted.permissions["issues"] == "write"
    assert registered.secret() == github.double.world.webhook_secret.encode()


async def test_a_code_that_github_does_not_know_registers_nothing(tmp_path: Path) -> None:
    env_path = tmp_path / ".env"
    with serve() as github:
        bare = settings(webhook_secret=None, github_api_url=github.url)
        async with client(create_setup_app(Setup(bare, env_path=env_path))) as http:
            state = hidden(await http.get("/setup"), "state")
            done = await http.get("/setup/callback", params={"code": "unknown", "state": state})
    assert done.status_code == 502
    assert not env_path.exists()
