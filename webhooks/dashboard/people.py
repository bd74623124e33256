"""What people did and said, row by row: who, when, what with its value, what came of it, and for an undo: of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.storage.dashboard_records import ActRecord
from bot.storage.look_records import PeopleRow
from bot.storage.protocol import Storage
from bot.storage.records import EditRecord
from webhooks.dashboard.words import GAVE_BACK, did

if TYPE_CHECKING:
    from bot.activities.spread import Spread

UNDO_EDIT = "undo-edit"
VALUES = ("text", "value", "into", "to")  # the details that say to what something was set, the first that is there


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An act that another one took back."""

    at: datetime
    actor: str
    kind: str
    number: int | None
    other: int | None
    cluster: str | None
    issues: Sequence[int]
    value: str | None

    @property
    def gave_back(self) -> bool:
        """Whether it set nothing, where something could have been set."""
        return _gave_back(self)

    def sentence(self) -> str:
        """`mia, 2026-03-04T12:00:00+00:00, c-dark: renamed it to “Dark mode”`."""
        where = ", ".join(filter(None, (f"#{self.number}" if self.number else "", self.cluster)))
        which = [f"#{number}" for number in (self.other, *self.issues) if number]
        value = [f"“{self.value}”"] if self.value else []
        done = " ".join([did(self.kind, gave_back=self.gave_back), *which, *value])
        about = f", {where}" if where else ""
        return f"{self.actor}, {self.at.isoformat(timespec='seconds')}{about}: {done}"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a person did or said. `source`: dashboard | command line | comment | reaction | event; `issues`:
    those that it named; `state`: asked (it waits) | done | refused | failed; `spread`: how far what was told, or taken
    back, has got."""

    at: datetime
    actor: str
    source: str
    kind: str
    number: int | None
    cluster: str | None
    other: int | None
    issues: Sequence[int]
    value: str | None
    outcome: str | None
    state: str = "done"
    took_back: TakenBack | None = None
    undone: bool = False
    spread: Spread | None = None

    @property
    def gave_back(self) -> bool:
        """Whether it set nothing, where something could have been set."""
        return _gave_back(self)


def told(storage: Storage, repository_id: int, rows: Sequence[PeopleRow]) -> list[Deed]:
    """The rows with what each act was about."""
    acts = dict(storage.acts_of(repository_id, [row.act for row in rows if row.act is not None]))
    acts |= storage.acts_of(repository_id, [one.undoes for one in acts.values() if one.undoes is not None])
    wanted = any(row.edit is not None or row.kind == UNDO_EDIT for row in rows)
    edits = {one.id: one for one in storage.edits(repository_id)} if wanted else {}
    return [_deed(storage, row, acts, edits) for row in rows]


def spread_of(storage: Storage, act: ActRecord) -> Spread | None:
    """How far an act that told the members of a cluster something has got; None for any other."""
    if "spread" not in act.details:
        return None
    from bot.activities.spread import spread_of as found  # noqa: PLC0415 - it brings much that few pages need

    return found(storage, act)


def _deed(storage: Storage, row: PeopleRow, acts: Mapping[int, ActRecord], edits: Mapping[int, EditRecord]) -> Deed:
    plain = (row.at, row.actor, row.source, row.kind, row.number, row.cluster)
    act, edit = acts.get(row.act or 0), edits.get(row.edit or 0)
    if act is not None:
        other, undone = act.details.get("other"), act.undone_by is not None
        back = _back(acts.get(act.undoes or 0), edits.get(int(act.details.get("edit") or 0)), act.kind)
        named = (other, _issues(act), None if back is not None else _value(act))
        return Deed(*plain, *named, row.outcome, act.state, back, undone, None if undone else spread_of(storage, act))
    if edit is not None:
        back = _of_edit(edits.get(_number(edit.edit.value))) if edit.edit.kind == "undo" else None
        value = None if back is not None else edit.edit.value
        return Deed(*plain, None, edit.edit.numbers, value, row.outcome, "done", back, edit.undone_by is not None)
    return Deed(*plain, row.other, (), row.value, row.outcome)


def _back(act: ActRecord | None, edit: EditRecord | None, kind: str) -> TakenBack | None:
    if act is not None:
        about = (act.number, act.details.get("other"), act.cluster_id, _issues(act), _value(act))
        return TakenBack(act.at, act.actor, act.kind, *about)
    return _of_edit(edit) if kind == UNDO_EDIT else None


def _of_edit(edit: EditRecord | None) -> TakenBack | None:
    if edit is None:
        return None
    one = edit.edit
    return TakenBack(one.at, one.actor, one.kind, None, None, one.cluster, one.numbers, one.value)


def _gave_back(one: Deed | TakenBack) -> bool:
    return one.kind in GAVE_BACK and not one.value and not one.issues


def _issues(act: ActRecord) -> Sequence[int]:
    return tuple(act.details.get("numbers", ()))


def _value(act: ActRecord) -> str | None:
    found: Any = next((act.details[name] for name in VALUES if act.details.get(name)), None)
    return None if found is None else str(found)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0
