"""Two thousand random steps in a tracker, and every promise looked at after each of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.activities import act, resolve
from bot.activities import judge as judging
from bot.github import gateway
from models.decision import Decision, Verdict
from tests.stateful.histories import Histories
from tests.stateful.people import KNOWN, OTHER_STATUS, config
from tests.stateful.telling import noticed

ROOT = Path(__file__).parents[2]
STEPS = 2000


def test_every_promise_is_kept_through_two_thousand_random_steps() -> None:
    """The same histories on every machine: a process of their own, whose hashes are the same each time."""
    command = [sys.executable, "-W", "error", "-m", "tests.stateful.soak", "--seed", "1", "--steps", str(STEPS)]
    process_environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, cwd=ROOT, env=process_environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-6000:]}"
    taken = re.search(r"^(\d+) steps were taken, and every promise was kept$", ended.stdout, re.MULTILINE)
    assert taken is not None, ended.stdout[-3000:]
    assert int(taken[1]) >= STEPS


def test_a_bot_that_keeps_its_promises_is_not_complained_of(history: Histories) -> None:
    history.report(KNOWN, "bob")
    history.comments_on(7, "ann", "/triage different")
    assert noticed(history) == ""
    assert history.town.own(7)


def test_inv_23_a_bot_that_comments_twice_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.Gateway, "_own_comments", lambda *_: [])
    history.comments_on(7, "mia", "/triage duplicate of #6")
    assert "inv_23" in noticed(history)


def test_inv_25_a_bot_that_labels_before_it_comments_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = resolve.plan
    monkeypatch.setattr(resolve, "plan", lambda *given: planned(*given)[::-1])
    history.report(KNOWN, "bob")
    assert "inv_25" in noticed(history)


def test_inv_10_a_bot_that_overlooks_what_contradicts_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = judging.decide

    def careless(case: judging.Case) -> Decision:
        found = decided(case)
        named = found.verdict is Verdict.RELATED and found.canonical is not None
        return replace(found, verdict=Verdict.DUPLICATE, vetoes=()) if named else found

    monkeypatch.setattr(judging, "decide", careless)
    history.report(OTHER_STATUS, "bob")
    assert "differ" in noticed(history)


def test_inv_08_inv_18_a_bot_that_forgets_objections_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = judging._history

    def forgetful(*given: Any) -> judging.History:
        return replace(remembered(*given), objected=False, separated=frozenset())

    monkeypatch.setattr(judging, "_history", forgetful)
    history.comments_on(7, "ann", "/triage different")
    assert "told apart" in noticed(history)


def test_a_bot_that_does_not_hear_a_pause_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (act, resolve):
        monkeypatch.setattr(module, "is_paused", lambda *_: False)
    history.comments_on(7, "mia", "/triage pause")
    history.report(KNOWN, "bob")
    assert "a_pause_is_kept" in noticed(history)


def in_an_hour_of_two(history: Histories) -> None:
    """Two comments are allowed in an hour, and one of them is written."""
    history.town.fake.config = config(limits="comments_per_hour: 2").encode()
    history.town.clock.forward(90)


def test_inv_30_a_comment_that_github_refused_is_none_that_the_hour_allows(history: Histories) -> None:
    town = history.town
    in_an_hour_of_two(history)
    town.fake.info = replace(town.fake.info, archived=True)
    history.report(KNOWN, "bob")
    history.the_bot_works(2)
    assert not town.own(8)
    town.fake.info = replace(town.fake.info, archived=False)
    town.tell("repository", "unarchived", "mia")
    assert noticed(history) == ""
    assert town.own(8)


def test_inv_30_a_bot_that_counts_no_comments_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "check_budgets", lambda *_, **__: None)
    in_an_hour_of_two(history)
    for author in ("bob", "cyd"):
        history.report(KNOWN, author)
    assert "inv_30" in noticed(history)
