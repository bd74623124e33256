"""The App's manifest as GitHub gets it, from `app.yml` and the server's addresses
(https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest)."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

from bot.settings import GITHUB_API_URL
from webhooks import receiver

SIGN_IN_CALLBACK = "/sign-in/callback"
LONGEST_NAME = 34  # characters; GitHub refuses more

_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")


def declared() -> dict[str, Any]:
    """`app.yml`, which ships with the package (INV 43)."""
    text = resources.files("webhooks").joinpath("app.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert isinstance(content, dict)  # noqa: S101 - our own file, held by a test
    return content


def manifest(public_url: str, return_url: str, name: str) -> dict[str, Any]:
    """What is posted to GitHub: `public_url` is where it sends deliveries, `return_url` where it sends the operator."""
    return declared() | {
        "name": name,
        "url": public_url,
        "hook_attributes": {"url": public_url + receiver.PATH, "active": True},
        "redirect_url": return_url,
        "callback_urls": [public_url + SIGN_IN_CALLBACK],
    }


def web_url(api_url: str) -> str:
    """GitHub's pages for its API's address: github.com, a data-residency host, or an Enterprise Server."""
    if api_url == GITHUB_API_URL:
        return "https://github.com"
    parts = urlsplit(api_url)
    host = parts.netloc.removeprefix("api.") if parts.netloc.endswith(".ghe.com") else parts.netloc
    return f"{parts.scheme}://{host}"


def registration_url(api_url: str, organization: str, state: str) -> str:
    """Where the manifest is posted to: the organisation's, or the person's own, new App."""
    owner = f"/organizations/{quote(organization)}" if organization else ""
    return f"{web_url(api_url)}{owner}/settings/apps/new?state={quote(state)}"


def app_page(api_url: str, slug: str) -> str:
    """The App's own page, with its installation and, for its owner, the way to its settings."""
    folder = "github-apps" if urlsplit(api_url).path.startswith("/api/v3") else "apps"
    return f"{web_url(api_url)}/{folder}/{quote(slug)}"


def problems(public_url: str, organization: str, name: str) -> list[str]:
    """What is wrong with the operator's answers, in sentences; nothing where all is well."""
    found = []
    if not _is_public_url(public_url):
        found.append("The public address must be like https://triage.example.org, without a query.")
    if organization and not _ORGANIZATION.fullmatch(organization):
        found.append("The organisation must be the login as GitHub shows it: letters, digits and hyphens.")
    if not name.strip() or len(name) > LONGEST_NAME:
        found.append(f"The name must have 1 to {LONGEST_NAME} characters.")
    return found


def _is_public_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and plain and port_is_sound
