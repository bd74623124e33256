"""A file of issues → what was filed, in the order of filing, with the truth that the file may hold."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.errors import TriageError
from models.issue import Issue
from models.labelled import Labelled, groups

LARGEST_NUMBER = 2**53 - 1
TRUTH = ("gold_cluster", "duplicate_of")
MOST_PROBLEMS = 20  # named one by one; the rest is counted


@dataclass(frozen=True, slots=True)
class Filed:
    """An issue as its author filed it: the text is raw, as GitHub would hold it."""

    number: int
    title: str
    body: str | None
    created_at: datetime
    author: str
    labels: tuple[str, ...] = ()
    state: str = "open"
    state_reason: str | None = None
    gold_cluster: str | None = None
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class IssueFile:
    """The issues by time of filing, then number; `truth` tells whether the file says what belongs together."""

    issues: tuple[Filed, ...]
    problems: tuple[str, ...]
    truth: bool

    def groups(self) -> dict[int, int]:
        """Issue → the lowest number of its group (EVALUATION: connected by `duplicate_of`, or one gold cluster)."""
        return groups([_labelled(one) for one in self.issues])


def ending_at(file: IssueFile, now: datetime) -> IssueFile:
    """The same issues, all moved by the same time, so that the newest was filed now."""
    if not file.issues:
        return file
    by = now.replace(microsecond=0) - file.issues[-1].created_at
    return replace(file, issues=tuple(replace(one, created_at=one.created_at + by) for one in file.issues))


def gathered(file: IssueFile, since: datetime, within: timedelta) -> IssueFile:
    """The same issues, those since then within this time before the last one, in their order and proportions."""
    before = tuple(one for one in file.issues if one.created_at < since)
    rising = file.issues[len(before) :]
    if not rising:
        return file
    last, whole = rising[-1].created_at, rising[-1].created_at - rising[0].created_at
    share = min(1.0, within / whole) if whole else 1.0
    moved = tuple(replace(one, created_at=last - share * (last - one.created_at)) for one in rising)
    return replace(file, issues=(*before, *moved))


def load(path: Path) -> IssueFile:
    """Read JSON lines, gzipped where the name ends in .gz; raises TriageError where nothing can be read."""
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as stream:
            found = read(stream)
    except (OSError, EOFError, zlib.error) as error:
        raise TriageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not found.issues:
        told = f"; {found.problems[0]}" if found.problems else ""
        raise TriageError(f"{path}: no issue in it{told}")
    return found


def read(lines: Iterable[bytes]) -> IssueFile:
    """The sound lines as issues, and a sentence for each of the others."""
    found: dict[int, Filed] = {}
    problems: list[str] = []
    truth = False
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = _object(line)
            one = _filed(data)
            if one.number in found:
                raise ValueError(f"issue {one.number} was there before")
        except ValueError as error:
            problems.append(f"line {place}: {error}")
        else:
            found[one.number] = one
            truth = truth or any(name in data for name in TRUTH)
    ordered = sorted(found.values(), key=lambda one: (one.created_at, one.number))
    return IssueFile(tuple(ordered), tuple(problems), truth)


def _object(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except (RecursionError, ValueError):
        raise ValueError("not JSON that can be read") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def _filed(data: dict[str, Any]) -> Filed:
    number = _field(data, "number", int)
    if number is None or not 0 < number <= LARGEST_NUMBER:
        raise ValueError("number: a whole number above 0 is needed")
    title = _text(data, "title")
    if not title or not title.strip():
        raise ValueError("title: a text is needed")
    state = _field(data, "state", str) or "open"
    if state not in {"open", "closed"}:
        raise ValueError("state: open or closed is needed")
    duplicate_of = _field(data, "duplicate_of", int)
    return Filed(
        number,
        title,
        _text(data, "body"),
        _moment(_field(data, "created_at", str)),
        _name(data.get("author") or data.get("user") or "ghost", "login", "author"),
        _labels(data.get("labels") or []),
        state,
        _field(data, "state_reason", str),
        _field(data, "gold_cluster", str),
        None if duplicate_of == number else duplicate_of,
    )


def _field(data: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = data.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ValueError(f"{name}: {kind.__name__} or null is needed, not {type(value).__name__}")
    return value


def _text(data: dict[str, Any], name: str) -> str | None:
    value: str | None = _field(data, name, str)
    if value is not None:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name}: half a character at {error.start}") from None
    return value


def _labels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("labels: a list is needed")
    names = tuple(_name(one, "name", "labels") for one in value)
    if any(len(name) > 50 for name in names):
        raise ValueError("labels: a name has at most 50 characters")
    return names


def _name(value: Any, key: str, where: str) -> str:
    """A bare name, or GitHub's object that has it under `key`."""
    name = value.get(key) if isinstance(value, dict) else value
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"{where}: a name is needed")
    return name


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("created_at: a date or time in ISO 8601 is needed") from None


def _labelled(one: Filed) -> Labelled:
    issue = Issue(
        number=one.number, title="", body="", created_at=one.created_at, updated_at=one.created_at, author=one.author
    )
    return Labelled(issue, one.duplicate_of, one.gold_cluster)
