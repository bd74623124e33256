from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from models.constraints import Constraint, Constraints, Pin, resolve

START = datetime(2026, 3, 1, tzinfo=UTC)
ISSUES = st.integers(1, 9)
MOMENTS = st.integers(0, 5).map(lambda days: START + timedelta(days=days))
CLUSTERS = st.sampled_from(["c1", "c2", "billing"])
CONSTRAINTS = st.lists(st.builds(Constraint, ISSUES, ISSUES, st.booleans(), MOMENTS, st.sampled_from(["a", "b"])))
PINS = st.lists(st.builds(Pin, ISSUES, CLUSTERS, st.booleans(), MOMENTS, st.just("p"), st.booleans()))


def together(one: int, other: int, day: int) -> Constraint:
    return Constraint(one, other, True, START + timedelta(days=day), "kim")


def apart(one: int, other: int, day: int) -> Constraint:
    return Constraint(one, other, False, START + timedelta(days=day), "lee")


def pin(number: int, cluster: str, day: int, *, inside: bool = True, implied: bool = False) -> Pin:
    return Pin(number, cluster, inside, START + timedelta(days=day), "pin by kim", implied)


def block_of(held: Constraints, number: int) -> frozenset[int]:
    return next((block for block in held.blocks if number in block), frozenset({number}))


def refused(held: Constraints) -> set[Constraint | Pin]:
    return {conflict.refused for conflict in held.conflicts}


def is_consistent(held: Constraints) -> bool:
    disjoint = sum(map(len, held.blocks)) == len({one for block in held.blocks for one in block})
    split = all(block_of(held, one) != block_of(held, other) for one, other in held.apart)
    one_home = all(len({held.anchors.get(number) for number in block}) == 1 for block in held.blocks)
    barred = all(held.anchors.get(other) != cluster for one, cluster in held.barred for other in block_of(held, one))
    homes = [(one, other) for one, other in combinations(held.anchors, 2) if held.anchors[one] == held.anchors[other]]
    return disjoint and split and one_home and barred and all(block_of(held, a) == block_of(held, b) for a, b in homes)


@given(CONSTRAINTS, PINS)
def test_what_is_accepted_never_contradicts_itself(said: list[Constraint], pins: list[Pin]) -> None:
    assert is_consistent(resolve(said, pins))


@given(CONSTRAINTS, PINS)
def test_everything_that_was_said_holds_or_is_a_conflict(said: list[Constraint], pins: list[Pin]) -> None:
    held = resolve(said, pins)
    acts: set[Constraint | Pin] = {*said, *pins}
    for act in acts - refused(held):
        if isinstance(act, Pin):
            assert (
                (held.anchors.get(act.number) == act.cluster)
                if act.inside
                else (act.number, act.cluster) in held.barred
            )
        elif act.together:
            assert act.other in block_of(held, act.one)
        else:
            assert (min(act.one, act.other), max(act.one, act.other)) in held.apart


@given(CONSTRAINTS, PINS)
def test_conflicts_change_nothing(said: list[Constraint], pins: list[Pin]) -> None:
    held = resolve(said, pins)
    again = resolve(
        [one for one in said if one not in refused(held)], [one for one in pins if one not in refused(held)]
    )
    assert again.conflicts == ()
    assert (again.blocks, again.apart, again.anchors, again.barred) == (
        held.blocks,
        held.apart,
        held.anchors,
        held.barred,
    )


@given(CONSTRAINTS, PINS, st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_told_does_not_matter(
    said: list[Constraint], pins: list[Pin], chance: random.Random
) -> None:
    shuffled: tuple[Sequence[Constraint], Sequence[Pin]] = (
        chance.sample(said, len(said)),
        chance.sample(pins, len(pins)),
    )
    assert resolve(*shuffled) == resolve(said, pins)


@given(CONSTRAINTS, PINS)
def test_a_conflict_names_accepted_acts_that_are_enough_to_refuse_it(said: list[Constraint], pins: list[Pin]) -> None:
    held = resolve(said, pins)
    for conflict in held.conflicts:
        assert not {*conflict.because} & refused(held)
        acts = [conflict.refused, *conflict.because]
        alone = resolve(
            [one for one in acts if isinstance(one, Constraint)], [one for one in acts if isinstance(one, Pin)]
        )
        assert refused(alone) == {conflict.refused}


def test_the_newer_of_two_contradicting_acts_wins() -> None:
    assert resolve([together(1, 2, 0), apart(1, 2, 1)]).apart == {(1, 2)}
    assert resolve([together(1, 2, 1), apart(1, 2, 0)]).blocks == (frozenset({1, 2}),)


def test_a_separation_newer_than_one_link_of_a_chain_breaks_the_oldest_link() -> None:
    held = resolve([together(1, 2, 0), together(2, 3, 1), apart(1, 3, 2)])
    assert held.blocks == (frozenset({2, 3}),)
    assert refused(held) == {together(1, 2, 0)}


def test_a_conflict_tells_both_acts_with_their_dates() -> None:
    held = resolve([together(1, 2, 2), together(2, 3, 1), apart(1, 3, 0)])
    (conflict,) = held.conflicts
    assert conflict.because == (together(1, 2, 2), together(2, 3, 1))
    assert conflict.words == (
        "#1 and #3 were told apart on 2026-03-01 (lee): not followed, because #1 and #2 were put together on "
        "2026-03-03 (kim) and #2 and #3 were put together on 2026-03-02 (kim); the newer holds"
    )


def test_at_one_instant_apart_comes_before_together() -> None:
    assert resolve([together(1, 2, 0), apart(1, 2, 0)]).apart == {(1, 2)}


def test_issues_pinned_to_one_cluster_are_together_and_to_two_are_apart() -> None:
    held = resolve([together(1, 3, 0)], [pin(1, "c1", 1), pin(2, "c1", 1), pin(3, "c9", 2)])
    assert held.blocks == (frozenset({1, 2}),)
    assert held.anchors == {1: "c1", 2: "c1", 3: "c9"}
    assert [conflict.because for conflict in held.conflicts] == [(pin(1, "c1", 1), pin(3, "c9", 2))]


def test_separated_issues_cannot_be_pinned_to_one_cluster() -> None:
    held = resolve([apart(1, 2, 2)], [pin(1, "c1", 1), pin(2, "c1", 0)])
    assert held.anchors == {1: "c1"}
    assert refused(held) == {pin(2, "c1", 0)}


def test_an_issue_kept_out_of_a_cluster_is_in_no_block_that_is_pinned_there() -> None:
    held = resolve([together(1, 2, 0)], [pin(1, "c1", 1), pin(2, "c1", 2, inside=False)])
    assert held.blocks == ()
    assert held.barred == {(2, "c1")}
    assert refused(held) == {together(1, 2, 0)}


def test_what_follows_from_a_merge_gives_way_to_what_was_said_of_an_issue() -> None:
    held = resolve([apart(1, 2, 0)], [pin(1, "c1", 5, implied=True), pin(2, "c1", 6, implied=True)])
    assert held.apart == {(1, 2)}
    assert held.anchors == {2: "c1"}
    assert held.conflicts[0].words.endswith("what was said of an issue itself holds")


def test_an_issue_cannot_be_apart_from_itself() -> None:
    held = resolve([apart(4, 4, 0), together(4, 4, 1)])
    assert held.blocks == ()
    assert [conflict.refused for conflict in held.conflicts] == [apart(4, 4, 0)]


def test_a_conflict_over_a_very_long_chain_names_its_ends() -> None:
    chain = [together(number, number + 1, 1) for number in range(1, 500)]
    (conflict,) = resolve([*chain, apart(1, 500, 0)]).conflicts
    assert conflict.because == (together(1, 2, 1), together(499, 500, 1))
