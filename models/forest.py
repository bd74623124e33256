"""The relation "duplicate of" as a forest: each issue under one earlier issue at most, in time that grows with the
pairs and not with the chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

Pair = tuple[int, int]


def forest(pairs: Iterable[Pair], separated: Collection[frozenset[int]]) -> dict[int, int]:
    """Issue → the last earlier one that it was called a duplicate of, unless it was told apart from that one or from
    one to which that leads (INV 1, 2, 8). `pairs` in their order.

    A later issue is never a target; but where that leads to an earlier one, the word leads there.
    """
    said = list(pairs)
    foes: dict[int, set[int]] = defaultdict(set)
    for pair in separated:
        for one in pair:
            foes[one] |= pair - {one}
    trees = _grown(said, foes)
    if all(to < number for number, to in said):
        return trees.above
    roots = roots_of(trees.above)
    return _grown([(number, _led(number, to, trees, roots, foes)) for number, to in said], foes).above


def chosen(words: Sequence[Pair], separated: Collection[frozenset[int]]) -> list[Pair]:
    """People's words, each about the issue that they chose: where one names an issue that was itself called a duplicate
    of a later one, and came after both, it goes to that."""
    later = {number: to for number, to in words if to > number}
    found = []
    for number, named in words:
        to = named
        while later.get(to, number) < number and frozenset((number, to)) not in separated:
            to = later[to]
        found.append((number, to))
    return found


def roots_of(duplicates: Mapping[int, int]) -> dict[int, int]:
    """Issue → the issue at the end of its chain; a chain that runs into a circle ends at its lowest one."""
    found: dict[int, int] = {}
    for start in duplicates:
        way: dict[int, None] = {}
        at = start
        while at in duplicates and at not in found and at not in way:
            way[at] = None
            at = duplicates[at]
        if at in way:
            circle = list(way)
            at = min(circle[circle.index(at) :])
        end = found.get(at, at)
        found |= dict.fromkeys(way, end)
    return found


def _led(number: int, to: int, trees: _Trees, roots: Mapping[int, int], foes: Mapping[int, Collection[int]]) -> int:
    """Where a word leads that names a later issue; nowhere else, if the two were told apart on the way."""
    if to < number or any(trees.leads(to, foe) for foe in foes.get(number, ())):
        return to
    return roots.get(to, to)


def _grown(pairs: Sequence[Pair], foes: Mapping[int, Collection[int]]) -> _Trees:
    """The forest of those pairs whose second is the earlier one."""
    named: dict[int, list[int]] = defaultdict(list)
    for number, to in pairs:
        if to < number:
            named[number].append(to)
    trees = _Trees()
    for number in sorted(named):  # where what is earlier leads is known by then
        for to in reversed(named[number]):
            if not any(trees.leads(to, foe) for foe in foes.get(number, ())):
                trees.grow(number, to)
                break
    return trees


class _Trees:
    """Trees that grow by their leaves, each number under a lower one; `jump` leads further up, so that the way to an
    ancestor takes time by the logarithm of its length (E. W. Myers, "An applicative random-access stack", 1983)."""

    def __init__(self) -> None:
        self.above: dict[int, int] = {}
        self._depth: dict[int, int] = {}
        self._jump: dict[int, int] = {}

    def grow(self, number: int, to: int) -> None:
        """Put a new leaf under another one."""
        jump = self._jump.get(to, to)
        end = self._jump.get(jump, jump)
        depth = self._depth.get
        same = depth(to, 0) - depth(jump, 0) == depth(jump, 0) - depth(end, 0)
        self.above[number], self._depth[number] = to, depth(to, 0) + 1
        self._jump[number] = end if same else to

    def leads(self, start: int, wanted: int) -> bool:
        """Whether the way up from there, itself included, comes by the wanted one."""
        at = start
        while at > wanted and at in self.above:
            jump = self._jump[at]
            at = jump if jump >= wanted else self.above[at]
        return at == wanted
