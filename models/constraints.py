"""What people said about pairs of issues and about issues and clusters, made free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Constraint:
    """Two issues that belong together (a confirmed duplicate) or apart (a separated pair).

    `at` is when it was said, not when it was read: an import must not make an old verdict newer than a person's word.
    """

    one: int
    other: int
    together: bool
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Pin:
    """An issue that must be in the cluster with this id (`inside`), or must not be.

    `implied`: it follows from an act on whole clusters (a merge, a split) and gives way to what was said of the issue.
    """

    number: int
    cluster: str
    inside: bool
    at: datetime
    source: str = "pin"
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """An act that could not hold, the accepted acts that it contradicts, and both in words for a maintainer."""

    refused: Constraint | Pin
    because: tuple[Constraint | Pin, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Constraints:
    """What holds: no two of these contradict each other.

    `blocks`: issues that stay together, disjoint, of two or more. `apart`: pairs of issues, lower number first.
    `anchors`: issue → the cluster it must be in, for every member of an anchored block. `barred`: issue and cluster.
    """

    blocks: tuple[frozenset[int], ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()
    anchors: Mapping[int, str] = field(default_factory=dict)
    barred: frozenset[tuple[int, str]] = frozenset()
    conflicts: tuple[Conflict, ...] = ()
