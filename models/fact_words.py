"""Facts in words that a reporter understands, and which of their values a stranger cannot have made up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.decision import Agreement, Evidence
from models.platforms import models_in, operating_systems, plans_in, terminals

__all__ = ["called", "cannot_be_prose", "difference", "same", "shown_values", "without_values"]

_VALUES_SHOWN = 2
_WORDS = {
    "status_code": "status code",
    "error_type": "error type",
    "error_message": "error message",
    "service_error": "error of the service",
    "exit_code": "exit code",
    "exception": "exception",
    "frames": "stack trace",
    "os": "operating system",
    "model": "model",
}
_WITHOUT_VALUE = frozenset(
    {"error_message", "service_error", "frames"}
)  # fingerprints and code say nothing to a reader
_PLAIN = re.compile(r"[\w][\w .:+/-]{0,39}")
_NUMBER = re.compile(
    r"-?[0-9]{1,10}|0x[0-9a-f]{1,8}"
    r"|v?[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:-?(?:alpha|beta|rc|dev|preview|nightly|canary|pre|post)[.-]?[0-9]{0,8})?",
    re.IGNORECASE,
)  # codes and versions


def cannot_be_prose(value: str) -> bool:
    """Whether a value is one of few: a number, a version, or a platform, terminal, plan or model that is known by name.

    All other values (error types, exceptions, what a repository's own pattern found) are what a reporter wrote.
    """
    if _NUMBER.fullmatch(value):
        return True
    kinds = (operating_systems, terminals, plans_in, models_in)
    return any(kind((value,), "") == {value} for kind in kinds)


def same(name: str, values: frozenset[str]) -> str:
    """The shared values of a fact in words."""
    shown = _shown(name, values)
    return f"same {called(name)}" + (f": {shown}" if shown else "")


def difference(name: str, mine: frozenset[str], theirs: frozenset[str]) -> str:
    """Two contradicting values of a fact in words."""
    here, there = _shown(name, mine), _shown(name, theirs)
    word = called(name)
    return f"{word}: {here} here, {there} there" if here and there else f"another {word}"


def shown_values(evidence: Evidence) -> Sequence[str]:
    """The values that `same` and `difference` put into the words, as code."""
    return evidence.text.split("`")[1::2]


def without_values(evidence: Evidence) -> str:
    """The words of `same` and `difference` for a fact whose values may not be shown."""
    return f"{'same' if evidence.agreement is Agreement.AGREE else 'another'} {called(evidence.name)}"


def called(name: str) -> str:
    """A fact's name in words; a repository's own is called what its maintainers called it."""
    return _WORDS.get(name, name.replace("_", " ").replace("-", " "))


def _shown(name: str, values: frozenset[str]) -> str:
    """The first values as code, where they are plain words or numbers: a pattern may have caught anything."""
    if name in _WITHOUT_VALUE:
        return ""
    plain = [value for value in sorted(values) if _PLAIN.fullmatch(value)]
    return ", ".join(f"`{value}`" for value in plain[:_VALUES_SHOWN])
