"""Which language a text is in, told by its stop words, and which terms these are.

The lists are those of the package `stop-words` (BSD); what each of them alone would say of names and products is why a
text is only rid of the words of its own language: `die`, `pro` and `plus` mean something in an English title.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

from stop_words import AVAILABLE_LANGUAGES, get_stop_words  # type: ignore[import-untyped] # it ships no types

from models.terms import count_terms

ENGLISH = "english"
LEFT_OUT = frozenset({"gujarati", "persian", "vietnamese"})  # lists of whole vocabularies
READ = 2_000  # characters: more do not change the answer
LEAST = 1.0  # what the stop words of another language count together, before a text is not English
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """The language whose stop words are most of the text's words, by its English name; of equals, English.

    A word that several languages have counts for each of them by its share.
    """
    words = Counter(_WORD.findall(text[:READ].lower()))
    found: dict[str, float] = defaultdict(float)
    for word, count in words.items():
        for language in (speakers := _spoken().get(word, ())):
            found[language] += count / len(speakers)
    best = max(found, key=lambda language: (found[language], language == ENGLISH, language), default=ENGLISH)
    return best if found[best] >= LEAST else ENGLISH


@lru_cache(maxsize=64)
def stop_terms(language: str) -> frozenset[str]:
    """The terms (see `models.terms`) of a language's stop words."""
    return frozenset(term for word in get_stop_words(language) for term in count_terms(word))


@lru_cache(maxsize=1)
def _spoken() -> Mapping[str, tuple[str, ...]]:
    """Stop word → the languages that have it."""
    found: dict[str, list[str]] = {}
    for language in AVAILABLE_LANGUAGES:
        for word in () if language in LEFT_OUT else set(get_stop_words(language)):
            found.setdefault(word.lower(), []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}
