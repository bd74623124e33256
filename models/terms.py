"""Text → the terms by which issues are compared word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from models.text import Text

MAX_CHARACTERS = 12_000
MAX_TERMS = 400
TITLE_REPEATS = 3  # a title's word counts as much as this many in the body

_COMPOUND = re.compile(r"\w+(?:[._:/+-]{1,2}\w+)*")
_PART = re.compile(r"[^\W_]+")
_SUFFIXED = re.compile(
    r"([a-z]{4,}?)(?:ational|ization|ation|ment|ingly|edly|ers|er|ly|ness|able|ible|al|ity|ive|ion)"
    r"|([a-z]{3,}?)(?:ing|ed|es|e)"
)
NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can could do does for from had has have i if in into is it "
        "its just me my no not of on or our she so than that the their them then there these they this to too "
        "was we were what when which while who will with would you your",
    )
)


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """How often each term occurs in an issue's title, in its error text, and in all of it."""

    title: Mapping[str, int]
    error: Mapping[str, int]
    whole: Mapping[str, int]


def issue_terms(text: Text) -> IssueTerms:
    """The terms of an issue's parts; a title's count several times in the whole."""
    title = count_terms(text.title)
    whole = count_terms("\n".join((text.prose, text.error, text.code)))
    for term, count in title.items():
        whole[term] += TITLE_REPEATS * count
    return IssueTerms(title, count_terms(text.error), whole)


def count_terms(text: str) -> Counter[str]:
    """How often each term occurs: lower-case words without their endings, whole identifiers beside their parts
    (`foo_bar`, `--no-build`, `2.1.96`), and pairs of characters in scripts that write no spaces."""
    return Counter(dict(Counter(_terms(text[:MAX_CHARACTERS].lower())).most_common(MAX_TERMS)))


def _terms(text: str) -> Iterator[str]:
    for match in _COMPOUND.finditer(text):
        whole = match.group()
        parts = _PART.findall(whole)
        if len(parts) > 1 and len(whole) <= 60:
            yield whole
        for part in parts:
            yield from _word(part)


def _word(word: str) -> Iterator[str]:
    if NO_SPACES.search(word):
        yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
    elif 1 < len(word) <= 40 and word not in _STOP_WORDS:
        yield _stem(word)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """Words of one family made one: without a plural ending (Harman's S stemmer), then without one English suffix."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    found = _SUFFIXED.fullmatch(word)
    if found is None:
        return word
    stem: str = found[1] or found[2]
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls"
    return stem[:-1] if doubled else stem
