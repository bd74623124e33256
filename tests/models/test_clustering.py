from collections.abc import Collection, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cluster import Group
from models.clustering import DOUBT, ClusterLimits, cluster
from models.constraints import Constraints
from models.pair_graph import PairGraph

Chances = Mapping[tuple[int, int], float]


def graph(numbers: Collection[int], chances: Chances, floor: float = 0.0) -> PairGraph:
    """The pairs of these issues; the others were not judged, and each issue's last neighbour has the floor."""
    ordered = sorted(numbers)
    place = {number: at for at, number in enumerate(ordered)}
    pairs = sorted((*sorted((place[one], place[other])), chance) for (one, other), chance in chances.items())
    left, right, probabilities = zip(*pairs, strict=True) if pairs else ((), (), ())
    return PairGraph(
        np.array(ordered, dtype=np.int64),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(probabilities, dtype=np.float32),
        np.full(len(ordered), floor, dtype=np.float32),
    )


def all_pairs(numbers: Collection[int], chance: float) -> dict[tuple[int, int], float]:
    return {(one, other): chance for one in numbers for other in numbers if one < other}


def members(groups: Collection[Group]) -> list[tuple[int, ...]]:
    return [group.members for group in groups]


def test_clusters_are_joined_by_their_mean_probability_and_noise_stays_noise() -> None:
    chances = {(1, 2): 0.9, (2, 3): 0.9, (1, 3): 0.4, (3, 4): 0.6, (1, 4): 0.0, (2, 4): 0.0, (5, 6): 0.45}
    found = cluster(graph(range(1, 8), chances))
    assert members(found) == [(1, 2, 3)]  # 4 is near to one of the three and far from two
    assert found[0].coherence == pytest.approx((0.9 + 0.9 + 0.4) / 3)
    assert found[0].medoid == 2
    assert found[0].held is None


def test_nothing_one_and_two_identical_issues() -> None:
    assert cluster(graph([], {})) == ()
    assert cluster(graph([7], {})) == ()
    assert cluster(graph([7, 9], {(7, 9): 1.0})) == (Group((7, 9), 1.0, None, 7),)


def test_a_pair_that_was_not_judged_counts_by_how_like_its_issues_last_neighbours_are() -> None:
    chain = {(at, at + 1): 0.95 for at in range(1, 6)}
    assert members(cluster(graph(range(1, 7), chain, floor=0.0))) == [(1, 2), (3, 4), (5, 6)]
    assert members(cluster(graph(range(1, 7), chain, floor=0.9))) == [(1, 2, 3, 4, 5, 6)]


def test_what_people_put_together_stays_together_and_what_they_told_apart_stays_apart() -> None:
    """INV 8, whatever the probabilities say."""
    said = Constraints(blocks=(frozenset({1, 9}), frozenset({4, 99})), apart=frozenset({(1, 2), (3, 50)}))
    found = cluster(graph(range(1, 10), all_pairs(range(1, 6), 0.99)), said)
    block = next(group for group in found if 1 in group.members)
    assert block.members == (1, 9)
    assert block.coherence == 1.0
    assert members(found) == [(1, 9), (2, 3, 4, 5)]


def test_pins_keep_clusters_apart() -> None:
    pairs = all_pairs(range(1, 5), 0.9)
    two = Constraints(anchors={1: "c1", 3: "c3"})
    found = members(cluster(graph(range(1, 5), pairs), two))
    assert not any({1, 3} <= set(group) for group in found)
    barred = Constraints(anchors={1: "c1"}, barred=frozenset({(4, "c1")}))
    assert not any({1, 4} <= set(group) for group in members(cluster(graph(range(1, 5), pairs), barred)))


def test_inv_09_a_group_over_the_cap_falls_apart_where_a_stricter_cut_divides_it() -> None:
    chances = all_pairs(range(1, 9), 0.35) | all_pairs(range(1, 5), 0.8) | all_pairs(range(5, 9), 0.8)
    loose = ClusterLimits(cap=8)
    assert members(cluster(graph(range(1, 9), chances), limits=loose)) == [(1, 2, 3, 4, 5, 6, 7, 8)]
    found = cluster(graph(range(1, 9), chances), limits=ClusterLimits(cap=5))
    assert members(found) == [(1, 2, 3, 4), (5, 6, 7, 8)]
    assert [group.held for group in found] == [None, None]


def test_inv_09_a_group_over_the_cap_that_is_one_cause_is_held_whole() -> None:
    (found,) = cluster(graph(range(1, 12), all_pairs(range(1, 12), 0.95)), limits=ClusterLimits(cap=10))
    assert len(found.members) == 11
    assert found.held == "over-cap"


def test_inv_09_an_incoherent_group_is_held() -> None:
    limits = ClusterLimits(coherence=0.7)
    (found,) = cluster(graph([1, 2, 3], all_pairs([1, 2, 3], 0.65)), limits=limits)
    assert found.held == "incoherent"


def test_few_pairs_have_to_be_surer_than_many() -> None:
    assert cluster(graph([1, 2], {(1, 2): 0.45})) == ()
    three = graph([1, 2, 3], {(1, 2): 0.65, (1, 3): 0.5, (2, 3): 0.5})
    assert members(cluster(three)) == [(1, 2, 3)]
    sides = all_pairs([1, 2, 3], 0.9) | all_pairs([4, 5, 6], 0.9)
    between = {(one, other): 0.37 for one in (1, 2, 3) for other in (4, 5, 6)}
    assert members(cluster(graph(range(1, 7), sides | between))) == [(1, 2, 3, 4, 5, 6)]


def test_what_is_on_the_border_stays_where_it_was() -> None:
    near = all_pairs([1, 2], 0.9) | all_pairs([3, 4], 0.9)
    between = {(one, other): 0.34 for one in (1, 2) for other in (3, 4)}
    border = graph(range(1, 5), near | between)
    assert members(cluster(border)) == [(1, 2), (3, 4)]
    assert members(cluster(border, previous=[[1, 2, 3, 4]])) == [(1, 2, 3, 4)]
    above = graph(range(1, 5), near | {pair: 0.41 for pair in between})
    assert members(cluster(above)) == [(1, 2, 3, 4)]
    assert members(cluster(above, previous=[[1, 2], [3, 4]])) == [(1, 2), (3, 4)]
    clear = graph(range(1, 5), near | {pair: 0.6 for pair in between})
    assert members(cluster(clear, previous=[[1, 2], [3, 4]])) == [(1, 2, 3, 4)]


def test_inv_09_what_only_last_night_holds_together_may_not_act() -> None:
    chances = all_pairs(range(1, 7), 0.15) | all_pairs([1, 2, 3], 0.45) | all_pairs([4, 5, 6], 0.45)
    (found,) = cluster(graph(range(1, 7), chances), previous=[range(1, 7)])
    assert found.coherence == pytest.approx(0.27)
    assert found.held == "incoherent"


def slowly(numbers: Collection[int], chances: Chances, said: Constraints, cut: float) -> set[frozenset[int]]:
    """Doubted average linkage from its definition, over complete pairs."""
    chance = {frozenset(pair): value for pair, value in chances.items()}
    blocks = list(said.blocks)
    parts = blocks + [frozenset({one}) for one in numbers if not any(one in block for block in blocks)]

    def mean(one: frozenset[int], other: frozenset[int]) -> float:
        total = sum(chance[frozenset({a, b})] for a in one for b in other)
        return (total + DOUBT.pairs * DOUBT.probability) / (len(one) * len(other) + DOUBT.pairs)

    def allowed(one: frozenset[int], other: frozenset[int]) -> bool:
        return not any((a in one and b in other) or (b in one and a in other) for a, b in said.apart)

    while True:
        options = [
            (mean(one, other), one, other)
            for at, one in enumerate(parts) for other in parts[:at] if allowed(one, other)
        ]  # fmt: skip
        best = max(options, key=lambda option: option[0], default=(0.0, frozenset[int](), frozenset[int]()))
        if best[0] < cut:
            return {part for part in parts if len(part) > 1}
        parts = [part for part in parts if part not in best[1:]] + [best[1] | best[2]]


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_it_is_average_linkage_under_the_constraints(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 9))
    draw = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    numbers = sorted(draw.choice(1000, size, replace=False).tolist())
    chances = {pair: float(np.float32(draw.random())) for pair in all_pairs(numbers, 0)}
    together = frozenset(numbers[:2]) if data.draw(st.booleans()) and size > 3 else frozenset[int]()
    apart = {pair for pair in chances if draw.random() < 0.2 and not together >= set(pair)}
    said = Constraints(blocks=(together,) if together else (), apart=frozenset(apart))
    cut = data.draw(st.sampled_from([0.3, 0.5, 0.7]))
    found = cluster(graph(numbers, chances), said, ClusterLimits(cut=cut))
    assert {frozenset(group.members) for group in found} == slowly(numbers, chances, said, cut)
    for group in found:
        assert all(not {one, other} <= set(group.members) for one, other in apart)
        assert group.medoid in group.members


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_the_names_and_the_order_of_issues_and_pairs_do_not_matter(seed: int) -> None:
    draw = np.random.default_rng(seed)
    numbers = list(range(1, 25))
    chances = {pair: float(np.float32(draw.random() ** 3)) for pair in all_pairs(numbers, 0) if draw.random() < 0.4}
    first = cluster(graph(numbers, chances, floor=0.1))
    shuffled = list(chances.items())
    draw.shuffle(shuffled)
    assert cluster(graph(numbers[::-1], dict(shuffled), floor=0.1)) == first
    renamed = {number: 1000 - 7 * number for number in numbers}
    other = cluster(graph(renamed.values(), {(renamed[a], renamed[b]): c for (a, b), c in chances.items()}, floor=0.1))
    assert {frozenset(renamed[one] for one in group.members) for group in first} == {
        frozenset(group.members) for group in other
    }


def test_a_wave_of_identical_reports_is_one_cluster_in_little_time() -> None:
    size, draw = 1000, np.random.default_rng(1)
    chances = {
        (one, other): 0.99
        for one in range(1, size + 1)
        for other in draw.integers(1, size + 1, 12).tolist()
        if one < other
    }
    (found,) = cluster(graph(range(1, size + 1), chances, floor=0.99), limits=ClusterLimits(cap=500))
    assert len(found.members) == size
    assert found.held == "over-cap"


def test_inv_09_a_group_over_the_cap_falls_apart_at_a_cut_that_no_single_pair_reaches_with_doubt() -> None:
    chances = all_pairs(range(1, 9), 0.55) | all_pairs(range(1, 5), 0.9) | all_pairs(range(5, 9), 0.9)
    found = cluster(graph(range(1, 9), chances), limits=ClusterLimits(cap=5))
    assert members(found) == [(1, 2, 3, 4), (5, 6, 7, 8)]


class Enough(Exception):
    """The work may not go on."""


def test_whatever_a_tick_raises_ends_the_work_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.agglomeration.STRIDE", 10)
    judged = graph(range(1, 13), all_pairs(range(1, 13), 0.9))
    asked: list[int] = []
    whole = cluster(judged, tick=lambda: asked.append(1))
    assert whole == cluster(judged)
    assert len(asked) > 2 * len(judged.left) // 10  # when pairs are gathered, when they are ranked, and when they join

    def after(most: int) -> None:
        asked.append(1)
        if len(asked) > most:
            raise Enough

    for most in range(len(asked)):
        asked.clear()
        with pytest.raises(Enough):
            cluster(judged, tick=lambda most=most: after(most))  # type: ignore[misc]  # a lambda with a default
        assert len(asked) == most + 1
