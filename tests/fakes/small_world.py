"""A small tracker in memory: real storage, scorer and activities; only GitHub and the model are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.activities.act import perform
from bot.activities.assign import assign_known
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import current_config, observe_issue, open_repository
from bot.activities.resolve import Reason, Resolution, record, resolve
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.settings import Settings
from bot.storage.records import DecisionRecord, RepositoryRecord
from bot.wiring import build_services
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from tests.fakes.databases import opened
from tests.fakes.github import FakeGitHub, FakeRepository

NAME = "acme/shop"
LABEL = "possible-duplicate"
CLUSTER_LABEL = "billing: extra"
CONFIG = b"""\
clusters:
  - slug: extra
    title: Extra usage 400 despite balance
    label: "billing: extra"
    examples:
      - "out of extra usage although the balance is left, API Error 400 invalid_request_error"
      - "Every request fails with API Error: 400 invalid_request_error: You're out of extra usage, the balance is there"
"""

TITLE = "Extra usage exhausted although the balance is there"
BODY = (
    "Every request fails with API Error: 400 invalid_request_error: You're out of extra usage. The balance shows"
    " 42 dollars and nothing was used. Tried to log out and in again."
)
OTHERS = (
    ("Dark mode colours are unreadable", "The text in the sidebar is grey on grey since the last update."),
    ("Terminal flickers when resizing", "On every resize the window flickers and the cursor jumps to the top."),
    ("Cannot install with npm", "The installation ends with EACCES: permission denied on a fresh laptop."),
    ("Export to CSV loses umlauts", "Names with umlauts come out as question marks in the exported table."),
)


class Clock:
    """The real time, moved forward by a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class CountingEmbedder(HashingEmbedder):
    """Counts the texts that it was given."""

    def __init__(self, name: str = "hashed-ngrams") -> None:
        super().__init__()
        self.model_id = replace(self.model_id, name=name)
        self.texts = 0

    def embed(self, texts: Any) -> Any:
        self.texts += len(texts)
        return super().embed(texts)


class World:
    """One repository with a few unlike issues (#1 to #4), and everything that an activity needs."""

    def __init__(self, services: Services, github: FakeGitHub, clock: Clock) -> None:
        self.services = services
        self.storage = services.storage
        self.github = github
        self.clock = clock
        self.fake: FakeRepository = github.add_repository(NAME)
        for title, body in OTHERS:
            github.add_issue(NAME, title, body)

    # What happens on GitHub

    def report(self, **fields: Any) -> int:
        """A new report of the extra usage problem; returns its number."""
        self._present()
        return self.github.add_issue(NAME, **({"title": TITLE, "body": BODY} | fields)).number

    def change(self, number: int, **fields: Any) -> None:
        """Something about the issue changes on GitHub."""
        self._present()
        moment = self.github.tick()
        self.fake.issues[number] = replace(self.fake.issues[number], **({"updated_at": moment} | fields))

    def _present(self) -> None:
        """GitHub's clock is never behind the bot's."""
        self.github.now = max(self.github.now, self.clock())

    def issue(self, number: int) -> Issue:
        return self.fake.issues[number]

    def comments(self, number: int) -> list[str]:
        return [comment.body for comment in self.fake.comments.get(number, [])]

    def written(self) -> list[str]:
        """The writer's methods in order, the creation of labels left out."""
        return [write.method for write in self.github.writes if write.method != "create_label"]

    # What the bot does

    @property
    def repository(self) -> RepositoryRecord:
        return open_repository(self.services, NAME, repository_id=self.fake.info.id, installation_id=1)

    @property
    def config(self) -> RepoConfig:
        return current_config(self.services, self.repository)

    def learn(self) -> None:
        """Read the history, embed it, fill the known clusters."""
        repository = self.repository
        config = self.config
        read_history(self.services, repository)
        embed_missing(self.services, repository.id)
        assign_known(self.services, repository, config)

    def resolve(self, number: int, reason: Reason = Reason("rerun")) -> Resolution:  # noqa: B008 - it is frozen
        observe_issue(self.services, self.repository, number)
        return resolve(self.services, self.repository, number, self.config, reason)

    def decide(self, number: int, reason: Reason = Reason("rerun")) -> DecisionRecord:  # noqa: B008 - it is frozen
        """Resolve and record, without doing anything yet."""
        record(self.services, self.repository, self.resolve(number, reason), self.config, reason)
        decision = self.storage.last_decision(self.repository.id, number)
        assert decision is not None
        return decision

    def act(self, decision: DecisionRecord, *, ahead: int = 0) -> list[str]:
        return perform(self.services, self.repository, decision, self.config, ahead=ahead)

    def triage(self, number: int, reason: Reason = Reason("rerun")) -> DecisionRecord:  # noqa: B008 - it is frozen
        decision = self.decide(number, reason)
        self.act(decision)
        return decision


@contextmanager
def small_world(folder: Path, *, embedder: HashingEmbedder | None = None) -> Iterator[World]:
    """A world over the folder's SQLite file."""
    clock = Clock()
    github = FakeGitHub(start=clock() - timedelta(days=1))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own argument
    with opened(folder) as storage:
        services = build_services(settings, storage, github=github, embedder=embedder or CountingEmbedder())
        yield World(replace(services, clock=clock), github, clock)
