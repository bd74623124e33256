"""Where issues were before a person's act moved them, so that taking the act back puts them there again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.activities.people import People, holding
from bot.storage.records import EditRecord
from models.cluster import Cluster
from models.curation import Displaced, Edit

Homes = Mapping[int, tuple[str | None, bool]]  # issue → its cluster (None: in none), and whether an act ended that one

NOT_KEPT = "where its issues were before was not kept: that changes with the next refit"
ENDED = "{} where the next refit puts them: {} has ended since"
HELD = "{} not back in {}: what people said, or the cluster's size, holds elsewhere"


@dataclass(frozen=True, slots=True)
class Back:
    """The clusters with issues put back where they were; `wanted`: where that is; `lost`: cluster that is not there any
    more → who was in it."""

    clusters: tuple[Cluster, ...]
    wanted: Mapping[int, str | None]
    lost: Mapping[str, Sequence[int]]

    @staticmethod
    def of(last: Sequence[Cluster], homes: Homes, told: People) -> Back:
        """`told`: what people said, which knows into what a cluster was merged since."""
        aliases = told.curation.aliases
        there = {one.id for one in last}
        found = {number: (aliases.get(home or "", home), ended) for number, (home, ended) in homes.items()}
        fresh = {home for home, ended in found.values() if home is not None and ended} - there
        wanted = {number: home for number, (home, _) in found.items() if home is None or home in there | fresh}
        lost: dict[str, list[int]] = {}
        for number, (home, _) in sorted(found.items()):
            if home is not None and number not in wanted:
                lost.setdefault(home, []).append(number)
        clusters = [_with(one, wanted) for one in last]
        clusters += [_with(Cluster(name, name), wanted) for name in sorted(fresh)]
        return Back(tuple(clusters), wanted, lost)

    def problems(self, homes: Mapping[int, str]) -> list[str]:
        """What was not put back, in words; `homes`: where the issues are by now."""
        elsewhere: dict[str, list[int]] = {}
        for number, home in sorted(self.wanted.items()):
            if home is not None and homes.get(number) != home:
                elsewhere.setdefault(home, []).append(number)
        ended = [ENDED.format(_named(numbers), home) for home, numbers in self.lost.items()]
        return ended + [HELD.format(_named(numbers), home) for home, numbers in elsewhere.items()]


def displaced(last: Sequence[Cluster], changed: Sequence[Cluster], gone: Collection[str]) -> tuple[Displaced, ...]:
    """The issues that are elsewhere after a change of the clusters in force, with where they were."""
    before, after = homes_of(last, (), ()), homes_of(last, changed, gone)
    moved = [number for number in sorted(before.keys() | after.keys()) if before.get(number) != after.get(number)]
    return tuple((number, before.get(number), before.get(number) in gone) for number in moved)


def moved_by(edit: Edit) -> Sequence[Displaced]:
    """What an act displaced, as far as that is known; a merge and a split name who moved."""
    if edit.displaced is not None:
        return edit.displaced
    homes = {"merge": edit.value, "split": edit.cluster}
    return [(number, homes[edit.kind], edit.kind == "merge") for number in edit.numbers] if edit.kind in homes else []


def homes_of(last: Sequence[Cluster], changed: Sequence[Cluster], gone: Collection[str]) -> dict[int, str]:
    """Issue → cluster, when these were changed and those have ended."""
    anew = {one.id for one in changed}
    kept = [one for one in last if one.id not in gone and one.id not in anew]
    homes = {number: one.id for one in kept for number in one.members}
    return homes | {number: one.id for one in changed for number in one.members}


def homes_before(acts: Sequence[EditRecord], undone: EditRecord | None) -> Homes:
    """Where the issues that an act moved were before it, but for those that a newer act moved which holds.

    Where an act before it brought an issue there and was taken back since, where it was before that one.
    """
    if undone is None:
        return {}
    held = {one.id for one in holding(acts)}
    newer = {number for one in acts if one.id > undone.id and one.id in held for number, *_ in moved_by(one.edit)}
    earlier = [one for one in reversed(acts) if one.id < undone.id and moved_by(one.edit)]
    found: dict[int, tuple[str | None, bool]] = {}
    for number, home, ended in moved_by(undone.edit):
        if number not in newer:
            found[number] = _through(earlier, undone, number, (home, ended))
    return found


def _through(
    earlier: Sequence[EditRecord], undone: EditRecord, number: int, home: tuple[str | None, bool]
) -> tuple[str | None, bool]:
    for one in earlier:
        own = next((found for found in moved_by(one.edit) if found[0] == number), None)
        if own is None:
            continue
        if one.undone_by is None or one.undone_by < undone.id:
            break
        home = (own[1], own[2])
    return home


def _with(cluster: Cluster, wanted: Mapping[int, str | None]) -> Cluster:
    stay = {number for number in cluster.members if number not in wanted}
    back = {number for number, home in wanted.items() if home == cluster.id}
    members = tuple(sorted(stay | back))
    return cluster if members == cluster.members else replace(cluster, members=members)


def _named(numbers: Sequence[int]) -> str:
    return f"{', '.join(f'#{number}' for number in numbers)} {'is' if len(numbers) == 1 else 'are'}"
