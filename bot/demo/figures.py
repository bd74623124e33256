"""Delivered issues against the file's truth: counts, precision and recall, and what counts as right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bot.demo.issues import Filed, IssueFile
from bot.demo.track import Row
from bot.repo_config import RepoConfig
from models.decision import Verdict

DUPLICATE = "duplicate"
NAMING = {Verdict.DUPLICATE.value, Verdict.RELATED.value, Verdict.REGRESSION.value}

WHAT_COUNTS = {
    "duplicate": "right where the canonical issue is in the delivered issue's group",
    "naming": "duplicate, related or possible-regression; right where one of the issues it names is in the group",
    "cluster": "a known cluster's label; right where the issue is in that cluster's group",
    "recall": "of the delivered issues whose group has an earlier member, in the history or among the deliveries",
    "cluster_recall": "of the delivered issues that belong to a known cluster with a label",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """`right` of `said` (precision) and of `all` (recall)."""

    right: int
    said: int
    all: int

    @property
    def precision(self) -> float | None:
        """None where nothing was said."""
        return self.right / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """None where there was nothing to find."""
        return self.right / self.all if self.all else None

    def as_json(self) -> dict[str, Any]:
        """Counts and figures."""
        return {
            "right": self.right,
            "said": self.said,
            "all": self.all,
            "precision": self.precision,
            "recall": self.recall,
        }


@dataclass(frozen=True, slots=True)
class Truth:
    """Which issues belong together, and which delivered ones had something to be found."""

    group: Mapping[int, int]
    queries: frozenset[int]
    clusters: Mapping[str, int | None]  # slug of a known cluster with a label → its group

    def together(self, number: int, other: int) -> bool:
        """Whether two issues are of one group."""
        return number != other and other in self.group and self.group[other] == self.group[number]

    def mark(self, row: Row) -> str:
        """right | wrong (a duplicate verdict) | missed (nothing right named, though there was something)."""
        if row.verdict == DUPLICATE and row.canonical is not None:
            return "right" if self.together(row.number, row.canonical) else "wrong"
        if row.number in self.queries:
            return "found" if any(self.together(row.number, one) for one in row.named) else "missed"
        return ""


def truth_of(file: IssueFile, delivered: Sequence[Filed], config: RepoConfig) -> Truth | None:
    """The truth of a file that has one."""
    if not file.truth:
        return None
    group = file.groups()
    seen: set[int] = set()
    queries: set[int] = set()
    wanted = {one.number for one in delivered}
    for one in file.issues:
        if group[one.number] in seen and one.number in wanted:
            queries.add(one.number)
        seen.add(group[one.number])
    named = {one.gold_cluster: group[one.number] for one in file.issues if one.gold_cluster is not None}
    clusters = {
        cluster.slug: named.get(cluster.slug, group.get(cluster.canonical) if cluster.canonical else None)
        for cluster in config.clusters
        if cluster.label
    }
    return Truth(group, frozenset(queries), clusters)


def measures(rows: Sequence[Row], truth: Truth, config: RepoConfig) -> dict[str, Measure]:
    """The three measures; `cluster` only where the configuration knows clusters with labels."""
    duplicates = [row for row in rows if row.verdict == DUPLICATE]
    naming = [row for row in rows if row.verdict in NAMING and row.named]
    found = {
        "duplicate": Measure(
            sum(truth.mark(row) == "right" for row in duplicates), len(duplicates), len(truth.queries)
        ),
        "naming": Measure(
            sum(any(truth.together(row.number, one) for one in row.named) for row in naming),
            len(naming),
            len(truth.queries),
        ),
    }
    if truth.clusters:
        found["cluster"] = _cluster_measure(rows, truth, config)
    return found


def _cluster_measure(rows: Sequence[Row], truth: Truth, config: RepoConfig) -> Measure:
    slugs = {cluster.label: cluster.slug for cluster in config.clusters if cluster.label}
    groups = {group for group in truth.clusters.values() if group is not None}
    said = [(row, slugs[label]) for row in rows for label in row.labels if label in slugs]
    right = sum(truth.clusters[slug] == truth.group[row.number] for row, slug in said)
    return Measure(right, len(said), sum(truth.group[row.number] in groups for row in rows))


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Verdict → delivered issues, the most frequent first; those without a decision under `none`."""
    found = Counter(row.verdict or "none" for row in rows)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def times(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Median and longest time to the recorded effects, in milliseconds."""
    known = [row.milliseconds for row in rows if row.milliseconds is not None]
    return (median(known), max(known)) if known else None
