"""Two thousand random steps in a tracker, and every promise looked at after each of them."""

from __future__ import annotations

import pytest

from bot.activities import act, resolve
from bot.activities import judge as judging
from bot.github import gateway
from models.decision import Decision, Verdict
from tests.stateful.soak import COUNT, batch

STEPS = 2000


def test_every_promise_is_kept_through_two_thousand_random_steps() -> None:
    seed, before = 1, COUNT.steps
    while COUNT.steps < before + STEPS:
        batch(seed)
        seed += 1


def noticed(most: int = 6) -> str:
    """What the promises say of a bot that was broken on purpose; '' where they notice nothing."""
    for seed in range(1, most + 1):
        try:
            batch(seed)
        except AssertionError as broken:
            return f"{type(broken).__name__} {broken}"
    return ""


def test_inv_23_a_bot_that_comments_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.Gateway, "_own_comments", lambda *_: [])
    assert "inv_23" in noticed()


def test_inv_25_a_bot_that_labels_before_it_comments_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = resolve.plan
    monkeypatch.setattr(resolve, "plan", lambda *given: planned(*given)[::-1])
    assert "inv_25" in noticed()


def test_inv_10_a_bot_that_overlooks_what_contradicts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = judging.decide

    def careless(case: judging.Case) -> Decision:
        found = decided(case)
        named = found.verdict is Verdict.RELATED and found.canonical is not None
        return judging.replace(found, verdict=Verdict.DUPLICATE, vetoes=()) if named else found

    monkeypatch.setattr(judging, "decide", careless)
    assert "Broken" in noticed()


def test_inv_18_a_bot_that_forgets_objections_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = judging._history

    def forgetful(*given: object) -> judging.History:
        return judging.replace(remembered(*given), objected=False, separated=frozenset())  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "_history", forgetful)
    assert "Broken" in noticed()


def test_a_bot_that_does_not_hear_a_pause_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (act, resolve):
        monkeypatch.setattr(module, "is_paused", lambda *_: False)
    assert "a_pause_is_kept" in noticed()
