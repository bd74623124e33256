"""The hourly budget of comments: who may write when, so that nobody overtakes and no hour holds too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.act import NO_COMMENTS
from bot.activities.broadcast import keep_status
from bot.activities.budget import DAY, HOUR, BudgetSpent, budgets, free_from
from bot.activities.held_back import held_back
from bot.activities.listen import keep
from bot.activities.obey import Word, objection
from bot.activities.resolve import Reason
from bot.activities.upkeep import stale
from tests.fakes.small_world import CONFIG, World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
agos = st.lists(st.integers(0, 3599), max_size=12).map(
    lambda found: [NOW - timedelta(seconds=one) for one in sorted(found, reverse=True)]
)


@given(agos, st.integers(1, 6), st.integers(0, 20))
def test_inv_30_no_hour_holds_more_comments_than_the_limit(written: list[datetime], limit: int, waiting: int) -> None:
    written = written[-limit:]
    times = [free_from(written, limit, ahead, NOW) or NOW for ahead in range(waiting)]
    assert times == sorted(times)
    together = [*written, *times]
    for moment in together:
        assert sum(moment <= one < moment + HOUR for one in together) <= limit


@given(agos, st.integers(1, 6), st.integers(0, 20))
def test_inv_30_who_waits_behind_more_than_the_limit_is_told_the_first_moment_that_keeps_it(
    written: list[datetime], limit: int, waiting: int
) -> None:
    """What people take back is written beyond the limit; then the window is over-full."""
    times: list[datetime] = []
    for ahead in range(waiting):
        free = free_from(written, limit, ahead, NOW) or NOW
        held = [*written, *times]
        assert sum(free - HOUR < one <= free for one in held) < limit
        just_before = free - timedelta(microseconds=1)
        if free > NOW:
            assert sum(just_before - HOUR < one <= just_before for one in held) >= limit
        times.append(free)


def test_a_budget_that_is_not_spent_makes_nobody_wait() -> None:
    assert free_from([NOW], 2, 0, NOW) is None
    assert free_from([], 1, 0, NOW) is None


def test_inv_30_who_comes_later_waits_for_the_place_after_those_ahead(known: World) -> None:
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 1}\n"
    known.clock.forward(minutes=2)
    known.triage(known.report())
    decision = known.decide(known.report())
    with pytest.raises(BudgetSpent) as first:
        known.act(decision)
    with pytest.raises(BudgetSpent) as second:
        known.act(decision, ahead=1)
    assert 3400 < first.value.seconds <= 3600
    assert 7000 < second.value.seconds <= 7200


def test_inv_17_what_a_person_takes_back_does_not_wait(known: World) -> None:
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 1}\n"
    known.clock.forward(minutes=2)
    number = known.report()
    known.triage(number)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    decision = known.decide(number, Reason("command"))
    assert "failed" not in known.act(decision)
    assert "not counted as a duplicate" in known.comments(number)[0]


def told(world: World, text: str | None) -> list[str]:
    """Tell the cluster's members this; the states of the effects on the one report."""
    keep_status(world.storage, world.repository.id, "extra", text, "mia", world.clock())
    (number,) = [one.number for one, _ in stale(world.storage, world.repository.id, world.config)]
    return world.act(world.decide(number, Reason("follow", silent=True)))


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_inv_30_what_a_maintainer_takes_back_passes_the_budget_that_telling_it_waits_for(
    known: World, limit: int
) -> None:
    known.clock.forward(minutes=2)
    number = known.report()
    known.triage(number)
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 5}\n"
    known.clock.forward(minutes=2)
    assert "done" in told(known, "Fixed in 2.1")
    known.fake.config = CONFIG + f"limits: {{comments_per_hour: {limit}}}\n".encode()
    known.clock.forward(minutes=2)
    assert "failed" not in told(known, "Fixed in 2.2, not in 2.1")  # the words before were wrong
    assert "Fixed in 2.2, not in 2.1" in known.comments(number)[0]
    assert "failed" not in told(known, None)
    assert "maintainers" not in known.comments(number)[0]
    if limit:
        with pytest.raises(BudgetSpent):
            told(known, "Something else")
    else:
        assert "failed" in told(known, "Something else")


def test_a_limit_of_none_is_silence_even_where_a_person_asks(known: World) -> None:
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 0}\n"
    known.clock.forward(minutes=2)
    decision = known.decide(known.report(), Reason("command", asked=True))
    assert set(known.act(decision)) == {"failed"}
    reasons = {row.reason for row in known.storage.effects(known.repository.id, number=decision.number)}
    assert NO_COMMENTS in reasons


def configured(world: World, limits: str) -> None:
    world.fake.config = CONFIG + limits.encode()
    world.clock.forward(minutes=2)


def waiting(world: World) -> list[int]:
    """Those that wait to be told since the limit was none."""
    found = held_back(world.storage, world.repository.id, world.config, world.clock())
    return [one.number for one in found]


def test_inv_30_what_was_refused_under_a_limit_of_none_is_said_when_it_is_raised(known: World) -> None:
    configured(known, "limits: {comments_per_hour: 0}\n")
    numbers = [known.report(), known.report()]
    for number in reversed(numbers):
        assert "failed" in known.act(known.decide(number, Reason("delivery")))
    assert waiting(known) == []
    configured(known, "limits: {comments_per_hour: 5}\nmode: shadow\n")
    assert waiting(known) == []
    configured(known, "limits: {comments_per_hour: 5}\n")
    assert waiting(known) == numbers
    few = held_back(known.storage, known.repository.id, known.config, known.clock(), 1)
    assert [one.number for one in few] == numbers[:1]  # an event sends on only some: it costs the same with many
    known.triage(numbers[0], Reason("delivery"))
    assert len(known.comments(numbers[0])) == 1
    assert waiting(known) == numbers[1:]
    known.clock.forward(days=8)
    assert waiting(known) == []


@pytest.mark.parametrize("limit", [0, 1])
def test_inv_17_what_a_person_took_back_on_a_locked_issue_waits_for_no_budget_when_it_is_unlocked(
    known: World, limit: int
) -> None:
    number = known.report()
    known.triage(number)
    keep(word := Word(known.services, known.repository, number, "ann", "command", "comment 1"), objection(word))
    configured(known, f"limits: {{comments_per_hour: {limit}}}\n")
    states = known.act(known.decide(number, Reason("follow", silent=True)))
    assert not {"failed", "planned"} & set(states)
    assert "not counted as a duplicate" in known.comments(number)[0]


def test_what_an_overtaken_decision_had_planned_is_dropped(known: World) -> None:
    number = known.report()
    known.decide(number)
    known.triage(number)
    rows = known.storage.effects(known.repository.id, number=number)
    assert {row.state for row in rows} == {"done", "skipped"}
    assert len(known.comments(number)) == 1


def at_the_limit(world: World, limits: str) -> float:
    """Seconds that the second comment has to wait."""
    world.fake.config = CONFIG + limits.encode()
    world.clock.forward(minutes=2)
    world.triage(world.report())
    decision = world.decide(world.report())
    with pytest.raises(BudgetSpent) as waiting:
        world.act(decision)
    return waiting.value.seconds


def test_inv_30_a_day_has_a_limit_of_its_own(known: World) -> None:
    assert 86_000 < at_the_limit(known, "limits: {comments_per_day: 1}\n") <= 86_400


def test_inv_30_the_repositories_of_an_installation_share_its_limits(known: World) -> None:
    shared = known.services.settings.model_copy(update={"installation_comments_per_hour": 1})
    known.services = replace(known.services, settings=shared)
    assert 3400 < at_the_limit(known, "") <= 3600


def test_each_limit_tells_what_was_spent_and_when_there_is_room(known: World) -> None:
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 1, comments_per_day: 5}\n"
    known.clock.forward(minutes=2)
    known.triage(known.report())
    found = {(one.whose, one.span): one for one in budgets(known.services, known.repository, known.config)}
    assert {key: (len(one.written), one.limit) for key, one in found.items()} == {
        ("repository", HOUR): (1, 1),
        ("repository", DAY): (1, 5),
        ("installation", HOUR): (1, 400),
        ("installation", DAY): (1, 4000),
    }
    now = known.clock()
    assert found["repository", DAY].frees_at(now) is None
    assert now < (found["repository", HOUR].frees_at(now) or now) <= now + HOUR
