"""Everything that exists on this GitHub, behind one lock."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from webhooks.github_double.answers import not_found
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.records import (
    Comment,
    Delivery,
    Event,
    Grant,
    Installation,
    Issue,
    Label,
    Repository,
    Token,
    User,
)

DEFAULT_LABELS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)


class World:
    """The state of one double. Callers hold `lock` while they read or change anything."""

    def __init__(self, config: DoubleConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the configuration."""
        self.last_id = 1000
        self.public_key = self.config.public_key
        self.webhook_secret = self.config.webhook_secret
        self.app_id, self.app_slug, self.app_name = self.config.app_id, self.config.app_slug, self.config.app_name
        self.users: dict[str, User] = {}
        self.repositories: dict[int, Repository] = {}
        self.names: dict[str, int] = {}  # every name a repository ever had, in lower case
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.manifests: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, Grant] = {}
        self.client_secret, self.callback_urls = self.config.client_secret, self.config.callback_urls
        self.user(self.config.app_owner, "Organization")
        self.started_at = self.now()

    def now(self) -> datetime:
        """This GitHub's time, in whole seconds as GitHub shows it."""
        return self.config.clock().replace(microsecond=0)

    def new_id(self) -> int:
        """The next id; every kind of thing shares one sequence."""
        self.last_id += 1
        return self.last_id

    @property
    def bot(self) -> str:
        """The login under which the App writes."""
        return f"{self.app_slug}[bot]"

    def user(self, login: str, kind: str | None = None) -> User:
        """The account with that login, made on first use."""
        found = self.users.get(login.lower())
        if found is None:
            kind = kind or ("Bot" if login.endswith("[bot]") else "User")
            found = self.users[login.lower()] = User(self.new_id(), login, kind)
        return found

    def find(self, full_name: str) -> Repository:
        """The repository that has or had this name; 404 where none ever had."""
        key = self.names.get(full_name.lower())
        if key is None:
            raise not_found()
        return self.repositories[key]

    def installation_of(self, repo: Repository) -> Installation | None:
        """The App's installation that covers the repository."""
        for installation in self.installations.values():
            if covers(installation, repo):
                return installation
        return None

    def covered(self, installation: Installation) -> list[Repository]:
        """The repositories that the installation may see."""
        return [repo for repo in self.repositories.values() if covers(installation, repo)]

    def add_repository(self, full_name: str, **more: Any) -> Repository:
        """A new, empty repository with GitHub's default labels."""
        repo = Repository(self.new_id(), full_name, **({"created_at": self.now()} | more))
        self.user(repo.owner, "Organization")
        self.repositories[repo.id] = repo
        self.names[full_name.lower()] = repo.id
        for name, color, description in DEFAULT_LABELS:
            repo.labels[name] = Label(self.new_id(), name, color, description)
        return repo

    def rename(self, repo: Repository, full_name: str) -> None:
        """Rename or transfer; the old name answers with a redirect from now on."""
        self.user(full_name.split("/", 1)[0], "Organization")
        repo.full_name = full_name
        repo.version += 1
        self.names[full_name.lower()] = repo.id

    def install(self, repo: Repository, installation_id: int | None = None) -> Installation:
        """Cover the repository by an installation; the owner's own, or the one named, or a new one."""
        key = installation_id or next((i.id for i in self.installations.values() if i.account == repo.owner), None)
        found = self.installations.get(key) if key else None
        if found is None:
            now, config = self.now(), self.config
            found = Installation(
                key or self.new_id(), repo.owner, config.permissions, config.events, config.single_files, now, now
            )
        found = replace(found, repository_ids=found.repository_ids | {repo.id})
        self.installations[found.id] = found
        return found

    def mint(
        self,
        *,
        permissions: Mapping[str, str],
        installation_id: int | None = None,
        repository_ids: frozenset[int] | None = None,
        login: str | None = None,
        prefix: str | None = None,
    ) -> tuple[str, Token]:
        """A new access token: of an installation, or of a person."""
        expires = self.now() + timedelta(seconds=self.config.token_lifetime_s)
        token = Token(expires, dict(permissions), installation_id, repository_ids, login)
        value = (prefix or ("ghp_" if login else "ghs_")) + secrets.token_hex(18)
        self.tokens[value] = token
        return value, token

    def record(
        self, repo: Repository, number: int, event: str, actor: str, at: datetime | None = None, **data: Any
    ) -> Event:
        """Add an event to the issue's timeline."""
        entry = Event(self.new_id(), event, self.user(actor).login, at or self.now(), actor == self.bot, data)
        repo.events.setdefault(number, []).append(entry)
        return entry

    def add_comment(self, repo: Repository, issue: Issue, body: str, user: str, at: datetime | None = None) -> Comment:
        """Write a comment and touch its issue."""
        at = at or self.now()
        comment = Comment(self.new_id(), issue.number, body, self.user(user).login, at, at, user == self.bot)
        repo.comments[comment.id] = comment
        repo.comment_ids.setdefault(issue.number, []).append(comment.id)
        repo.put(replace(issue, updated_at=max(at, issue.updated_at)))
        return comment


def covers(installation: Installation, repo: Repository) -> bool:
    """Whether the installation may see the repository."""
    return repo.id in installation.repository_ids or (
        installation.all_repositories and installation.account == repo.owner
    )
