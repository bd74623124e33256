"""What people set on clusters, act by act, and what that means for the next set of clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.constraints import Pin


@dataclass(frozen=True, slots=True)
class Edit:
    """One act of a person on the cluster with the id `cluster`; `actor` is a login.

    kind: rename (value: title) | label (value: label, None takes it away) | canonical (numbers: the issue, none takes
    it away) | pin | exclude (numbers: the issues) | merge (value: the id that goes into `cluster`; numbers: its members
    at that time) | split (numbers leave `cluster`, value: their new id). `stayed`: who was in `cluster` at a merge, or
    was left there by a split. An `undo` is resolved before edits come here.
    """

    kind: str
    at: datetime
    actor: str
    cluster: str
    numbers: tuple[int, ...] = ()
    value: str | None = None
    stayed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Curation:
    """What the edits come to, by cluster id, the newest winning; ids are those after all merges.

    `aliases`: merged id → the id that its members are in now. `touched`: clusters that a person had a hand in; the
    machine does not end these. `made`: ids that splits made. `problems`: edits that could not be followed, in words.
    """

    pins: tuple[Pin, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str | None] = field(default_factory=dict)
    canonicals: Mapping[str, int | None] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
