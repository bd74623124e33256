"""One refit: each cluster that is not what it was, with its issues and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webhooks.dashboard.page import Asked, Page, PageMissing, Table
from webhooks.dashboard.pages.refits import KINDS, Refit, row_of

MEMBERS_SHOWN = 40
UNTOLD = ("problems", "definitions")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a cluster. `is_there`: it is in force now; `others`: the clusters that it was merged with, split
    from or went to."""

    kind: str
    cluster: str
    title: str
    is_there: bool
    joined: Sequence[int]
    left: Sequence[int]
    reason: str
    others: Sequence[str]


@dataclass(frozen=True, slots=True)
class OneRefit:
    """The page. `problems`: people's acts that clash, in words; `figures`: counts and durations."""

    refit: Refit
    kinds: Mapping[str, int]
    kind: str
    changes: Sequence[Change]
    problems: Sequence[str]
    figures: Mapping[str, Any]


def read(asked: Asked) -> OneRefit:
    """The model of the page."""
    storage, repository = asked.storage, asked.repository
    record = storage.refit(asked.number("id"))
    if record is None or record.repository_id != repository.id:
        raise PageMissing
    kept = {one.number for one in storage.generations(repository.id)}
    titles = storage.cluster_titles(repository.id)
    kind = asked.query.one_of("kind", ("", *KINDS))
    row = row_of(record, kept, max(kept, default=None))
    ordered = sorted(record.changes, key=_size)
    shown = [_change(one, titles) for one in ordered if kind in {"", one["kind"]}]
    figures = {name: value for name, value in record.figures.items() if name not in UNTOLD}
    return OneRefit(row, row.changes, kind, shown, list(record.figures.get("problems", ())), figures)


def _size(change: Mapping[str, Any]) -> tuple[int, int, str]:
    """The kinds in their order, the largest first."""
    place = KINDS.index(change["kind"]) if change["kind"] in KINDS else len(KINDS)
    return place, -len(change["joined"]) - len(change["left"]), change["cluster"]


def _change(one: Mapping[str, Any], titles: Mapping[str, str]) -> Change:
    name = str(one["cluster"])
    others = [str(other) for other in one["others"]]
    title = titles.get(name, name)
    return Change(one["kind"], name, title, name in titles, one["joined"], one["left"], one["reason"], others)


def _table(model: OneRefit) -> Table:
    rows = [
        (one.kind, one.cluster, one.title, _listed(one.joined), _listed(one.left), one.reason, " ".join(one.others))
        for one in model.changes
    ]
    return Table(("change", "cluster", "title", "joined", "left", "reason", "others"), rows)


def _listed(numbers: Sequence[int]) -> str:
    return " ".join(f"#{number}" for number in numbers)


PAGE = Page("/refits/{id}", "Refit", "refit.html", read, table=_table)
