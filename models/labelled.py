"""Issues whose duplicates are known, read from JSON lines."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.issue import Issue
from models.redact import redact

_NEEDED = ("number", "title", "created_at")
_MOST = 2**53  # what every reader of JSON agrees on
_GZIP = b"\x1f\x8b"
_MARK = "\ufeff"  # the byte order mark that some editors put before the first line


@dataclass(frozen=True, slots=True)
class Labelled:
    """An issue with what is known of its duplicates; `judged` tells "alone" from "nobody looked"."""

    issue: Issue
    duplicate_of: int | None = None
    gold_cluster: str | None = None
    judged: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is not a labelled issue, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled issues in the order of their arrival, and the lines that were left out."""

    items: tuple[Labelled, ...]
    malformed: tuple[Malformed, ...] = ()


def load(path: Path) -> Dataset:
    """Read a file of JSON lines, gzipped where its name ends in .gz or it begins like one; raises OSError."""
    with path.open("rb") as stream:
        begins = stream.peek(len(_GZIP))[: len(_GZIP)]
        if begins == _GZIP or path.suffix.lower() == ".gz":
            with gzip.open(stream) as unpacked:
                return read(unpacked)
        return read(stream)


def read(lines: Iterable[str | bytes]) -> Dataset:
    """Labelled issues by `created_at`, then number; redacted. A malformed line or a repeated number is left out."""
    items: dict[int, Labelled] = {}
    malformed: list[Malformed] = []
    for line_number, line in enumerate(lines, start=1):
        try:
            text = _decoded(line)
            if not text.strip():
                continue
            item = _item(text)
            if item.issue.number in items:
                raise ValueError(f"issue {item.issue.number} was there before")
        except ValueError as error:
            malformed.append(Malformed(line_number, str(error)))
        else:
            items[item.issue.number] = item
    ordered = sorted(items.values(), key=lambda item: (item.issue.created_at, item.issue.number))
    return Dataset(tuple(ordered), tuple(malformed))


def groups(items: Sequence[Labelled]) -> dict[int, int]:
    """Issue → the lowest number of its group: connected by `duplicate_of` or of one gold cluster.

    Duplicates of one issue that is not in the file belong together.
    """
    parent = {item.issue.number: item.issue.number for item in items}
    first: dict[str, int] = {}
    missing: dict[int, int] = {}  # an original that is not here → its first duplicate
    for item in items:
        number = item.issue.number
        if item.duplicate_of is not None:
            here = item.duplicate_of in parent
            _join(parent, number, item.duplicate_of if here else missing.setdefault(item.duplicate_of, number))
        if item.gold_cluster is not None:
            _join(parent, number, first.setdefault(item.gold_cluster, number))
    return {number: _root(parent, number) for number in parent}


class KnownSoFar:
    """The groups as they are known when an issue comes: by the labels of those that came before it, and no others."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._first: dict[str, int] = {}
        self._awaited: dict[int, int] = {}  # an original that is yet to come → its first duplicate

    def add(self, item: Labelled) -> None:
        """What is known of an issue from now on."""
        number = item.issue.number
        self._parent[number] = number
        if item.gold_cluster is not None:
            _join(self._parent, number, self._first.setdefault(item.gold_cluster, number))
        if number in self._awaited:
            _join(self._parent, number, self._awaited.pop(number))
        if item.duplicate_of is not None:
            here = item.duplicate_of in self._parent
            _join(
                self._parent,
                number,
                item.duplicate_of if here else self._awaited.setdefault(item.duplicate_of, number),
            )

    def group(self, number: int) -> int:
        """The lowest number of an issue's group; its own where it is alone, or not here."""
        return _root(self._parent, number) if number in self._parent else number


def _join(parent: dict[int, int], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low


def _root(parent: dict[int, int], number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


def _decoded(line: str | bytes) -> str:
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    return text.removeprefix(_MARK)


def _item(line: str) -> Labelled:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except ValueError:
        raise ValueError("not JSON: a number has too many digits") from None
    except RecursionError:
        raise ValueError("JSON nested too deep") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    if missing := [key for key in _NEEDED if key not in data]:
        raise ValueError(f"{', '.join(missing)}: missing")
    number = _issue_number(data, "number")
    if number is None:
        raise ValueError("number: a whole number from 1 to 2^53 is needed")
    created = _moment(_field(data, "created_at", str))
    issue = Issue(
        number=number,
        title=redact(_field(data, "title", str) or ""),
        body=redact(_field(data, "body", str) or ""),
        created_at=created,
        updated_at=created,
        author=str(data.get("author") or ""),
    )
    duplicate_of = _issue_number(data, "duplicate_of")
    return Labelled(
        issue=issue,
        duplicate_of=None if duplicate_of == number else duplicate_of,
        gold_cluster=_cluster(data),
        judged="gold_cluster" in data,
        language=_field(data, "lang", str) or _field(data, "language", str),
    )


def _issue_number(data: dict[str, Any], name: str) -> int | None:
    """A whole number, `12.0` too: what a table with gaps makes of a column of numbers, with NaN where there is none."""
    value = data.get(name)
    if isinstance(value, float):
        value = None if math.isnan(value) else int(value) if value.is_integer() else value
    number: int | None = _field({name: value}, name, int)
    if number is not None and not 0 < number <= _MOST:
        raise ValueError(f"{name}: a whole number from 1 to 2^53 is needed")
    return number


def _cluster(data: dict[str, Any]) -> str | None:
    """A cluster's name, or its number as one; an empty name is none."""
    value = data.get("gold_cluster")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    name: str | None = _field(data, "gold_cluster", str)
    return name if name and name.strip() else None


def _field(data: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = data.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ValueError(f"{name}: {kind.__name__} or null is needed, not {type(value).__name__}")
    return value


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise ValueError("created_at: a date or time in ISO 8601 is needed") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
