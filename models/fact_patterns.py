"""A repository's own facts: patterns that strangers write, run by RE2 in linear time (invariant 37)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import re2  # type: ignore[import-untyped]  # it ships without type hints

from models.forms import field_name
from models.text import Text

PATTERN_MOST = 500  # characters of a pattern; its engine knows no catastrophic backtracking (INV 37)
_MEMORY_MOST = 4 << 20  # bytes that RE2 may take for one pattern
_TEXT_MOST = 20_000  # characters of an issue that are searched
_VALUES_MOST = 10
_VALUE_MOST = 80


class Match(Protocol):
    """One place where a pattern was found."""

    def group(self, group: int = 0, /) -> str | None:
        """What was found, or what a group of it holds."""
        ...

    def groups(self) -> tuple[str | None, ...]:
        """What each group holds."""
        ...


class Pattern(Protocol):
    """A compiled regular expression."""

    def finditer(self, text: str, /) -> Iterator[Match]:
        """Every place where it is found, in order."""
        ...


@dataclass(frozen=True, slots=True)
class FactPattern:
    """A fact of one repository: `pattern` is searched in the form's answer under `heading`, else in the whole issue."""

    name: str
    pattern: Pattern
    heading: str | None = None


def compile_pattern(name: str, pattern: str, heading: str | None = None) -> FactPattern:
    """Compile a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax).

    Raises ValueError with a sentence for a maintainer where it cannot be used: RE2 has no look-around and no
    back-references, so that no text can make it slow.
    """
    if len(pattern) > PATTERN_MOST:
        raise ValueError(f"the pattern of {name} has {len(pattern)} characters, at most {PATTERN_MOST} are allowed")
    options = re2.Options()
    options.max_mem = _MEMORY_MOST
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        raise ValueError(
            f"the pattern of {name} cannot be used: {_reason(error)}"
            " (look-around and back-references are not allowed, since a text could make them endlessly slow)"
        ) from None
    if compiled.search("") is not None:
        raise ValueError(f"the pattern of {name} matches an empty text, so it would be found in every issue")
    return FactPattern(name, compiled, heading)


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else str(error)
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def values_of(fact: FactPattern, text: Text) -> frozenset[str]:
    """What the pattern finds, in lower case: its first group that holds something, or the whole match."""
    values: dict[str, None] = {}
    for found in fact.pattern.finditer(_searched(fact, text)[:_TEXT_MOST]):
        value = next((group for group in found.groups() if group), None) or found.group(0) or ""
        if plain := " ".join(value.lower().split())[:_VALUE_MOST]:
            values[plain] = None
        if len(values) >= _VALUES_MOST:
            break
    return frozenset(values)


def _searched(fact: FactPattern, text: Text) -> str:
    if fact.heading is not None and (answer := text.fields.get(field_name(fact.heading))):
        return answer
    return "\n".join((text.title, *text.fields.values(), text.prose, text.error))
