"""A tracker and the bot that works on it, in one process: people act, GitHub tells, the bot works, dies, comes back."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.github.marker import marked
from bot.github.protocol import Comment, TimelineEvent
from bot.services import Services
from bot.settings import Settings
from bot.storage.dashboard_records import ActRecord
from bot.storage.open import open_storage
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from bot.wiring import build_services
from bot.workflows import poll_reactions, resume, steps
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from tests.fakes.databases import empty
from tests.fakes.github import FakeGitHub
from tests.stateful.doors import Done, Door, GitHubDoor, Watch
from tests.stateful.engine import Clock, Death, Job, Killed, MemoryEngine, installed
from tests.stateful.people import MAINTAINERS, STRANGER, TEXTS, canary, config
from webhooks.dashboard.posting import Wish, _delivery
from webhooks.delivery import read

NAME = "acme/shop"
SLUG = "triage"
NOT_ON_AN_ISSUE = frozenset({"label_exists", "create_label", "create_reaction", "create_issue", "edit_issue"})
FOUNDERS = 6  # issues that are there before the bot is
MOST_TURNS = 300  # workflows until everything is worked off; more would be going round in circles


@dataclass(frozen=True, slots=True)
class Ask:
    """What the bot asks of GitHub's writer, before it is done; `method` is "writer" where it asks for permission."""

    method: str
    repository: str
    installation: int | None
    number: int = 0
    value: str = ""  # the label, or the comment's text
    before: str | None = None  # an edited comment's text as it stands


@dataclass(frozen=True, slots=True)
class BotWrite:
    """One change on an issue that GitHub took from the bot: what, while it ran which workflow, and when."""

    ask: Ask
    workflow: str
    at: datetime


@dataclass
class Diary:
    """What people did, as they would tell it themselves; the bot's memory is held against it."""

    writes: list[BotWrite] = field(default_factory=list)
    thumbs_down: list[tuple[int, int, str]] = field(default_factory=list)  # issue, comment, who
    moved: dict[int, datetime] = field(default_factory=dict)  # when an issue was closed, reopened, locked last
    reopened: set[int] = field(default_factory=set)
    unlabeled: set[tuple[int, str]] = field(default_factory=set)  # the bot's labels that a person removed
    asked: set[int] = field(default_factory=set)  # issues about which somebody asked the bot since the last removal
    gone: set[int] = field(default_factory=set)
    comment_deleted: set[int] = field(default_factory=set)  # issues where a person deleted the bot's comment
    interrupted: set[int] = field(default_factory=set)  # whose rerun by hand did not come to its end
    kills: int = 0


Watcher = Callable[["Town", Ask], None]


class Town:
    """One repository (and one of another installation, which nobody may touch), its people, and the bot."""

    def __init__(self, file: Path, engine: MemoryEngine, watch: Watcher, after: Callable[[Town], None]) -> None:
        self.file = file
        self.engine = engine
        self.clock, self.death = engine.clock, engine.death
        self.diary = Diary()
        self._deliveries = itertools.count(1)
        self.broken: list[str] = []  # promises, found while the bot was at work
        self.looked_at = 0  # the last decision that was looked at
        self.kills = 0
        self.known = False  # whether the bot knows the repository
        self.told: list[str] = []  # what members were told at any time
        self.github = FakeGitHub(slug=SLUG)
        self.github.tick = self.clock  # type: ignore[method-assign]
        self.fake = self.github.add_repository(NAME, installation_id=7)
        self.installations = [7]
        self.neighbour = self.github.add_repository("umbrella/shop", installation_id=8)
        self.github.add_issue("umbrella/shop", *TEXTS[0])
        self.fake.permissions.update(MAINTAINERS | {STRANGER: "none"})
        self.fake.config = config().encode()
        self._watch, self._after = watch, after
        for title, body in TEXTS[-5:] + TEXTS[:1]:
            self.github.add_issue(NAME, title, f"{body} {canary()}")
        self.authors = {number: issue.author for number, issue in self.issues.items()}
        self.begin()

    # --- the process

    def begin(self) -> None:
        """A process starts: nothing is in memory but what it reads."""
        self.storage: Storage = open_storage(f"sqlite:///{self.file}")
        doored: Any = Door(self.storage, self.death)
        credentials: dict[str, Any] = {"_env_file": None, "app_id": 1, "private_key": "never used"}
        settings = Settings(**credentials)
        github: Any = GitHubDoor(self.github, self.death, self._asked)
        made = build_services(settings, doored, github=github, embedder=HashingEmbedder())
        self.services: Services = replace(made, clock=self.clock)
        poll_reactions._ears = poll_reactions.Ears()
        resume._nothing_stopped.clear()
        steps.install(self.services)

    def end(self) -> None:
        steps.install(None)
        self.storage.close()

    def killed(self) -> None:
        """The process died and another one starts over the same database."""
        self.diary.kills += 1
        self.kills += 1
        self.end()
        self.begin()

    def work(self, turns: int = 1) -> int:
        """The bot works off so many workflows; returns how many there were."""
        for turn in range(turns):
            try:
                if self.engine.work() is None:
                    return turn
            except Killed:
                self.killed()
            self._notice_forgetting()
            self._after(self)
        return turns

    def _notice_forgetting(self) -> None:
        """Where it was forgotten, nothing of it is left (INV 45), and the bot is held to nothing from before."""
        was, self.known = self.known, self.record is not None
        if was and not self.known:
            self.broken += [f"inv_45: the table {name} still names the repository" for name in self.traces()]
            self.diary, self.looked_at = Diary(gone=self.diary.gone), 0
            self.engine.erase()

    def traces(self) -> list[str]:
        """The tables in which the repository is named."""
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
        database.close()
        ours = (self.repository_id, NAME)
        return [
            name
            for name, held in rows.items()
            if any(cell == ours[0] or NAME in str(cell) for row in held for cell in row)
        ]

    def settle(self) -> None:
        """Everything is worked off, also what waits for its time."""
        self.death.in_crossings = None
        for _ in range(MOST_TURNS):
            if self.engine.ready is None:
                if not self.engine.queue:
                    return
                self.clock.at = max(self.clock.at, min(job.at for job in self.engine.queue))
            self.work()
        raise AssertionError(f"the bot goes round in circles: {[job.identity for job in self.engine.queue]}")

    @property
    def is_settled(self) -> bool:
        return not (self.engine.queue or self.engine.left)

    def _asked(self, repository: str, installation: int | None) -> Watch:
        """The bot asked for write permission; what it does with it is looked at before it is done, and noted after."""
        self._watch(self, Ask("writer", repository, installation))

        def watched(method: str, arguments: tuple[Any, ...]) -> Done:
            first, value = arguments[0], str(arguments[1]) if len(arguments) > 1 else ""
            if method in NOT_ON_AN_ISSUE:
                self._watch(self, Ask(method, repository, installation, value=str(first)))
                return lambda: None
            ask = Ask(method, repository, installation, int(first), value)
            if method == "edit_comment":
                number, old = self.comment(first)
                ask = replace(ask, number=number, before=old.body if old else None)
            self._watch(self, ask)
            return lambda: self._note(ask)

        return watched

    def _note(self, ask: Ask) -> None:
        """GitHub took it. A label that the bot sets, asked for, is the bot's once more."""
        self.diary.writes.append(BotWrite(ask, self.workflow, self.clock.at))
        if ask.method == "add_label":
            self.diary.unlabeled.discard((ask.number, ask.value.casefold()))

    @property
    def workflow(self) -> str:
        """What the bot is doing."""
        job: Job | None = self.engine.current
        return job.workflow if job is not None else ""

    # --- what is known

    @property
    def record(self) -> RepositoryRecord | None:
        return self.storage.repository_by_id(self.fake.info.id)

    @property
    def repository_id(self) -> int:
        return self.fake.info.id

    @property
    def issues(self) -> dict[int, Issue]:
        return self.fake.issues

    def comment(self, comment_id: int) -> tuple[int, Comment | None]:
        """The issue that a comment stands on, and the comment."""
        found = ((number, one) for number, held in self.fake.comments.items() for one in held if one.id == comment_id)
        return next(found, (0, None))

    def own(self, number: int) -> list[Comment]:
        """The bot's comments on an issue."""
        return [one for one in self.fake.comments.get(number, []) if one.by_this_app and marked(one.body)]

    def next_number(self) -> int:
        """The number of the next issue; that of one that is gone is never given again."""
        return max([*self.issues, *self.diary.gone]) + 1

    # --- what people do

    def happened(self, number: int, event: str, who: str, value: str = "") -> None:
        """GitHub keeps it in the issue's timeline."""
        made = TimelineEvent(event, who, who.endswith("[bot]"), self.clock(), self.github.new_id(), value=value)
        self.fake.timelines.setdefault(number, []).append(made)

    def moved(self, number: int) -> None:
        self.diary.moved[number] = self.clock.at

    def unlabeled(self, number: int, name: str) -> None:
        """Somebody removed a label; where the bot had set it, it is not to come back unasked (INV 21)."""
        sets = [one.ask.method for one in self.diary.writes if (one.ask.number, one.ask.value) == (number, name)]
        if sets and sets[-1] == "add_label":
            self.diary.unlabeled.add((number, name.casefold()))
            self.diary.asked.discard(number)

    def thumbs_down(self, number: int, comment: Comment, who: str) -> None:
        if self.github.react(NAME, comment.id, "-1", who) and not who.endswith("[bot]"):
            self.diary.thumbs_down.append((number, comment.id, who))

    # --- what GitHub tells

    def tell(self, event: str, action: str, sender: str, **payload: Any) -> None:
        """A delivery is read and kept, as the receiver does."""
        about = {"id": self.fake.info.id, "full_name": self.fake.info.full_name}
        body = {
            "action": action,
            "installation": {"id": self.fake.installation_id},
            "sender": person(sender),
            **payload,
        }
        body |= {"repositories": [about]} if event == "installation" else {"repository": about}
        headers = {"x-github-delivery": f"delivery-{next(self._deliveries)}", "x-github-event": event}
        record = read(headers, json.dumps(body).encode(), self.clock())
        if hasattr(record, "workflow"):
            assert list(self.storage.accept([record], self.engine.accept)) == [True]
            again = replace(record, received_at=self.clock())
            assert list(self.storage.accept([again], self.engine.accept)) == [False]  # INV 32

    def act(self, kind: str, actor: str, cluster_id: str, value: str) -> None:
        """A maintainer does something on the dashboard, as its pages keep it."""
        record = self.record
        if record is None:
            return
        asked = ActRecord(None, record.id, self.clock(), actor, kind, cluster_id, None, {"value": value})
        act_id = self.storage.save_act(asked)
        wish = Wish(cluster_id, None, asked.details)
        self.storage.accept([_delivery(record, kind, wish, act_id, self.clock())], self.engine.accept)

    def uninstalled(self) -> None:
        """The App is removed; GitHub gives no token for the repository any more."""
        del self.github.repositories[NAME]
        self.tell("installation", "deleted", "max")

    def installed_again(self) -> None:
        """The App comes back, as another installation."""
        self.github.repositories[NAME] = self.fake
        self.fake.installation_id += 10
        self.installations.append(self.fake.installation_id)
        self.tell("installation", "created", "max")

    def tell_issue(self, action: str, number: int, sender: str, **more: Any) -> None:
        issue = self.issues.get(number) or more.pop("was")
        more.pop("was", None)
        self.tell("issues", action, sender, issue=shown(issue), **more)

    def change(self, number: int, **fields: Any) -> None:
        """Something about an issue is different on GitHub."""
        self.fake.issues[number] = replace(self.issues[number], updated_at=self.clock(), **fields)


def person(login: str) -> dict[str, str]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def shown(issue: Issue) -> dict[str, Any]:
    return {"number": issue.number, "title": issue.title, "body": issue.body, "user": person(issue.author)}


@contextmanager
def town(folder: Path, watch: Watcher, after: Callable[[Town], None]) -> Iterator[Town]:
    """A fresh town with the bot at work in it; `watch` sees each write before it is done, `after` each workflow."""
    file = folder / "town.db"
    shutil.copyfile(empty(), file)
    with installed(MemoryEngine(Clock(), Death())) as engine:
        made = Town(file, engine, watch, after)
        try:
            yield made
        finally:
            made.end()
            for part in folder.glob(f"{file.name}*"):
                part.unlink()
