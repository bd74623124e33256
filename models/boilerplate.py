"""A repository's own template, learned from its history: the lines that recur from issue to issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from models.error_text import is_error_line, take_json_errors
from models.markdown import Kind, bounded, line_key, lines_of, plain_characters, without_comments, without_marks

SHARE = 0.04  # of the issues: a line that recurs oftener is the template's, not a reporter's
LEAST = 5  # issues in which a line must recur, however few there are
LINES_MOST = 400  # lines of one body that are counted


def learn(bodies: Iterable[str], share: float = SHARE) -> frozenset[str]:
    """Keys (`models.markdown.line_key`) of the lines in more than `share` of the bodies, and in at least five.

    Code and error messages are never learned: a wave of one error must not make its message invisible.
    """
    counts: Counter[str] = Counter()
    total = 0
    for body in bodies:
        total += 1
        counts.update(_keys(body))
    least = max(LEAST, share * total)
    return frozenset(key for key, count in counts.items() if count >= least)


def _keys(body: str) -> set[str]:
    text = take_json_errors(without_comments(plain_characters(bounded(body)))).rest
    keys: set[str] = set()
    for line in lines_of(text):
        if line.kind in (Kind.TEXT, Kind.HEADING, Kind.TASK) and len(keys) < LINES_MOST:
            plain = without_marks(line.text)
            if plain and (line.kind is not Kind.TEXT or not is_error_line(plain)):
                keys.add(line_key(plain))
    keys.discard("")
    return keys
