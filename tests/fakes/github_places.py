"""Two GitHubs that a contract test sets up in the same words: the fake, and the HTTP double behind the real client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import httpx

from bot.github.protocol import GitHub
from tests.fakes.github import FakeGitHub

NAME = "acme/shop"
FALLBACK = "acme/.github"
SLUG = "triage"


class Place(Protocol):
    """What a contract test may do to GitHub behind the port's back. `installation` covers NAME."""

    github: GitHub
    installation: int

    def add_issue(self, title: str = "A report", body: str | None = "text", **more: Any) -> int: ...
    def add_comment(self, number: int, body: str, author: str) -> None: ...
    def delete_comment(self, comment: int, author: str) -> None: ...
    def react(self, comment: int, content: str, author: str) -> None: ...
    def delete_issue(self, number: int) -> None: ...
    def set_config(self, text: str) -> None: ...
    def set_fallback_config(self, text: str) -> None: ...
    def set_permission(self, login: str, permission: str) -> None: ...
    def archive(self) -> None: ...
    def rename(self, full_name: str) -> None: ...
    def add_namesake(self, number: int) -> int: ...
    def suspend(self) -> None: ...
    def labels_of(self, number: int) -> tuple[str, ...]: ...


class FakePlace:
    """The in-memory fake."""

    def __init__(self) -> None:
        self.github = self._fake = FakeGitHub(slug=SLUG)
        self.installation = 77
        self._repository = self._fake.add_repository(NAME, installation_id=self.installation)

    def add_issue(self, title: str = "A report", body: str | None = "text", **more: Any) -> int:
        more["author"] = more.pop("user", "reporter")
        more["labels"] = tuple(more.pop("labels", ()))
        return self._fake.add_issue(NAME, title, body or "", **more).number

    def add_comment(self, number: int, body: str, author: str) -> None:
        self._fake.add_comment(NAME, number, body, author)

    def delete_comment(self, comment: int, author: str) -> None:
        for held in self._repository.comments.values():
            held[:] = [one for one in held if (one.id, one.author) != (comment, author)]

    def react(self, comment: int, content: str, author: str) -> None:
        self._fake.react(NAME, comment, content, author)

    def delete_issue(self, number: int) -> None:
        del self._repository.issues[number]

    def set_config(self, text: str) -> None:
        self._repository.config = text.encode() if text else None

    def set_fallback_config(self, text: str) -> None:
        self._fake.add_repository(FALLBACK, installation_id=self.installation).config = text.encode() or None

    def set_permission(self, login: str, permission: str) -> None:
        self._repository.permissions[login] = permission

    def archive(self) -> None:
        self._fake.archive(NAME)

    def rename(self, full_name: str) -> None:
        self._fake.repositories[full_name] = self._fake.repositories.pop(NAME)
        self._repository.info = replace(self._repository.info, full_name=full_name)

    def add_namesake(self, number: int) -> int:
        """Another repository NAME, with an issue of that number; returns its id."""
        made = self._fake.add_repository(NAME, installation_id=self.installation)
        self._fake.add_issue(NAME, "Another's", number=number)
        return made.info.id

    def suspend(self) -> None:
        self._repository.suspended = True

    def labels_of(self, number: int) -> tuple[str, ...]:
        return self._repository.issues[number].labels


class DoublePlace:
    """The HTTP double, spoken to over its socket only."""

    def __init__(self, url: str, github: GitHub) -> None:
        self.github = github
        self._admin = httpx.Client(base_url=f"{url}/_double", timeout=10)
        self._do("POST", "/reset")
        self.installation = self._do("POST", "/repositories", full_name=NAME)["installation_id"]

    def add_issue(self, title: str = "A report", body: str | None = "text", **more: Any) -> int:
        made = self._do("POST", f"/repositories/{NAME}/issues", title=title, body=body, deliver=False, **more)
        return int(made["issue"]["number"])

    def add_comment(self, number: int, body: str, author: str) -> None:
        if author == f"{SLUG}[bot]":
            self.github.writer(NAME, self.installation).create_comment(number, body)
            return
        token = self._do("POST", "/tokens", login=author)["token"]
        url = str(self._admin.base_url).removesuffix("/_double/")
        path = f"{url}/repos/{NAME}/issues/{number}/comments"
        httpx.post(path, json={"body": body}, headers={"authorization": f"token {token}"}).raise_for_status()

    def delete_comment(self, comment: int, author: str) -> None:
        token = self._do("POST", "/tokens", login=author)["token"]
        url = str(self._admin.base_url).removesuffix("/_double/")
        path = f"{url}/repos/{NAME}/issues/comments/{comment}"
        httpx.delete(path, headers={"authorization": f"token {token}"}).raise_for_status()

    def react(self, comment: int, content: str, author: str) -> None:
        token = self._do("POST", "/tokens", login=author)["token"]
        url = str(self._admin.base_url).removesuffix("/_double/")
        path = f"{url}/repos/{NAME}/issues/comments/{comment}/reactions"
        httpx.post(path, json={"content": content}, headers={"authorization": f"token {token}"}).raise_for_status()

    def delete_issue(self, number: int) -> None:
        self._do("DELETE", f"/repositories/{NAME}/issues/{number}?deliver=false")

    def set_config(self, text: str) -> None:
        self._do("PATCH", f"/repositories/{NAME}", config=text, deliver=False)

    def set_fallback_config(self, text: str) -> None:
        self._do("POST", "/repositories", full_name=FALLBACK)
        self._do("PATCH", f"/repositories/{FALLBACK}", config=text, deliver=False)

    def set_permission(self, login: str, permission: str) -> None:
        self._do("PATCH", f"/repositories/{NAME}", collaborators={login: permission}, deliver=False)

    def rename(self, full_name: str) -> None:
        self._do("PATCH", f"/repositories/{NAME}", full_name=full_name, deliver=False)

    def add_namesake(self, number: int) -> int:
        """Another repository NAME, with an issue of that number; returns its id."""
        made = self._do("POST", "/repositories", full_name=NAME, installation_id=self.installation)
        self._do("POST", f"/repositories/{NAME}/issues", title="Another's", number=number, deliver=False)
        return int(made["repository"]["id"])

    def archive(self) -> None:
        self._do("PATCH", f"/repositories/{NAME}", archived=True, deliver=False)

    def suspend(self) -> None:
        self._do("PATCH", f"/installations/{self.installation}", suspended=True, deliver=False)

    def labels_of(self, number: int) -> tuple[str, ...]:
        state = self._do("GET", f"/repositories/{NAME}/state")
        return next(tuple(issue["labels"]) for issue in state["issues"] if issue["number"] == number)

    def fault(self, **plan: Any) -> None:
        """The next request that fits goes wrong."""
        self._admin.post("/faults", json=plan).raise_for_status()

    def requests(self) -> list[str]:
        """What was asked so far, as `METHOD /path`, the admin calls left out."""
        return [f"{entry['method']} {entry['path']}" for entry in self._do("GET", "/requests")]

    def close(self) -> None:
        self._admin.close()

    def _do(self, method: str, path: str, **body: Any) -> Any:
        answer = self._admin.request(method, path, json=body or None)
        answer.raise_for_status()
        return answer.json()
