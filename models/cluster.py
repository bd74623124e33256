"""Clusters of issues with one cause, and one published set of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
class Cluster:
    """A cluster in a generation; `id` is stable over generations, `members` are issue numbers in ascending order."""

    id: str
    title: str
    slug: str | None = None
    label: str | None = None
    canonical: int | None = None
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """One published set of clusters of one repository."""

    number: int
    published_at: datetime
    clusters: tuple[Cluster, ...] = ()
