"""What holds in the repository: its configuration and what is wrong with it, mode, pause, import, earned rights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.records import ImportRecord
from webhooks.dashboard.judged import judged
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.standing import Standing, held, in_force, is_unknown, standing_of

CONFIG_PATH = ".github/triage.yml"
_AT_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
LISTS = ("facts", "clusters")
UNSET = frozenset({"notice"})  # keys without a value of which the operator says nothing either
MODES: Mapping[str, str] = {
    "shadow": "it records what it would do, and holds no right to write",
    "comment": "it comments and sets labels",
    "close": "it comments, sets labels, and closes duplicates where the right was earned",
}
SOURCES: Mapping[str | None, str] = {
    "repository": f"{CONFIG_PATH} of the repository",
    "owner": f"{CONFIG_PATH} of the owner's .github repository, because this one has none",
    "absent": "nowhere: there is no file, so the defaults hold",
    "out of reach": "the defaults: the owner's .github repository cannot be read by this installation",
    None: "nowhere yet: it is read with the first issue; the defaults hold until then",
}
NEVER_VALID = f"nowhere: no valid {CONFIG_PATH} was read before, so the mode is shadow"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong in the file on GitHub; `line` is None where it is about the whole."""

    line: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the effective configuration; `is_own`: the file says other than the default."""

    name: str
    value: str
    default: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A known cluster as it is configured."""

    slug: str
    title: str
    label: str | None
    canonical: int | None
    examples: int
    requires: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused the bot here, and when."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Settings:
    """The page. `notice`: the issue that tells of the problems; `held`: what holds meanwhile; `text`: the file in
    force, by line; without it and what is wrong in it where it is the owner's and the viewer may not read it there."""

    standing: Standing
    mode: str
    mode_words: str
    source: str
    file_url: str
    checked_at: datetime | None
    failed_since: datetime | None
    held: str
    notice: int | None
    problems: Sequence[Problem]
    keys: Sequence[Key]
    facts: Sequence[Mapping[str, Any]]
    clusters: Sequence[Known]
    text: Sequence[str]
    pause: Pause | None
    reading: ImportRecord | None
    imported_at: datetime | None
    right_to_close: str


def read(asked: Asked) -> Settings:
    """The model of the page."""
    from bot.config_comment import OWNERS, place  # noqa: PLC0415 - it brings the redaction
    from bot.repo_config import RepoConfig  # noqa: PLC0415 - the receiver starts without it

    storage, repository = asked.storage, asked.repository
    record = storage.config(repository.id)
    config = in_force(record)
    defaults = RepoConfig().model_dump(mode="json")
    effective = config.model_dump(mode="json")
    paused = storage.pauses(repository.id).get(repository.id)
    withheld = record.source == OWNERS and not _reads_owners(asked)
    problems = [line for line in (record.error or "").splitlines() if line.strip()]
    return Settings(
        standing=standing_of(repository, record, is_paused=paused is not None),
        mode=config.mode,
        mode_words=MODES[config.mode],
        source=NEVER_VALID if is_unknown(record) else SOURCES.get(record.source, record.source or ""),
        file_url=_file_url(repository.full_name, record.source),
        checked_at=record.checked_at,
        failed_since=record.failed_since,
        held=held(record),
        notice=record.notice_number,
        problems=[_problem(place(line) if withheld else line) for line in problems],
        keys=list(_keys(effective, defaults)),
        facts=effective["facts"],
        clusters=[_known(one) for one in effective["clusters"]],
        text=() if withheld else (record.valid_text or "").splitlines(),
        pause=None if paused is None else Pause(paused.actor, paused.said_at),
        reading=storage.import_progress(repository.id),
        imported_at=repository.imported_at,
        right_to_close=judged(storage, repository.id, asked.now).earned.sentence(),
    )


def _file_url(full_name: str, source: str | None) -> str:
    """Below GitHub's address."""
    name = f"{full_name.partition('/')[0]}/.github" if source == "owner" else full_name
    return f"{name}/blob/HEAD/{CONFIG_PATH}"


def _reads_owners(asked: Asked) -> bool:
    """Whether GitHub shows them the owner's `.github` repository, as far as the bot knows; what stands in its file is
    not for everybody who may read this one (INV 42)."""
    found = asked.storage.repository(f"{asked.repository.full_name.partition('/')[0]}/.github")
    return asked.viewer.sees_all or (found is not None and asked.viewer.role(found.id) != "none")


def _problem(text: str) -> Problem:
    found = _AT_LINE.match(text)
    return Problem(int(found[1]), found[2]) if found else Problem(None, text)


def _keys(effective: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str = "") -> Iterator[Key]:
    for name, value in effective.items():
        default = defaults.get(name)
        if isinstance(value, Mapping):
            yield from _keys(value, default or {}, f"{prefix}{name}.")
        elif name not in LISTS:
            unset = "none" if name in UNSET else "as the operator says"
            said, usual = (unset if one is None else _said(one) for one in (value, default))
            yield Key(prefix + name, said, usual, value != default)


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _known(one: Mapping[str, Any]) -> Known:
    return Known(one["slug"], one["title"], one["label"], one["canonical"], len(one["examples"]), one["requires"])


def _table(model: Settings) -> Table:
    return Table(("key", "value", "default"), [(one.name, one.value, one.default) for one in model.keys])


PAGE = Page("/settings", "Settings", "settings.html", read, table=_table)
