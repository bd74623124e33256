"""Fresh groups take the ids that people know; what people set stays, and every change is listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from models.changes import Change, Movement, changes, movement
from models.cluster import Cluster, Group, Held, TitleBy
from models.constraints import Constraints
from models.curation import Curation
from models.naming import NAMELESS
from models.overlap import best_pairs
from models.seating import Seating, settled

NOTHING_SET = Curation()
_ROUNDS = 5  # what a cluster gives up may be what another looked for; two rounds are nearly always enough
_NUMBERED = re.compile(r"c(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Fit:
    """One night's fit: the groups, the known clusters with their members, every issue that is there, and the size cap.

    `known` have their slug as id, in the order of the configuration.
    """

    groups: Sequence[Group]
    known: Sequence[Cluster]
    numbers: Collection[int]
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The next generation's clusters, known ones first, and how they differ from the last.

    `churn`: of the issues that were in a cluster and that no person moved, the share that is not in it any more;
    `dropped`: the part of it that is in no cluster now. `medoids`: cluster → the most central issue, to be named by.
    """

    clusters: tuple[Cluster, ...]
    changes: tuple[Change, ...]
    churn: float
    dropped: float
    medoids: Mapping[str, int]


def reconcile(
    previous: Sequence[Cluster],
    fit: Fit,
    constraints: Constraints,
    curation: Curation = NOTHING_SET,
    used: Collection[str] = (),
    redefined: Collection[str] = (),
) -> Reconciled:
    """The clusters of the next generation. `used`: every id that a cluster of this repository ever had. `redefined`:
    known clusters whose definition is another, so that who comes or goes there was moved by people.

    A group takes the id with which it shares most issues, over all groups together; each id goes to one group, and a
    group takes none of which it holds less than half and which makes less than half of it. What a person touched, the
    machine does not end: where no group answers to it, it keeps the members it had. Groups that people merged are one.
    A cluster that left the configuration lives on under its id as an ordinary one, as long as its issues hang together.
    """
    seating = Seating(constraints, fit.numbers)
    clusters, medoids = tuple(previous), dict[str, int]()
    for _ in range(_ROUNDS):
        before = clusters
        night = _Night(before, fit, seating, curation)
        night.place()
        night.found({*used, *curation.aliases, *(one.id for one in previous)})
        drafts = night.drafts()
        clusters = tuple(_dressed(draft, night, curation) for draft in drafts)
        medoids = {draft.id: draft.medoid for draft in drafts if draft.medoid is not None}
        if clusters == before:
            break
    exempt = {*redefined, *({one.id for one in previous if one.slug} ^ {one.id for one in clusters if one.slug})}
    moved: Movement = movement(previous, clusters, constraints, curation, fit.numbers, exempt)
    return Reconciled(
        clusters=clusters,
        changes=changes(previous, clusters, curation, fit.numbers),
        churn=moved.churn,
        dropped=moved.dropped,
        medoids=medoids,
    )


def fresh_id(members: Iterable[int], used: Collection[str]) -> str:
    """The id of a new cluster: `c` and its lowest issue, with `-2`, `-3` … where another cluster ever had that id."""
    name = f"c{min(members)}"
    at = 1
    while (name if at == 1 else f"{name}-{at}") in used:
        at += 1
    return name if at == 1 else f"{name}-{at}"


@dataclass(slots=True)
class _Piece:
    """What a group has to give: its units (see `Seating`), without those that are in a known cluster.

    `numbers`: the group's own issues, for what they claim; a block over several groups is given by one of them.
    """

    group: Group
    units: list[int]
    numbers: list[int]


@dataclass(slots=True)
class _Draft:
    """A cluster that is being put together."""

    id: str
    units: list[int]
    groups: list[Group] = field(default_factory=list)
    members: tuple[int, ...] = ()

    @property
    def medoid(self) -> int | None:
        """That of its largest group, where it is still a member."""
        found = [group.medoid for group in self.groups if group.medoid in self.members]
        return found[0] if found else min(self.members, default=None)


class _Night:
    """One reconciliation while it is made: who has which id, and who is seated already."""

    def __init__(self, previous: Sequence[Cluster], fit: Fit, seating: Seating, curation: Curation) -> None:
        self.previous = {cluster.id: cluster for cluster in previous}
        self.known = {cluster.id: cluster for cluster in settled(fit.known, seating)}
        self.cap = fit.cap
        self._seating = seating
        self._there = set(fit.numbers)
        self._was = {number: one.id for one in previous for number in one.members if number in self._there}
        self._seat = {number: curation.aliases.get(was, was) for number, was in self._was.items()}
        self._anchored = seating.anchored()
        self._touched = {*curation.touched, *curation.made, *self._anchored} - self.known.keys()
        self._taken = set(seating.units(number for one in self.known.values() for number in one.members))
        self._pieces = self._cut(fit.groups)
        self._given: dict[str, list[_Piece]] = {}  # the pieces of each cluster that is still to be filled
        self._made: dict[str, _Draft] = {}

    def place(self) -> None:
        """Every piece that answers to an id into that cluster; what it could not take looks for another one."""
        self._allot()
        self._keep_what_people_touched()
        while self._given:
            self._fill()
            self._pieces = list(self._left())
            self._allot()

    def _allot(self) -> None:
        """Each piece to the id that it answers to, if any."""
        shared, follows = self._shared()
        ids = sorted({cluster for _, cluster in shared}, key=natural)
        place = {cluster: at for at, cluster in enumerate(ids)}
        pairs = best_pairs({(at, place[cluster]): weight for (at, cluster), weight in shared.items()})
        self._given = {ids[column]: [self._pieces[at]] for at, column in pairs.items()}
        for at, piece in enumerate(self._pieces):
            if at not in pairs and at in follows:
                self._given.setdefault(follows[at], []).append(piece)

    def _left(self) -> Iterator[_Piece]:
        """What is left of the pieces, where that may be in clusters of its own."""
        for piece in self._pieces:
            units = [one for one in piece.units if one not in self._taken and self._seating.anchor(one) is None]
            if units:
                yield replace(piece, units=units, numbers=self._seating.members(units))

    def _keep_what_people_touched(self) -> None:
        """A cluster that a person had a hand in, and that no piece answers to, keeps its members."""
        lost = sorted(self._touched - self._given.keys(), key=natural)
        members: dict[str, list[int]] = {cluster: [] for cluster in lost}
        for number, cluster in sorted(self._seat.items()):
            if cluster in members:
                members[cluster].append(number)
        for cluster in lost:
            own = [*self._anchored.get(cluster, ()), *self._seating.units(members[cluster])]
            self._seat_in(cluster, [unit for unit in own if unit not in self._taken])

    def _fill(self) -> None:
        """The pieces' units into the clusters that they were given to: people's first, then who was there, then new."""
        for cluster in sorted(self._given, key=natural):
            pieces = self._given[cluster]
            units = [unit for piece in pieces for unit in piece.units]
            here = set(self._seating.units(number for piece in pieces for number in self._of(piece, cluster)))
            order = [*self._anchored.get(cluster, ()), *(one for one in units if one in here), *units]
            self._seat_in(cluster, [unit for unit in order if unit not in self._taken], pieces)

    def found(self, used: set[str]) -> None:
        """New clusters of what is left, of two issues or more."""
        taken = {*used, *self.previous, *self.known, *self._touched, *self._made}
        for piece in self._left():
            left = piece.units
            while len(self._seating.members(left)) > 1:
                seated, left = self._seating.seat(None, left)
                members = self._seating.members(seated)
                if len(members) > 1:
                    name = fresh_id(members, taken)
                    taken.add(name)
                    self._seat_in(name, seated, [piece])

    def drafts(self) -> list[_Draft]:
        """What was made: the known clusters first, those of one issue only where a person touched them."""
        made = sorted(self._made.values(), key=lambda draft: natural(draft.id))
        known = [_Draft(one.id, [], [], one.members) for one in self.known.values()]
        return known + [draft for draft in made if len(draft.members) > 1 or draft.id in self._touched]

    def _cut(self, groups: Sequence[Group]) -> list[_Piece]:
        """The groups' units, a block over several groups in the one that has most of it; by their lowest issue."""
        votes: dict[int, Counter[int]] = {unit: Counter() for unit in self._seating.blocks()}
        order = sorted((group for group in groups if group.members), key=lambda group: group.members)
        for at, group in enumerate(order):
            for number in group.members:
                unit = self._seating.unit(number)
                if unit in votes:
                    votes[unit][at] += 1
        home = {unit: max(sorted(found), key=found.__getitem__) for unit, found in votes.items() if found}
        seen: set[int] = set()
        pieces = []
        for at, group in enumerate(order):
            units = [one for one in self._seating.units(group.members) if home.get(one, at) == at]
            units = [one for one in units if one not in self._taken and one not in seen]
            seen.update(units)
            numbers = [one for one in group.members if self._is_free(one)]
            pieces.append(_Piece(group, units, numbers))
        return [piece for piece in pieces if piece.units]

    def _is_free(self, number: int) -> bool:
        return number in self._there and self._seating.unit(number) not in self._taken

    def _shared(self) -> tuple[dict[tuple[int, str], int], dict[int, str]]:
        """How strongly (piece, id) belong together; and piece → the id to which people's acts bind it.

        They do where one of its issues was put there by a person, and most of the others were there anyway.
        """
        sizes = Counter(self._seat.values())
        shared: dict[tuple[int, str], int] = {}
        follows: dict[int, str] = {}
        for at, piece in enumerate(self._pieces):
            claims = Counter(claim for number in piece.numbers if (claim := self._claim(number)) is not None)
            by_people = [number for number in piece.numbers if self._moved_by_people(number)]
            seats = [self._seat[one] for one in piece.numbers if one in self._seat and not self._moved_by_people(one)]
            for cluster, count in Counter(seats).items():
                half = 2 * count >= min(sizes[cluster], len(piece.numbers))
                if half and self._is_open(cluster) and self._can_fill(piece, cluster):
                    shared[at, cluster] = 4 * count + self._preference(piece, cluster)
            bound = [
                claim for number in by_people if (claim := self._claim(number)) is not None and self._is_open(claim)
            ]
            first = max(bound, key=lambda one: (claims[one], natural(one)), default=None)
            if first is not None and 2 * claims[first] >= claims.total():
                follows[at] = first
        return shared, follows

    def _is_open(self, cluster: str) -> bool:
        """Whether the cluster can still be filled from a piece."""
        return cluster not in self.known and cluster not in self._made

    def _can_fill(self, piece: _Piece, cluster: str) -> bool:
        """Whether there would be a cluster: a machine's own needs two issues that may be in it."""
        able = (unit for unit in piece.units if self._seating.may_sit(unit, cluster))
        return cluster in self._touched or len(self._seating.members(islice(able, 2))) > 1

    def _preference(self, piece: _Piece, cluster: str) -> int:
        """What decides where two share as many issues: who has the canonical one, then what people touched."""
        canonical = self.previous[cluster].canonical if cluster in self.previous else None
        return 2 * (canonical in piece.numbers) + (cluster in self._touched)

    def _claim(self, number: int) -> str | None:
        """The cluster that an issue counts for: the one it must be in, or else the one it was in."""
        return self._seating.anchor(self._seating.unit(number)) or self._seat.get(number)

    def _moved_by_people(self, number: int) -> bool:
        merged = self._seat.get(number) != self._was.get(number)
        return merged or self._seating.anchor(self._seating.unit(number)) is not None

    def _of(self, piece: _Piece, cluster: str) -> list[int]:
        return [number for number in piece.numbers if self._seat.get(number) == cluster]

    def _seat_in(self, cluster: str, units: Iterable[int], pieces: Sequence[_Piece] = ()) -> None:
        seated, _ = self._seating.seat(cluster, units)
        self._taken.update(seated)
        members = tuple(sorted(self._seating.members(seated)))
        self._made[cluster] = _Draft(cluster, seated, [piece.group for piece in pieces], members)


def natural(cluster: str) -> tuple[int, int, str]:
    """Sorts ids by their number, the others after them by name."""
    found = _NUMBERED.fullmatch(cluster)
    return (int(found[1]), int(found[2] or 1), cluster) if found else (2**63, 0, cluster)


def _dressed(draft: _Draft, night: _Night, curation: Curation) -> Cluster:
    """The draft with its name, label and canonical issue: what people set, the configuration's, or the last night's."""
    known = night.known.get(draft.id)
    last = night.previous.get(draft.id)
    cluster = replace(known, title_by="config") if known else _unnamed(draft, last, night.cap)
    if draft.id in curation.titles:
        cluster = replace(cluster, title=curation.titles[draft.id], title_by="person")
    if draft.id in curation.labels:
        cluster = replace(cluster, label=curation.labels[draft.id])
    if curation.canonicals.get(draft.id) in draft.members:
        cluster = replace(cluster, canonical=curation.canonicals[draft.id])
    return cluster


def _unnamed(draft: _Draft, last: Cluster | None, cap: int | None) -> Cluster:
    cluster = Cluster(draft.id, NAMELESS if draft.members else "Empty", members=draft.members)
    if last is not None:
        by: TitleBy = "config" if last.title_by == "config" else "machine"  # a person's title is in the curation
        cluster = replace(cluster, title=last.title, title_by=by, terms=last.terms)
    coherence = min((group.coherence for group in draft.groups), default=last.coherence if last else 1.0)
    return replace(cluster, coherence=coherence, held=_held(draft, last, cap))


def _held(draft: _Draft, last: Cluster | None, cap: int | None) -> Held | None:
    """Why the cluster may not act (INV 9)."""
    reasons = {group.held for group in draft.groups} if draft.groups else {last.held if last else None}
    if len(draft.members) > cap if cap is not None else "over-cap" in reasons:
        return "over-cap"
    return "incoherent" if "incoherent" in reasons else None
