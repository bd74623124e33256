"""The simulation itself, on a few nights and with vectors of its own: what people say holds, and ids stay."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.simulate import Simulation, summary
from benchmarks.simulate_arrivals import SAMPLE, stream
from benchmarks.simulate_people import broken
from benchmarks.simulate_plot import nights_plot
from models.cluster import Cluster
from models.constraints import Constraint, Pin, resolve
from models.curation import Curation
from models.evaluation import prepared
from models.hashing_embedder import HashingEmbedder
from models.labelled import load

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_short_file_is_told_in_editions_and_a_long_one_as_it_is() -> None:
    items = load(SAMPLE).items
    told = stream(items, 450, seed=1)
    assert [one.issue.number for one in told] == list(range(1, 451))
    assert len({one.gold_cluster for one in told if one.gold_cluster}) > 28, "each edition has causes of its own"
    assert told == stream(items, 450, seed=1)
    assert [one.issue.title for one in stream(items, 50, seed=1)] == [one.issue.title for one in items[-50:]]


def test_on_simulated_nights_nothing_that_people_said_is_broken() -> None:
    items = stream(load(SAMPLE).items, 260, seed=2)
    documents = list(prepared(items, HashingEmbedder(), lambda: None).values())
    simulation = Simulation(documents, items, seed=2, history=200)
    nights = [simulation.night(20) for _ in range(3)]
    assert nights[-1].acts > 30
    assert nights[-1].settled > 30, "something is at stake"
    assert [night.broken for night in nights] == [()] * 3
    assert "kept their id" in summary(nights, simulation)


def test_what_is_broken_is_found() -> None:
    held = resolve(
        [Constraint(1, 2, False, NOON, "kim"), Constraint(3, 4, True, NOON, "kim")],
        [Pin(5, "c5", True, NOON), Pin(1, "c1", False, NOON)],
    )
    curation = Curation(titles={"c1": "Mine"}, labels={"c1": "mine"}, touched=frozenset({"c5"}))
    clusters = [Cluster("c1", "Other", members=(1, 2, 3))]
    assert broken(held, curation, clusters, range(1, 6)) == [
        "#5 is in c5",
        "#1 is not in c1",
        "#1 is apart from #2",
        "[3, 4] are one",
        "c5 is there",
        "c1 is named",
        "c1 has its label",
    ]


@pytest.mark.parametrize("shares", [[0.99, 0.98], [1.0]])
def test_the_nights_are_drawn(shares: list[float]) -> None:
    drawn = nights_plot(shares, [0.5] * len(shares), 0.98, "Nights < 3")
    assert drawn.startswith("<svg")
    assert "Nights &lt; 3" in drawn
    assert drawn.count("<polyline") == 8
