"""Which values of facts may stand in a public comment: a reporter's own words may not (INV 40). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.repo_config import RepoConfig
from models.decision import Candidate
from models.evidence import NOBODY
from models.fact_words import cannot_be_prose, shown_values
from models.facts import full_name

LEAST_AUTHORS = 3  # who state the same value before it counts as a name of the program and not as somebody's words

_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\(\?[a-zA-Z]+[):]|\\[pP](?:\{[^}]*\}|\w)|\\x[0-9a-fA-F]{2}|\\[a-zA-Z]")  # no words of a pattern

Value = tuple[str, str]  # a fact's name and a value


def is_sayable(value: Value, authors: Iterable[str], config: RepoConfig) -> bool:
    """Whether a value may be shown: it is one of few, the maintainers wrote it, or three people state it."""
    return cannot_be_prose(value[1]) or is_configured(value, config) or len(set(authors) - NOBODY) >= LEAST_AUTHORS


def is_configured(value: Value, config: RepoConfig) -> bool:
    """Whether the value stands in the maintainers' file: word for word at a cluster, or as words of its own pattern."""
    name, words = value
    whole = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
    if any(whole.search(text) for text in _written(config)):
        return True
    patterns = [own.pattern for own in config.facts if full_name(own.name) == name]
    return any(_words(words) and _words(words) <= _words(_ESCAPE.sub(" ", pattern)) for pattern in patterns)


def open_values(links: Iterable[Candidate]) -> frozenset[Value]:
    """The values in the evidence that may be anybody's words."""
    stated = ((one.name, value) for link in links for one in link.evidence for value in shown_values(one))
    return frozenset(value for value in stated if not cannot_be_prose(value[1]))


def _written(config: RepoConfig) -> Iterable[str]:
    for cluster in config.clusters:
        yield from (cluster.title, cluster.description, *cluster.examples, *cluster.requires.values())


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
