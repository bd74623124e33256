"""What was decided while the next clusters were made is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from models.cluster import Cluster, Part
from models.clustering import ClusterLimits
from models.constraints import Constraint, Constraints, resolve
from models.meanwhile import Meanwhile, caught_up, places

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
FREE = Constraints()
LIMITS = ClusterLimits(cap=3)


def clusters(**members: Sequence[int]) -> list[Cluster]:
    return [Cluster(name, name, members=tuple(numbers)) for name, numbers in members.items()]


def caught(
    planned: Sequence[Cluster], before: Sequence[Cluster], now: Sequence[Cluster], held: Constraints = FREE
) -> dict[str, tuple[int, ...]]:
    return {one.id: one.members for one in caught_up(planned, Meanwhile(before, now), held, LIMITS)}


def test_where_nothing_happened_the_plan_stands() -> None:
    planned, before = clusters(a=[1, 2], b=[3]), clusters(a=[1, 2, 3])
    assert caught_up(planned, Meanwhile(before, before), FREE, LIMITS) == tuple(planned)


def test_who_joined_is_there_and_who_left_is_not() -> None:
    planned, before, now = clusters(a=[1, 2, 3], b=[4, 5]), clusters(a=[1, 2, 3]), clusters(a=[1, 3, 9])
    assert caught(planned, before, now) == {"a": (1, 3, 9), "b": (4, 5)}


def test_who_joined_a_cluster_that_ends_goes_where_most_of_its_others_are() -> None:
    planned, before, now = clusters(b=[1, 2], d=[3, 4]), clusters(a=[1, 2, 3]), clusters(a=[1, 2, 3, 9])
    assert caught(planned, before, now) == {"b": (1, 2, 9), "d": (3, 4)}


def test_a_cluster_that_began_meanwhile_begins_in_the_plan() -> None:
    planned, before, now = clusters(a=[1, 2]), clusters(a=[1, 2]), clusters(a=[1, 2], c=[7, 9])
    assert caught(planned, before, now) == {"a": (1, 2), "c": (7, 9)}


def test_one_that_began_with_an_issue_of_the_plan_is_the_cluster_where_the_plan_put_that() -> None:
    planned, before, now = clusters(a=[1, 2], b=[6, 7]), clusters(a=[1, 2]), clusters(a=[1, 2], c=[7, 9])
    assert caught(planned, before, now) == {"a": (1, 2), "b": (6, 7, 9)}


def test_a_known_cluster_that_was_configured_meanwhile_is_there_with_one_member() -> None:
    now = [*clusters(a=[1, 2]), Cluster("extra", "Extra", slug="extra", members=(9,))]
    assert caught(clusters(a=[1, 2]), clusters(a=[1, 2]), now) == {"a": (1, 2), "extra": (9,)}


def test_what_a_person_put_together_joins_its_mate() -> None:
    held = resolve([Constraint(9, 4, True, NOW, "mia")])
    planned, before, now = clusters(a=[1, 2], b=[3, 4]), clusters(a=[1, 2, 4]), clusters(a=[1, 2, 4, 9])
    assert caught(planned, before, now, held) == {"a": (1, 2), "b": (3, 4, 9)}


def test_inv_08_nobody_joins_whom_a_person_told_apart() -> None:
    held = resolve([Constraint(9, 4, False, NOW, "mia")])
    planned, before, now = clusters(a=[1, 2, 4]), clusters(a=[1, 2]), clusters(a=[1, 2, 9])
    assert caught(planned, before, now, held) == {"a": (1, 2, 4)}


def test_inv_09_a_cluster_that_grew_over_the_cap_may_not_act_and_parts_keep_members_alone() -> None:
    before = clusters(a=[1, 2, 3])
    planned = [replace(before[0], parts=(Part("os", "linux", (1, 3)), Part("os", "windows", (2,))))]
    (found,) = caught_up(planned, Meanwhile(before, clusters(a=[1, 3, 8, 9])), FREE, LIMITS)
    assert (found.members, found.held) == ((1, 3, 8, 9), "over-cap")
    assert found.parts == (Part("os", "linux", (1, 3)),)


@st.composite
def partitions(draw: st.DrawFn, low: int = 1, high: int = 12) -> list[Cluster]:
    """Some of the issues in some of the clusters."""
    home = {number: draw(st.sampled_from((*NAMES, None))) for number in range(low, high)}
    found = {name: [number for number, at in home.items() if at == name] for name in NAMES}
    return clusters(**{name: members for name, members in found.items() if members})


@given(partitions(), partitions(), partitions(1, 16), st.sets(st.tuples(st.integers(1, 15), st.integers(1, 15))))
def test_every_issue_is_in_one_cluster_at_most_and_the_plan_stands_where_nothing_happened(
    planned: list[Cluster], before: list[Cluster], now: list[Cluster], foes: set[tuple[int, int]]
) -> None:
    held = resolve([Constraint(one, two, False, NOW, "mia") for one, two in foes if one != two])
    apart = {pair for pair in held.apart if not any({*pair} <= {*one.members} for one in planned)}
    held = replace(held, apart=frozenset(apart))
    found = caught_up(planned, Meanwhile(before, now), held, LIMITS)
    members = [number for one in found for number in one.members]
    assert len(members) == len(set(members))
    assert len({one.id for one in found}) == len(found)
    assert not any({*pair} <= {*one.members} for pair in apart for one in found)
    home, was, then, plan = places(found), places(before), places(now), places(planned)
    for number in range(1, 16):
        if was.get(number) == then.get(number):
            assert home.get(number) in {plan.get(number), then.get(number)}
        if number in was and number not in then:
            assert number not in home
        fresh = number in then and number not in was and not any(number in pair for pair in apart)
        if fresh and number not in home:
            assert [one.members for one in now if one.id == then[number]] == [(number,)]
