"""What people said about pairs of issues and about issues and clusters, made free of contradictions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

_LOOKED_AT = (
    64  # issues looked at for the chain of acts that explains a conflict; longer chains are not read by anybody
)


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


Act = Constraint | Pin


@dataclass(frozen=True, slots=True)
class Conflict:
    """An act that could not hold, the accepted acts that it contradicts, and both in words for a maintainer."""

    refused: Act
    because: tuple[Act, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Constraints:
    """What holds: no two of these contradict each other.

    `blocks`: issues that stay together, disjoint, of two or more; all that are pinned to one cluster are one block.
    `apart`: pairs of issues, lower number first; it binds their whole blocks. `anchors`: issue → the cluster that it
    must be in, for every member of a block with a pin; issues with different anchors are apart. `barred`: issue and
    cluster that it must not be in; it binds the issue's whole block.
    """

    blocks: tuple[frozenset[int], ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()
    anchors: Mapping[int, str] = field(default_factory=dict)
    barred: frozenset[tuple[int, str]] = frozenset()
    conflicts: tuple[Conflict, ...] = ()


def resolve(constraints: Iterable[Constraint], pins: Iterable[Pin] = ()) -> Constraints:
    """Accept acts from the newest to the oldest; one that contradicts those accepted before becomes a conflict.

    Acts on issues come before those that merges and splits imply. Of acts of one instant, *apart* comes first. Neither
    the order nor the number of equal acts matters. Almost linear: a union of blocks moves the smaller one's issues.
    """
    held = _Held()
    accepted: list[Act] = []
    conflicts: list[Conflict] = []
    acts: set[Act] = {*constraints, *pins}
    for act in sorted(acts, key=_precedence):
        because = held.accept(act)
        if because is None:
            accepted.append(act)
        else:
            conflicts.append(Conflict(act, because, _words(act, because)))
    return Constraints(
        blocks=held.blocks(),
        apart=frozenset(_pair(act) for act in accepted if isinstance(act, Constraint) and not act.together),
        anchors=held.anchors(),
        barred=frozenset((act.number, act.cluster) for act in accepted if isinstance(act, Pin) and not act.inside),
        conflicts=tuple(conflicts),
    )


def said(act: Act) -> str:
    """The act as a maintainer would say it, with its date."""
    when = f"on {act.at:%Y-%m-%d} ({act.source})"
    if isinstance(act, Constraint):
        return f"#{act.one} and #{act.other} were {'put together' if act.together else 'told apart'} {when}"
    return f"#{act.number} was {'put into' if act.inside else 'kept out of'} the cluster {act.cluster} {when}"


def _words(refused: Act, because: tuple[Act, ...]) -> str:
    if not because:
        return f"{said(refused)}: not followed, an issue cannot be apart from itself"
    outweighed = _implied(refused) and not all(_implied(act) for act in because)
    rule = "what was said of an issue itself holds" if outweighed else "the newer holds"
    return f"{said(refused)}: not followed, because {' and '.join(said(act) for act in because)}; {rule}"


def _implied(act: Act) -> bool:
    return isinstance(act, Pin) and act.implied


def _precedence(act: Act) -> tuple[bool, float, bool, str, int, str, str]:
    if isinstance(act, Constraint):
        low, high = _pair(act)
        return False, -act.at.timestamp(), act.together, "", low, str(high), f"{act.one} {act.source}"
    return act.implied, -act.at.timestamp(), act.inside, "pin", act.number, act.cluster, act.source


def _pair(act: Constraint) -> tuple[int, int]:
    return min(act.one, act.other), max(act.one, act.other)


# An issue by its number or a cluster by its id: to pin is to put an issue and a cluster together.
_Node = int | str


def _ends(act: Act) -> tuple[_Node, _Node]:
    return (act.one, act.other) if isinstance(act, Constraint) else (act.number, act.cluster)


class _Held:
    """Disjoint blocks of issues and clusters, and which blocks must stay apart.

    Tarjan: Efficiency of a good but not linear set union algorithm (1975).
    """

    def __init__(self) -> None:
        self._root: dict[_Node, _Node] = {}
        self._members: dict[_Node, list[_Node]] = {}
        self._foes: dict[_Node, dict[_Node, Act]] = {}  # root → root of the other block, and the act that says so
        self._cluster: dict[_Node, str] = {}  # root → the cluster in the block; there is at most one
        self._ways: dict[_Node, list[tuple[_Node, Act]]] = {}

    def accept(self, act: Act) -> tuple[Act, ...] | None:
        """None where the act holds from now on, or else the acts that it contradicts."""
        one, other = _ends(act)
        first, second = self._find(one), self._find(other)
        if act.together if isinstance(act, Constraint) else act.inside:
            return self._put_together(one, other, act)
        if first == second:
            return self._way(one, other)
        self._foes[first].setdefault(second, act)
        self._foes[second].setdefault(first, act)
        return None

    def blocks(self) -> tuple[frozenset[int], ...]:
        """The issues of each block that has two or more, in the order of the lowest numbers."""
        found = [frozenset(one for one in block if isinstance(one, int)) for block in self._members.values()]
        return tuple(sorted((block for block in found if len(block) > 1), key=min))

    def anchors(self) -> dict[int, str]:
        """Each issue of a block with a cluster → the cluster, in the order of the numbers."""
        pairs = ((one, cluster) for root, cluster in self._cluster.items() for one in self._members[root])
        return dict(sorted((one, cluster) for one, cluster in pairs if isinstance(one, int)))

    def _find(self, node: _Node) -> _Node:
        if node not in self._root:
            self._root[node] = node
            self._members[node] = [node]
            self._foes[node] = {}
            if isinstance(node, str):
                self._cluster[node] = node
        return self._root[node]

    def _put_together(self, one: _Node, other: _Node, act: Act) -> tuple[Act, ...] | None:
        first, second = self._root[one], self._root[other]
        if first != second:
            if second in self._foes[first]:
                return self._over(one, other, self._foes[first][second])
            if first in self._cluster and second in self._cluster:
                return (*self._way(one, self._cluster[first]), *self._way(other, self._cluster[second]))
            self._unite(first, second)
        self._ways.setdefault(one, []).append((other, act))
        self._ways.setdefault(other, []).append((one, act))
        return None

    def _unite(self, first: _Node, second: _Node) -> None:
        low, high = sorted((first, second), key=lambda root: len(self._members[root]) + len(self._foes[root]))
        for node in self._members.pop(low):
            self._root[node] = high
            self._members[high].append(node)
        for foe, act in self._foes.pop(low).items():
            del self._foes[foe][low]
            self._foes[high].setdefault(foe, act)
            self._foes[foe].setdefault(high, act)
        if low in self._cluster:
            self._cluster[high] = self._cluster.pop(low)

    def _over(self, one: _Node, other: _Node, apart: Act) -> tuple[Act, ...]:
        """What keeps two nodes apart: an act, and the chains that lead from them to its ends."""
        near, far = sorted(_ends(apart), key=lambda end: self._root[end] != self._root[one])
        return tuple(dict.fromkeys((*self._way(one, near), apart, *self._way(far, other))))

    def _way(self, start: _Node, end: _Node) -> tuple[Act, ...]:
        """A shortest chain of acts between two nodes of one block; where it is long, its two ends."""
        reached: dict[_Node, tuple[Act, ...]] = {start: ()}
        waiting = deque([start])
        while waiting and len(reached) <= _LOOKED_AT:
            node = waiting.popleft()
            for onward, act in self._ways.get(node, [])[:_LOOKED_AT]:
                if onward not in reached:
                    reached[onward] = (*reached[node], act)
                    waiting.append(onward)
            if end in reached:
                return reached[end]
        ends = [self._ways[node][0][1] for node in (start, end) if node in self._ways]
        return tuple(dict.fromkeys(ends))
