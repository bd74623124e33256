"""The played GitHub, from outside: fill a repository, open issues, read back what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bot.demo.issues import Filed
from bot.demo.posting import Delivery
from bot.demo.said import Said, by_issue
from bot.errors import TriageError

CHUNK = 500  # issues seeded in one request
TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What GitHub shows of one issue: the bot's comments and all labels."""

    comments: tuple[str, ...]
    labels: tuple[str, ...]


class PlayedGitHub:
    """One double with one repository of the demo."""

    def __init__(self, url: str, full_name: str, app_slug: str) -> None:
        self.url = url
        self.full_name = full_name
        self._bot = f"{app_slug}[bot]"
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def issues_page(self) -> str:
        """Where a person reads the issues and their comments."""
        return f"{self.url}/{self.full_name}/issues"

    def seed(self, config: str | None, history: Sequence[Filed], said: Sequence[Said] = ()) -> int:
        """Make the repository with its configuration, its history and what was said of that, the App installed; returns
        GitHub's id of it. Who speaks of other people's issues has a say there."""
        repository_id, comments = 0, by_issue(said)
        authors = {one.number: one.author for one in history}
        staff = {one.author: "maintain" for one in said if one.author != authors.get(one.number, one.author)}
        for start in range(0, max(len(history), 1), CHUNK):
            seeds = [
                _issue(one)
                | {"state": one.state, "state_reason": one.state_reason}
                | {"comments": [_comment(one, word) for word in comments.get(one.number, ())]}
                for one in history[start : start + CHUNK]
            ]
            ask = {"full_name": self.full_name, "config": config, "issues": seeds, "collaborators": staff}
            repository_id = int(self._ask("POST", "/_double/repositories", ask)["repository"]["id"])
        return repository_id

    def installed(self) -> Delivery:
        """The delivery that tells the App of its installation."""
        ask = {"repository": self.full_name, "sender": self.full_name.split("/", 1)[0]}
        return _delivery(self._ask("POST", "/_double/webhooks/installation/created", ask))

    def open(self, issue: Filed) -> Delivery:
        """Open the issue; returns the delivery that GitHub would send."""
        ask = {**_issue(issue), "deliver": False}
        return _delivery(self._ask("POST", f"/_double/repositories/{self.full_name}/issues", ask))

    def say(self, said: Said) -> Delivery:
        """Write the comment; returns the delivery that GitHub would send."""
        ask = {"user": said.author, "body": said.body, "deliver": False}
        return _delivery(
            self._ask("POST", f"/_double/repositories/{self.full_name}/issues/{said.number}/comments", ask)
        )

    def standing(self, numbers: Sequence[int]) -> dict[int, Standing]:
        """What stands on these issues now."""
        wanted = set(numbers)
        state = self._ask("GET", f"/_double/repositories/{self.full_name}/state")
        return {
            int(issue["number"]): Standing(
                tuple(one["body"] for one in issue["comments"] if one["user"]["login"] == self._bot),
                tuple(issue["labels"]),
            )
            for issue in state["issues"]
            if issue["number"] in wanted
        }

    def _ask(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._client.request(verb, path, json=body)
            answer.raise_for_status()
            return answer.json()
        except httpx.HTTPStatusError as error:
            raise TriageError(f"the played GitHub answered {error.response.status_code} to {verb} {path}") from None
        except (httpx.HTTPError, ValueError) as error:
            raise TriageError(f"the played GitHub does not answer {verb} {path} ({type(error).__name__})") from None


def _issue(one: Filed) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title,
        "body": one.body,
        "user": one.author,
        "created_at": one.created_at.isoformat(),
        "labels": list(one.labels),
    }


def _comment(issue: Filed, said: Said) -> dict[str, Any]:
    return {"user": said.author, "body": said.body, "created_at": (issue.created_at + said.after).isoformat()}


def _delivery(handed: dict[str, Any]) -> Delivery:
    return Delivery(
        handed["headers"]["X-GitHub-Delivery"], handed["event"], handed["action"] or None, handed["body"].encode()
    )
