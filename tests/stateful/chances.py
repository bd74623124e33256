"""What can happen in a history, drawn by chance; and how many steps were taken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.errors import Gone, Permanent, RetryAfter, Unavailable
from tests.stateful.people import EVERYBODY, FIXED_IN, MAINTAINERS

PICK = st.integers(0, 40)
WHO = st.sampled_from(EVERYBODY)
BY_HAND = st.sampled_from(sorted(MAINTAINERS))
LABELS = ("bug", FIXED_IN, "possible-duplicate", "duplicate", "billing: extra")
SAYINGS = (
    "/triage different",
    "/triage different #{}",
    "/triage duplicate of #{}",
    "/triage rerun",
    "/triage undo",
    "/triage pause",
    "/triage resume",
    "Duplicate of #{}",
    "The same here.",
)
CHANGES = ("completed", "completed", "not_planned", "locked", "deleted", "transferred")
ASKING = ("rerun", "undo", "duplicate")
PASSING = (
    Unavailable("GitHub broke down"),
    RetryAfter("a secondary limit", 7.0),
    RetryAfter("the hourly limit", 1200.0),
)
REFUSING = (Permanent("validation failed"), Gone("not there"))
WRITING = ("create_comment", "edit_comment", "add_label", "remove_label")
READING = ("issue", "issues", "comments", "config", "permission", "thumbs_down")
SUSPENDED = Permanent("the App is suspended", stops_repository=True)
FAULTS = [(m, f) for m in WRITING for f in (*PASSING, *REFUSING)] + [(m, f) for m in READING for f in PASSING]
FAULTS += [(m, SUSPENDED) for m in ("issue", "create_comment", "edit_comment")]
MILESTONES = (None, "3.2.0", "4.0.0")  # what is fixed is fixed in one of these
TASKS = ("poll_reactions", "poll_reactions", "recover_deliveries", "refit_clusters", "keep_comments", "tidy_up")
JUMPS = (30, 90, 700, 2 * 3600, 26 * 3600, 8 * 86400)  # seconds
WORKS = st.sampled_from((0, 1, 1, 2, 3))  # workflows that the bot works off when something happened

Step = Callable[..., None]


def happens(**drawn: Any) -> Callable[[Step], Step]:
    """A rule after which the bot works for a while, or does not."""

    def made(act: Step) -> Step:
        @functools.wraps(act)
        def step(self: Any, works: int, **given: Any) -> None:
            COUNT.steps += 1
            act(self, **given)
            self.the_bot_works(works)

        return rule(works=WORKS, **drawn)(step)

    return made


@dataclass
class Count:
    """How many steps were taken in this process, over all histories."""

    steps: int = 0


COUNT = Count()
