"""Secrets and personal data out of a text, before anything else sees it (invariant 41)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from models.network_patterns import find_network
from models.number_patterns import find_numbers
from models.personal_patterns import find_personal
from models.secret_patterns import Span, find_secrets
from models.terminal_patterns import find_terminal

RECIPE = "4"  # raised with every change of what is redacted, so that stored texts can be told apart

_PASSES_MOST = 8  # a replaced secret may lay bare its neighbour; real texts need two passes

_INVISIBLE = dict.fromkeys(
    [0x00, 0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # ！ to ～ are ! to ~
_PLAIN: dict[int, int | None] = {**_FULL_WIDTH, **_INVISIBLE}
_ODD = re.compile("[\x00\xad\u034f\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f\uff01-\uff5e]")


def redact(text: str) -> str:
    """Replace every secret by a placeholder such as `[redacted:email]` and keep all else to the letter.

    `redact(redact(text)) == redact(text)`; time is linear in the length.
    """
    for _ in range(_PASSES_MOST):
        spans = _merged(_find(text))
        if not spans:
            break
        text = _replaced(text, spans)
    return text


def _find(text: str) -> list[Span]:
    """Spans found in the text as a person sees it, without invisible characters, given back as places in `text`."""
    if _ODD.search(text) is None:
        return list(_find_plain(text))
    plain = text.translate(_PLAIN)
    if len(plain) == len(text):
        return list(_find_plain(plain))
    places = [i for i, character in enumerate(text) if ord(character) not in _INVISIBLE]
    return [(places[start], places[end - 1] + 1, kind) for start, end, kind in _find_plain(plain)]


def _find_plain(text: str) -> Iterable[Span]:
    folded = text.replace("\u0130", "i").lower()  # the one letter whose lower case is longer
    finders = (find_secrets, find_personal, find_numbers, find_network, find_terminal)
    found = chain.from_iterable(find(text, folded) for find in finders)
    return (span for span in found if span[1] > span[0])


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap made one; the longest gives its kind."""
    merged: list[Span] = []
    longest = 0
    for start, end, kind in sorted(spans, key=lambda s: (s[0], -s[1])):
        if merged and start < merged[-1][1]:
            first, last, name = merged[-1]
            merged[-1] = (first, max(last, end), kind if end - start > longest else name)
            longest = max(longest, end - start)
        else:
            merged.append((start, end, kind))
            longest = end - start
    return merged


def _replaced(text: str, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, kind in spans:
        parts += (text[position:start], f"[redacted:{kind}]")
        position = end
    return "".join([*parts, text[position:]])
