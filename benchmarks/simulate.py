"""Thirty nights: issues arrive, people correct clusters, each night refits; do the ids and what people set stay?"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.simulate_arrivals import FIRST, SAMPLE, stream
from benchmarks.simulate_people import People, broken
from benchmarks.simulate_plot import nights_plot
from bot.evaluating.vector_cache import cached
from models.cluster import Cluster, Group
from models.clustering import ClusterLimits, cluster
from models.constraints import Constraints, resolve
from models.curation import curate
from models.document import Document
from models.evaluation import prepared
from models.labelled import Labelled, load
from models.metrics import clustering_figures
from models.pair_graph import pair_graph
from models.reconcile import Fit, Reconciled, reconcile
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.sentence_embedder import SentenceEmbedder

WANTED = 0.98
HISTORY = 1000  # issues that are there before the first night
HEAD = "night issues clusters settled   kept  moved dropped  naive   acts conflicts broken seconds"


@dataclass(frozen=True, slots=True)
class Night:
    """What one night came to; shares are of the issues that were in a cluster and that no person moved."""

    issues: int
    clusters: int
    settled: int
    churn: float
    dropped: float
    naive: float
    acts: int
    conflicts: int
    broken: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        moved = self.churn - self.dropped
        return (
            f"{self.issues:>6,} {self.clusters:>8,} {self.settled:>7,} {1 - self.churn:>6.1%} {moved:>6.1%} "
            f"{self.dropped:>7.1%} {self.naive:>6.1%} {self.acts:>6} {self.conflicts:>9} {len(self.broken):>6} "
            f"{self.seconds:>7.1f}"
        )


def main() -> None:
    """Simulate, print a line for each night, and draw them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=SAMPLE, help="a labelled file; a short one is told in editions")
    options.add_argument("--nights", type=int, default=30)
    options.add_argument("--arrivals", type=int, default=100, help="issues a night")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--plot", type=Path, help="an SVG to write")
    options.add_argument("--cache", type=Path, default=user_cache_path("triage"), help="where vectors are kept")
    chosen = options.parse_args()
    items = stream(load(chosen.data).items, HISTORY + chosen.nights * chosen.arrivals, chosen.seed)
    print(f"reading and embedding {len(items):,} issues", flush=True)
    with cached(SentenceEmbedder(), chosen.cache) as embedder:
        documents = list(prepared(items, embedder, lambda: None).values())
    simulation = Simulation(documents, items, chosen.seed)
    print(HEAD)
    nights = []
    for night in range(1, chosen.nights + 1):
        nights.append(simulation.night(chosen.arrivals))
        print(f"{night:>5} {nights[-1]}", flush=True)
    print(summary(nights, simulation))
    if chosen.plot:
        title = f"Settled issues that keep their cluster's id: {chosen.nights} nights, {chosen.arrivals} arrivals each"
        shares = [1 - one.churn for one in nights], [one.naive for one in nights]
        chosen.plot.write_text(nights_plot(*shares, WANTED, title), encoding="utf-8")


def summary(nights: Sequence[Night], simulation: Simulation) -> str:
    """The figures to quote."""
    kept = [1 - night.churn for night in nights]
    settled = sum(night.settled for night in nights)
    whole = sum(night.settled * share for night, share in zip(nights, kept, strict=True)) / max(1, settled)
    naive = sum(night.settled * night.naive for night in nights) / max(1, settled)
    fallen = [rule for night in nights for rule in night.broken]
    return (
        f"kept their id: {whole:.2%} of {settled:,} settled issues (worst night {min(kept):.2%}, wanted {WANTED:.0%}; "
        f"ids by lowest member {naive:.2%})\n"
        f"what people said: {nights[-1].acts} acts, {nights[-1].conflicts} in conflict with newer ones, "
        f"{len(fallen)} of the others broken{': ' + '; '.join(fallen[:5]) if fallen else ''}\n"
        f"B³ F1 on the labelled: {simulation.quality():.3f}"
    )


class Simulation:
    """A repository, its people, and the clusters in force."""

    def __init__(
        self, documents: Sequence[Document], items: Sequence[Labelled], seed: int, history: int = HISTORY
    ) -> None:
        self._waiting = list(documents)
        self._items = items
        self._index = IssueIndex(documents[0].vectors.shape[1])
        self._scorer = PairScorer.load()
        self._people = People(random.Random(seed))
        self._clusters: tuple[Cluster, ...] = ()
        self._groups: tuple[Group, ...] = ()
        self._nights = 0
        self._arrive(history)
        self._refit()

    def night(self, arrivals: int) -> Night:
        """People act, issues arrive, everything is refitted."""
        self._nights += 1
        self._people.act(self._clusters, self._index.numbers(), FIRST + timedelta(days=self._nights))
        self._arrive(arrivals)
        before, groups = self._clusters, self._groups
        started = time.perf_counter()
        done, held, problems = self._refit()
        took = time.perf_counter() - started
        return Night(
            issues=len(self._index.numbers()),
            clusters=len(done.clusters),
            settled=sum(len(one.members) for one in before),
            churn=done.churn,
            dropped=done.dropped,
            naive=same_lowest(groups, self._groups),
            acts=len(self._people.constraints) + len(self._people.edits),
            conflicts=len(held.conflicts),
            broken=tuple(problems),
            seconds=took,
        )

    def quality(self) -> float:
        """B³ F1 over the issues whose cluster is known."""
        there = set(self._index.numbers())
        gold = {one.issue.number: one.gold_cluster for one in self._items if one.gold_cluster}
        found = {number: one.id for one in self._clusters for number in one.members}
        both = {number: name for number, name in gold.items() if number in there and name is not None}
        return clustering_figures(both, {one: found.get(one, f"alone-{one}") for one in both})["bcubed_f1"]

    def _arrive(self, count: int) -> None:
        for document in self._waiting[:count]:
            self._index.put(document)
        self._waiting = self._waiting[count:]

    def _refit(self) -> tuple[Reconciled, Constraints, list[str]]:
        numbers = self._index.numbers()
        people = self._people
        curation = curate(people.edits, [one.id for one in self._clusters])
        held = resolve(people.constraints, curation.pins)
        limits = ClusterLimits()
        graph = pair_graph(self._index, self._scorer)
        self._groups = cluster(graph, held, limits, [one.members for one in self._clusters])
        fit = Fit(self._groups, (), numbers, limits.cap)
        done = reconcile(self._clusters, fit, held, curation, people.used)
        self._clusters = done.clusters
        return done, held, [*broken(held, curation, done.clusters, numbers), *curation.problems]


def same_lowest(before: Sequence[Group], after: Sequence[Group]) -> float:
    """The share of grouped issues whose group still has the same lowest member: ids without reconciling."""
    now = {number: min(group.members) for group in after for number in group.members}
    was = [(number, min(group.members)) for group in before for number in group.members]
    return sum(now.get(number) == lowest for number, lowest in was) / max(1, len(was))


if __name__ == "__main__":
    main()
