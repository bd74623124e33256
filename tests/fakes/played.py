"""The GitHub double on a real socket with a small tracker in it, and the settings that lead the bot there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.fakes.app_key import PRIVATE_KEY, PUBLIC_KEY
from tests.fakes.deliveries import SECRET
from tests.fakes.small_world import BODY, CONFIG, NAME, OTHERS, TITLE
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve

APP_ID = 4711
HISTORY = (
    *OTHERS,
    (TITLE, BODY),
    ("Promised voucher is missing", "The voucher from the mail is nowhere on the page."),
)
CANONICAL = len(HISTORY) - 1  # the issue that later reports of the same problem are duplicates of


class Played:
    """One double; everything is said to it over its socket."""

    def __init__(self, url: str, admin: httpx.Client) -> None:
        self.url = url
        self._admin = admin

    def environment(self) -> dict[str, str]:
        """The settings of an App that this GitHub knows."""
        return {
            "TRIAGE_WEBHOOK_SECRET": SECRET,
            "TRIAGE_APP_ID": str(APP_ID),
            "TRIAGE_PRIVATE_KEY": PRIVATE_KEY,
            "TRIAGE_GITHUB_API_URL": self.url,
        }

    def add_repository(self, name: str = NAME, config: str | None = None, **more: Any) -> None:
        """A repository with the App on it and a few issues by different people."""
        issues = [
            {"number": number, "title": title, "body": body, "user": f"person-{number}"}
            for number, (title, body) in enumerate(HISTORY, 1)
        ]
        config = CONFIG.decode() if config is None else config
        self.do("POST", "/repositories", full_name=name, config=config, issues=issues, **more)

    def report(self, title: str = TITLE, body: str = BODY, *, name: str = NAME, **more: Any) -> Report:
        """Somebody opens an issue; its delivery is signed and not sent."""
        fields = {"title": title, "body": body, "user": "reporter", "deliver": False} | more
        answer = self.do("POST", f"/repositories/{name}/issues", **fields)
        return Report(answer["issue"]["number"], answer["body"].encode(), answer["headers"])

    def webhook(self, event: str, action: str, *, name: str = NAME, **about: Any) -> Report:
        """A signed delivery about what is there; not sent."""
        answer = self.do("POST", f"/webhooks/{event}/{action}", repository=name, **about)
        return Report(about.get("issue", 0), answer["body"].encode(), answer["headers"])

    def change(self, name: str = NAME, **fields: Any) -> None:
        """The repository is renamed, archived, given another configuration; nobody is told."""
        self.do("PATCH", f"/repositories/{name}", deliver=False, **fields)

    def fault(self, path: str, **fields: Any) -> None:
        """The next requests to this path (a regular expression) fail."""
        self.do("POST", "/faults", path=path, **fields)

    def issue(self, number: int, name: str = NAME) -> dict[str, Any]:
        """The issue with its comments and labels, as GitHub holds it."""
        issues = self.do("GET", f"/repositories/{name}/state")["issues"]
        found: dict[str, Any] = next(one for one in issues if one["number"] == number)
        return found

    def comments(self, number: int, name: str = NAME) -> list[str]:
        return [one["body"] for one in self.issue(number, name)["comments"]]

    def labels(self, number: int, name: str = NAME) -> list[str]:
        return list(self.issue(number, name)["labels"])

    def comment(self, number: int, text: str, login: str, name: str = NAME) -> int:
        """A person writes a comment over the REST API; returns its id."""
        token = self.do("POST", "/tokens", login=login)["token"]
        answer = httpx.post(
            f"{self.url}/repos/{name}/issues/{number}/comments",
            json={"body": text},
            headers={"Authorization": f"token {token}"},
        )
        return int(answer.raise_for_status().json()["id"])

    def react(self, comment: int, content: str, login: str, name: str = NAME) -> None:
        """A person reacts to a comment over the REST API."""
        self.rest(login, "POST", f"/repos/{name}/issues/comments/{comment}/reactions", content=content)

    def reactions(self, comment: int, name: str = NAME) -> list[tuple[str, str]]:
        """Who reacted to a comment, and how."""
        given = self.rest("octocat", "GET", f"/repos/{name}/issues/comments/{comment}/reactions")
        return [(one["user"]["login"], one["content"]) for one in given]

    def rest(self, login: str, method: str, path: str, **body: Any) -> Any:
        """A person's request to the REST API."""
        token = self.do("POST", "/tokens", login=login)["token"]
        answer = httpx.request(method, self.url + path, json=body or None, headers={"Authorization": f"token {token}"})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def writes(self, name: str = NAME) -> list[str]:
        """The App's requests that change something on the repository, in order, with their status."""
        return [
            f"{one['method']} {one['path'].removeprefix(f'/repos/{name}')} {one['status']}"
            for one in self.do("GET", "/requests")
            if one["method"] != "GET" and one["path"].startswith(f"/repos/{name}/") and one["installation_id"]
        ]

    def tokens_for(self, name: str = NAME) -> list[dict[str, str]]:
        """The permissions of every token that was given out for the repository."""
        return [one["permissions"] for one in self.do("GET", "/tokens") if one["repositories"] == [name]]

    def do(self, method: str, path: str, /, **body: Any) -> Any:
        """An admin call of the double."""
        answer = self._admin.request(method, path, json=body or None)
        return answer.raise_for_status().json()


class Report:
    """A signed delivery: `body` and `headers` as GitHub would send them, `number` of the issue that it is about."""

    def __init__(self, number: int, body: bytes, headers: dict[str, str]) -> None:
        self.number = number
        self.body = body
        self.headers = headers


@contextmanager
def played(**more: Any) -> Iterator[Played]:
    """A double with the App and no repository; `more` are fields of its configuration."""
    config = DoubleConfig(app_id=APP_ID, public_key=PUBLIC_KEY, webhook_secret=SECRET, **more)
    with serve(config) as running, httpx.Client(base_url=f"{running.url}/_double", timeout=30) as admin:
        yield Played(running.url, admin)
