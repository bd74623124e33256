"""A repository is forgotten at any instant of the work that is done for it: nothing of it comes back (INV 45)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.storage.protocol import Storage
from tests.stateful.engine import Death
from tests.stateful.people import KNOWN
from tests.stateful.town import NAME, Town, shown, town

INSTANTS = 4  # of each piece of work at which it is forgotten

Work = Callable[[Town], None]


@dataclass
class Meanwhile(Death):
    """Another worker forgets the repository at the n-th crossing of a door, or at the next one where nobody holds its
    lock, as forgetting does."""

    forget: Callable[[], None] = lambda: None
    locks: int = 0
    crossed: int = 0
    done: bool = False
    at: int | None = field(default=None)

    def crossing(self) -> None:
        self.crossed += 1
        if self.at is not None and not self.done and self.crossed > self.at and not self.locks:
            self.done = True
            self.forget()

    def watched(self, storage: Storage) -> None:
        locked = storage.lock

        @contextmanager
        def counted(*given: Any, **named: Any) -> Iterator[None]:
            with locked(*given, **named):
                self.locks += not named.get("refit")
                try:
                    yield
                finally:
                    self.locks -= not named.get("refit")

        storage.lock = counted  # type: ignore[method-assign]


def reported(place: Town) -> None:
    place.github.add_issue(NAME, *KNOWN)
    place.tell_issue("opened", max(place.issues), "ann")


def said(place: Town) -> None:
    number = max(place.issues)
    comment = place.github.add_comment(NAME, number, "/triage different", "mia")
    about = {"id": comment.id, "body": comment.body, "user": {"login": "mia", "type": "User"}}
    place.tell("issue_comment", "created", "mia", issue=shown(place.issues[number]), comment=about)


def night(place: Town) -> None:
    place.clock.forward(26 * 3600)
    place.engine.scheduled("refit_clusters")


def looked_for(place: Town) -> None:
    place.clock.forward(2 * 3600)
    place.engine.scheduled("recover_deliveries")


def renamed(place: Town) -> None:
    place.tell("repository", "renamed", "mia")


def objected(place: Town) -> None:
    for number in place.issues:
        for comment in place.own(number):
            place.thumbs_down(number, comment, "sly")
    place.engine.scheduled("poll_reactions")


def brought_up(place: Town) -> None:
    for _ in range(2):
        reported(place)
        place.settle()


def nothing(_place: Town) -> None:
    """The bot has heard of nothing yet."""


@contextmanager
def lived(folder: Path, before: Work, work: Work) -> Iterator[tuple[Town, Meanwhile]]:
    """A town in which something is about to be worked off."""
    with town(folder, lambda *_: None, lambda *_: None) as place:
        before(place)
        place.settle()
        meanwhile = Meanwhile()
        meanwhile.forget = lambda: place.storage.forget_repository(place.repository_id) and None
        meanwhile.watched(place.storage)
        place.engine.death = place.death = meanwhile
        for door in (place.services.storage, place.services.github):
            door._death = meanwhile
        work(place)
        yield place, meanwhile


CASES: dict[str, tuple[Work, Work]] = {
    "first report": (nothing, reported),
    "report": (brought_up, reported),
    "command": (brought_up, said),
    "objection": (brought_up, objected),
    "refit": (brought_up, night),
    "recovery": (brought_up, looked_for),
    "change": (brought_up, renamed),
}


@pytest.mark.parametrize("case", CASES)
def test_inv_45_a_repository_that_is_forgotten_while_it_is_worked_on_does_not_come_back(
    case: str, tmp_path: Path
) -> None:
    with lived(tmp_path, *CASES[case]) as (place, meanwhile):
        place.settle()
        crossings = meanwhile.crossed
    assert crossings > 5
    apart = crossings // INSTANTS  # a run more or less busy than the first still gets to the last of them
    for at in range(0, INSTANTS * apart, apart):
        with lived(tmp_path, *CASES[case]) as (place, meanwhile):
            meanwhile.at = at
            place.settle()
            assert meanwhile.done, f"at {at} of {crossings}"
            assert place.record is None, f"it came back at crossing {at} of {crossings}"
            assert place.traces() == [], f"at {at} of {crossings}"
