"""A repository's own template, learned from its history: lines that recur whatever the issue is about.

A wave of reports that quote one another must never pass for a template, or the bot would not see it. So a line counts
only where it stands in unlike texts, by many authors, all over a stretch of the history, under titles without a common
subject. Error messages, stated facts, and lines that name an issue are never learned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.denials import mentioned_issues
from models.error_text import is_error_line, starts_like_error, take_json_errors
from models.facts import FactPattern, extract
from models.issue import Issue
from models.markdown import Kind, bounded, line_key, lines_of, plain_characters, without_comments, without_marks
from models.terms import count_terms
from models.text import Text, normalise

HISTORY_LEAST = 50  # issues: a shorter history teaches nothing
STRETCH_LEAST = 250  # issues in one stretch of the history,
STRETCH = timedelta(days=60)  # and how long it is at least; templates change, and each is learned where it was in use
SHARE = 0.04  # of a stretch's issues: a line that recurs oftener may be the template's
KEPT_SHARE = 0.02  # the same for a line that was learned before, so that the template does not change every night
OFTEN = 0.15  # of a stretch's issues: a sentence, which may be quoted, must recur so often,
UNDER_HEADING = 0.5  # or in so many of the issues that have its heading
LEAST = 5  # unlike texts, and authors
LINES_MOST = 400  # lines of one body that are counted
PARTS = 8  # equal parts of a stretch, by number of issues
ONE_AUTHOR = 1 / 3  # of the texts may be one author's
SUBJECT = 1 / 3  # of the titles over a line share a word
FEW_OTHERS = 0.2  # of a stretch's issues are too few to compare with
SUBJECT_LIFT = 2.5  # that is so many times rarer over other texts: then the line has a subject

_COUNTED = (Kind.TEXT, Kind.HEADING, Kind.TASK)


@dataclass(frozen=True, slots=True)
class _Place:
    """A line as it first stands in a body: its kind, its words, and the key of its heading."""

    kind: Kind
    text: str
    heading: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is looked at of one issue; `lines` by their keys."""

    at: datetime
    author: str
    title: frozenset[str]
    lines: Mapping[str, _Place]


def learn(
    issues: Iterable[Issue],
    known: frozenset[str] = frozenset(),
    spared: frozenset[str] = frozenset(),
    patterns: Sequence[FactPattern] = (),
) -> frozenset[str]:
    """Keys (`models.markdown.line_key`) of the template's lines; the issues come in the order of their arrival.

    `known` were learned before; `spared`, such as what a maintainer wrote of a known cluster, never are, nor are lines
    in which one of the `patterns` finds a fact. Memory holds two stretches, however long the history is.
    """
    found: dict[str, _Place] = {}
    for stretch in _stretches(_reading(issue) for issue in issues if not issue.author_is_bot):
        found |= _recurring(stretch, known)
    return frozenset(key for key, place in found.items() if key not in spared and not _is_answer(place, patterns))


def keys_of(text: str) -> frozenset[str]:
    """The keys of a text's lines, to be spared."""
    return frozenset(line_key(without_marks(line)) for line in plain_characters(text).split("\n"))


def _reading(issue: Issue) -> _Reading:
    title = frozenset(count_terms(normalise(issue.title, "").title))
    return _Reading(issue.created_at, issue.author.casefold(), title, _lines(issue.body))


def _lines(body: str) -> dict[str, _Place]:
    text = take_json_errors(without_comments(plain_characters(bounded(body)))).rest
    lines: dict[str, _Place] = {}
    heading = ""
    for line in lines_of(text):
        if line.kind not in _COUNTED or len(lines) >= LINES_MOST:
            continue
        plain = without_marks(line.text)
        key = line_key(plain)
        if line.kind is Kind.HEADING:
            heading = key
        if key and key not in lines and not _is_own(plain, line.kind):
            lines[key] = _Place(line.kind, plain, heading)
    return lines


def _is_own(line: str, kind: Kind) -> bool:
    """Whether a line is a reporter's own however often it recurs."""
    if kind is Kind.TEXT and is_error_line(line):
        return True
    return starts_like_error(line) or bool(mentioned_issues(line))


def _stretches(readings: Iterable[_Reading]) -> Iterator[Sequence[_Reading]]:
    """The history in stretches; the last one ends with the history and overlaps the one before. None if too short."""
    before: list[_Reading] = []
    now: list[_Reading] = []
    for reading in readings:
        now.append(reading)
        if _is_whole(now[0], reading, len(now)):
            yield now
            before, now = now, []
    rest = before + now
    if now and len(rest) >= HISTORY_LEAST:
        start = max(0, len(rest) - STRETCH_LEAST)
        while start and not _is_whole(rest[start], rest[-1], len(rest) - start):
            start -= 1
        yield rest[start:]


def _is_whole(first: _Reading, last: _Reading, count: int) -> bool:
    return count >= STRETCH_LEAST and last.at - first.at >= STRETCH


def _recurring(stretch: Sequence[_Reading], known: frozenset[str]) -> dict[str, _Place]:
    """The lines that are the template's in this stretch."""
    counts = Counter(key for reading in stretch for key in reading.lines)
    enough = {key for key, count in counts.items() if count >= _needed(key, known, len(stretch))}
    subjects = _Subjects(stretch)
    found = {}
    for key, at in _unlike_texts(stretch, enough).items():
        place = stretch[at[-1]].lines[key]
        if (
            len(at) >= _needed(key, known, len(stretch))
            and (key in known or _is_everywhere(at, stretch))
            and (place.kind is not Kind.TEXT or len(at) >= _firmly(counts[place.heading], len(stretch)))
            and not subjects.has_one(at, place)
        ):
            found[key] = place
    return found


def _firmly(under_heading: int, issues: int) -> float:
    """In how many issues a sentence stands that is the template's."""
    return min(issues * OFTEN, under_heading * UNDER_HEADING) if under_heading else issues * OFTEN


def _needed(key: str, known: frozenset[str], issues: int) -> float:
    return max(LEAST, issues * (KEPT_SHARE if key in known else SHARE))


def _unlike_texts(stretch: Sequence[_Reading], keys: set[str]) -> dict[str, list[int]]:
    """Line → places of the issues with it; of issues that say the same in all lines but numbers, only the first."""
    seen: set[frozenset[str]] = set()
    places: dict[str, list[int]] = defaultdict(list)
    for at, reading in enumerate(stretch):
        text = frozenset(" ".join(word for word in key.split() if word.isalpha()) for key in reading.lines)
        if text not in seen:
            seen.add(text)
            for key in keys & reading.lines.keys():
                places[key].append(at)
    return places


def _is_everywhere(places: Sequence[int], stretch: Sequence[_Reading]) -> bool:
    """Whether the line is spread over the stretch and over its authors, where these are known."""
    parts = Counter(place * PARTS // len(stretch) for place in places)
    if len(parts) < min(6, len(places) // 2 + 1) or max(parts.values()) > len(places) / 2:
        return False
    authors = Counter(stretch[place].author for place in places)
    if set(authors) == {""}:
        return True
    return len(authors) >= LEAST and max(authors.values()) <= max(1, len(places) * ONE_AUTHOR)


class _Subjects:
    """Whether the titles over a line have a subject of their own."""

    def __init__(self, stretch: Sequence[_Reading]) -> None:
        self._stretch = stretch
        self._all = Counter(term for reading in stretch for term in reading.title)

    def has_one(self, places: Sequence[int], line: _Place) -> bool:
        """Whether a third of the titles at these places share a word that the others seldom have.

        Where the line stands nearly everywhere, there are no others; then the word has to be one of a sentence's own.
        """
        own = Counter(term for place in places for term in self._stretch[place].title)
        shared = {term for term, count in own.items() if count > 2 and count >= SUBJECT * len(places)}
        others = len(self._stretch) - len(places)
        if others < FEW_OTHERS * len(self._stretch):
            return line.kind is Kind.TEXT and not shared.isdisjoint(count_terms(line.text))
        return any(self._is_rare(own[term], len(places), (self._all[term] - own[term]) / others) for term in shared)

    @staticmethod
    def _is_rare(count: int, titles: int, elsewhere: float) -> bool:
        """Whether a word in `count` of the titles is rarer over other texts, and not by chance."""
        by_chance = titles * elsewhere
        return count >= SUBJECT_LIFT * by_chance and count > by_chance + 2 * by_chance**0.5


def _is_answer(place: _Place, patterns: Sequence[FactPattern]) -> bool:
    """Whether a line that is no heading states a fact: a platform, a plan, a version."""
    return place.kind is not Kind.HEADING and bool(extract(Text("", prose=place.text), patterns))
