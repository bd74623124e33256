"""What people set on clusters, act by act, and what that means for the next set of clusters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from models.cluster import Cluster
from models.constraints import Pin
from models.redact import redact

TITLE = (3, 120)  # characters
LABEL = 50
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs"})  # control, format, private use, half of a pair
JOINERS = frozenset("\u200c\u200d")  # which some scripts and emoji need
GONE = "there is no such cluster any more"
CONFIGURATION = "triage.yml"  # the actor of what a change of the configuration implies
_Said = tuple[Pin, str | None]  # a bar that comes of a split, with the cluster that its issue stayed in
_Value = TypeVar("_Value")
Displaced = tuple[int, str | None, bool]  # an issue, the cluster that it was in before, and whether that one ended


@dataclass(frozen=True, slots=True)
class Edit:
    """One act of a person on the cluster with the id `cluster`; `actor` is a login.

    kind: rename (value: title, None takes it away) | label (value: label, None for no label) | canonical (numbers: the
    issue, none takes it away) | pin | exclude (numbers: the issues) | merge (value: the id that goes into `cluster`;
    numbers: its members at that time) | split (numbers leave `cluster`, value: their new id). `stayed`: who was in
    `cluster` at a merge, or was left there by a split. An `undo` is resolved before edits come here. `displaced`: who
    was in another cluster before, by issue; None where that was not kept.
    """

    kind: str
    at: datetime
    actor: str
    cluster: str
    numbers: tuple[int, ...] = ()
    value: str | None = None
    stayed: tuple[int, ...] = ()
    displaced: tuple[Displaced, ...] | None = None


@dataclass(frozen=True, slots=True)
class Curation:
    """What the edits come to, by cluster id, the newest winning; ids are those after all merges.

    `aliases`: merged id → the id that its members are in now. `touched`: clusters that a person had a hand in; the
    machine does not end these. `made`: ids that splits made. `problems`: edits that could not be followed, in words.
    """

    pins: tuple[Pin, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str | None] = field(default_factory=dict)
    canonicals: Mapping[str, int] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def fit_title(said: str) -> str:
    """A title as it may stand in comments (INV 40, 41), or "" for none; raises ValueError with a sentence."""
    title = redact(_line(said, "a title"))
    if title and not TITLE[0] <= len(title) <= TITLE[1]:
        raise ValueError(f"a title has {TITLE[0]} to {TITLE[1]} characters")
    return title


def fit_label(said: str, what: str = "a label") -> str:
    """A label's name (or `what` else is as short), or "" for none; raises ValueError with a sentence."""
    label = _line(said, what)
    if len(label) > LABEL:
        raise ValueError(f"{what} has at most {LABEL} characters")
    return label


def _line(said: str, what: str) -> str:
    """One line of what is visible: no control sequences of a terminal, and nothing that turns the reading round."""
    line = " ".join(said.split())
    if any(unicodedata.category(one) in HIDDEN and one not in JOINERS for one in line):
        raise ValueError(f"{what} has no invisible characters")
    return line


def curate(edits: Iterable[Edit], existing: Collection[str], configured: Collection[str] = ()) -> Curation:
    """Follow the edits from the oldest to the newest; never raises, what cannot be followed becomes a problem.

    `existing`: ids of the clusters in force; `configured`: slugs that the configuration defines. What was set on a
    cluster goes with it into a merge, where its new place has nothing of the kind.
    """
    left = sorted(edits, key=lambda one: one.at)
    problems: list[str] = []
    while True:
        book = _Book(existing, configured)
        for edit in left:
            book.follow(edit)
        nowhere = book.merges_into_nothing()
        if not nowhere:
            return replace(book.closed(), problems=(*problems, *book.closed().problems))
        problems += [_problem(edit, GONE) for edit in nowhere]
        left = [edit for edit in left if edit not in nowhere]


def renamed_slugs(
    previous: Iterable[Cluster], known: Sequence[Cluster], at: datetime, alike: Mapping[str, str]
) -> tuple[Edit, ...]:
    """Merges to write down where a known cluster got another slug in the configuration, so that what was set stays.

    `known`: the configuration's clusters with their members; `alike`: old slug → the one that its very definition has
    now. A new slug is an old one's heir where it has its definition, or its title, or else more than half of its
    members, and no other has.
    """
    before = [cluster for cluster in previous if cluster.slug is not None]
    fresh = [cluster for cluster in known if cluster.id not in {one.id for one in before}]
    gone = [cluster for cluster in before if cluster.id not in {one.id for one in known}]
    edits = []
    for old in gone:
        heirs = [new for new in fresh if new.id == alike.get(old.id)]  # a person's title hides the configuration's
        heirs = heirs or [new for new in fresh if new.title.casefold() == old.title.casefold()]
        heirs = heirs or [new for new in fresh if 2 * len({*new.members} & {*old.members}) > len(old.members)]
        if len(heirs) == 1:
            fresh.remove(heirs[0])
            edits.append(Edit("merge", at, CONFIGURATION, heirs[0].id, value=old.id))
    return tuple(edits)


def _problem(edit: Edit, why: str) -> str:
    return f"{edit.kind} of {edit.cluster} on {edit.at:%Y-%m-%d} by {edit.actor}: {why}"


class _Book:
    """What the edits read so far have come to."""

    def __init__(self, existing: Collection[str], configured: Collection[str]) -> None:
        self._configured = frozenset(configured)
        self._there = self._configured | set(existing)
        self._made: set[str] = set()
        self._aliases: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._labels: dict[str, str | None] = {}
        self._canonicals: dict[str, int] = {}
        self._pins: dict[int, list[_Said]] = {}
        self._followed: list[Edit] = []
        self._problems: list[str] = []
        self._kinds = {
            "rename": self._rename,
            "label": self._label,
            "canonical": self._canonical,
            "pin": self._pin,
            "exclude": self._exclude,
            "merge": self._merge,
            "split": self._split,
        }

    def follow(self, edit: Edit) -> None:
        """Take one edit in, newer than all before."""
        act = self._kinds.get(edit.kind)
        problem = f"“{edit.kind}” is nothing that can be done" if act is None else act(edit)
        if problem is None:
            self._followed.append(edit)
        else:
            self._problems.append(_problem(edit, problem))

    def merges_into_nothing(self) -> list[Edit]:
        """The merges that were followed, but whose receiving cluster is not there."""
        return [edit for edit in self._followed if edit.kind == "merge" and not self._is_there(edit.cluster)]

    def closed(self) -> Curation:
        """What all of it comes to; what is said of clusters that are not there becomes a problem."""
        there = self._there | self._made
        said = [one for number in sorted(self._pins) for one in self._pins[number] if not self._has_lost_its_sense(one)]
        pins = [replace(pin, cluster=self._now(pin.cluster)) for pin, _ in said if self._is_there(pin.cluster)]
        touched = {self._now(edit.cluster) for edit in self._followed} | {self._now(one) for one in self._made}
        lost = tuple(_problem(edit, GONE) for edit in self._followed if not self._is_there(edit.cluster))
        return Curation(
            pins=tuple(pins),
            titles={one: title for one, title in self._titles.items() if one in there},
            labels={one: label for one, label in self._labels.items() if one in there},
            canonicals={one: number for one, number in self._canonicals.items() if one in there},
            aliases={one: self._now(one) for one in self._aliases},
            touched=frozenset(touched & there),
            made=frozenset(one for one in self._made if self._now(one) == one),
            problems=(*self._problems, *lost),
        )

    def _now(self, cluster: str) -> str:
        while cluster in self._aliases:
            cluster = self._aliases[cluster]
        return cluster

    def _is_there(self, cluster: str) -> bool:
        return self._now(cluster) in self._there or self._now(cluster) in self._made

    def _has_lost_its_sense(self, said: _Said) -> bool:
        """Whether it is a bar between two parts of a split that were merged again."""
        pin, parted_from = said
        return parted_from is not None and self._now(pin.cluster) == self._now(parted_from)

    def _rename(self, edit: Edit) -> None:
        if edit.value is None:
            self._titles.pop(self._now(edit.cluster), None)
        else:
            self._titles[self._now(edit.cluster)] = edit.value

    def _label(self, edit: Edit) -> None:
        self._labels[self._now(edit.cluster)] = edit.value

    def _canonical(self, edit: Edit) -> str | None:
        if len(edit.numbers) > 1:
            return "a cluster has one canonical issue"
        if edit.numbers:
            self._canonicals[self._now(edit.cluster)] = edit.numbers[0]
            self._add(edit, edit.numbers, edit.cluster)
        else:
            self._canonicals.pop(self._now(edit.cluster), None)
        return None

    def _pin(self, edit: Edit) -> None:
        self._add(edit, edit.numbers, edit.cluster)

    def _exclude(self, edit: Edit) -> None:
        self._add(edit, edit.numbers, edit.cluster, inside=False)

    def _merge(self, edit: Edit) -> str | None:
        if edit.value is None:
            return "it does not say which cluster"
        gone, stays = self._now(edit.value), self._now(edit.cluster)
        if gone == stays:
            return f"{edit.value} is in it already"
        if gone in self._configured:
            return f"{gone} is defined in the configuration, so it cannot end"
        for number in edit.stayed:
            self._forget(number, lambda pin: not pin.inside and self._now(pin.cluster) == gone)
        self._aliases[gone] = stays
        keep = stays not in self._configured or edit.actor == CONFIGURATION
        _carry(self._titles, gone, stays, keep=keep)
        _carry(self._labels, gone, stays, keep=keep)
        _carry(self._canonicals, gone, stays, keep=keep)
        self._add(edit, (*edit.numbers, *edit.stayed), edit.cluster, implied=True)
        return None

    def _split(self, edit: Edit) -> str | None:
        if not edit.value or not edit.numbers:
            return "it does not say which issues leave, or for where"
        if self._now(edit.value) == self._now(edit.cluster):
            return f"{edit.value} is that cluster itself"
        self._made.add(edit.value)
        self._add(edit, edit.numbers, edit.value)
        for number in edit.stayed:
            bar = Pin(number, edit.value, False, edit.at, f"split by {edit.actor}", implied=True)
            self._pins.setdefault(number, []).append((bar, edit.cluster))
        return None

    def _add(
        self, edit: Edit, numbers: Iterable[int], cluster: str, *, inside: bool = True, implied: bool = False
    ) -> None:
        """Pins in place of the older ones that they take back: a changed mind is no contradiction."""
        for number in numbers:
            new = Pin(number, cluster, inside, edit.at, f"{edit.kind} by {edit.actor}", implied)
            self._forget(number, partial(self._takes_back, new))
            self._pins.setdefault(number, []).append((new, None))

    def _takes_back(self, new: Pin, old: Pin) -> bool:
        if new.implied and not old.implied:
            return False
        both_inside = new.inside and old.inside
        return both_inside or (new.inside != old.inside and self._now(new.cluster) == self._now(old.cluster))

    def _forget(self, number: int, which: Callable[[Pin], bool]) -> None:
        if number in self._pins:
            self._pins[number] = [said for said in self._pins[number] if not which(said[0])]


def _carry(kept: dict[str, _Value], gone: str, stays: str, *, keep: bool) -> None:
    """What was set on a merged cluster is its new place's now, unless that has its own."""
    if gone in kept:
        value = kept.pop(gone)
        if keep:
            kept.setdefault(stays, value)
