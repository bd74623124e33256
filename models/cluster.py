"""Clusters of issues with one cause, and one published set of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

TitleBy = Literal["machine", "person", "config"]
Held = Literal["over-cap", "incoherent"]


@dataclass(frozen=True, slots=True)
class KnownCluster:
    """A cluster that a maintainer defined by name, with what tells its members apart."""

    slug: str
    title: str
    description: str = ""
    label: str | None = None
    canonical: int | None = None
    examples: tuple[str, ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)  # fact name → the value members must not contradict


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-cluster: the members that state one value of a fact, issue numbers in ascending order."""

    fact: str
    value: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster before it has an id; `members` are issue numbers in ascending order, `medoid` the most central one.

    `coherence` is the mean probability over all pairs of members, 1 for a single one. What is held may be shown but
    may not act (INV 9).
    """

    members: tuple[int, ...]
    coherence: float
    held: Held | None
    medoid: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster in a generation; `id` is stable over generations, `members` are issue numbers in ascending order.

    `title_by` says who named it; `coherence` and `held` are as in `Group`; `terms` are its key terms, best first.
    """

    id: str
    title: str
    slug: str | None = None
    label: str | None = None
    canonical: int | None = None
    members: tuple[int, ...] = ()
    coherence: float = 1.0
    held: Held | None = None
    title_by: TitleBy = "machine"
    parts: tuple[Part, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """One published set of clusters of one repository."""

    number: int
    published_at: datetime
    clusters: tuple[Cluster, ...] = ()


@dataclass(frozen=True, slots=True)
class Wave:
    """A burst of a cluster's reports (see `models.waves`): on while `ended_at` is None.

    `noticed_at` is the time of the report that gave it away. `expected`: reports that the past predicts for the
    time from its first report to its last; `probability`: how probably chance alone made as many when it was noticed.
    """

    began_at: datetime
    noticed_at: datetime
    reports: int
    expected: float
    peak_per_hour: int
    last_arrival_at: datetime
    probability: float
    ended_at: datetime | None = None
