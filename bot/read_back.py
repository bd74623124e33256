"""The text of a comment of the bot → what it says, for a bot that has forgotten that it said so. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.canonical_comment import unfolded
from bot.comment import neutral, nobody, withdrawn
from bot.config_comment import is_notice
from bot.repo_config import RepoConfig
from bot.vetoes import CONFIG_NOTICE
from models.decision import Candidate, Decision, Verdict

_TITLE = r"_(?P<title>.*)_\*\*(?: \(#(?P<canonical>\d{1,10}))?"
_HEADS: tuple[tuple[re.Pattern[str], Verdict], ...] = tuple(
    (re.compile(rf"\*\*{pattern}"), verdict)
    for pattern, verdict in (
        (r"This looks like the same problem as #(?P<canonical>\d{1,10})\*\*", Verdict.DUPLICATE),
        (rf"This looks like a report we already know: {_TITLE}", Verdict.DUPLICATE),
        (r"This looks like #(?P<canonical>\d{1,10}), which ", Verdict.REGRESSION),
        (r"This looks like the problem of #(?P<canonical>\d{1,10}), which (?P<settled>)", Verdict.RELATED),
        (rf"This may belong to a topic we already know: {_TITLE}", Verdict.RELATED),
    )
)
_LINK = re.compile(r"^\| #(\d{1,10}) \|", re.MULTILINE)
_PROMISE = re.compile(r"this is closed as a duplicate of #\d+ on (\d{1,2} [A-Z][a-z]+ \d{4}) \(UTC\)")
_BY_PERSON = "\n\nA person said so. "  # how the footer begins then


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a comment says of its own issue, as a decision without probabilities, and its text's two parts (`folded`).
    `is_notice`: it tells what is wrong with the configuration."""

    decision: Decision
    said: str | None
    block: str | None
    is_notice: bool = False


def read_back(text: str, number: int, config: RepoConfig) -> ReadBack:
    """What the bot's comment on the issue `number` says; `text` is without its marker.

    Words that are none of today's (an older version's, or a maintainer changed them) still point somewhere as far as
    anybody can tell: they count as *related*, so that an objection to them has its consequence.
    """
    if is_notice(text):
        nothing = Decision(number, Verdict.IGNORED, vetoes=(CONFIG_NOTICE,))
        return ReadBack(nothing, text, None, is_notice=True)
    said, block = unfolded(text)
    if said is None or said == withdrawn() or text == nobody():
        return ReadBack(Decision(number, Verdict.NEW), said, block)
    return ReadBack(_claimed(said, number, config), said, block)


def _claimed(said: str, number: int, config: RepoConfig) -> Decision:
    head, verdict = next(
        ((match, verdict) for pattern, verdict in _HEADS if (match := pattern.match(said)) is not None),
        (None, Verdict.RELATED),
    )
    named = {} if head is None else head.groupdict()
    canonical = _earlier(named.get("canonical"), number)
    links = [one for one in map(int, _LINK.findall(said)) if one != number]
    return Decision(
        number,
        verdict if canonical is not None else Verdict.RELATED,
        canonical=canonical,
        cluster=_cluster(named.get("title"), config),
        links=tuple(Candidate(one, 0.0) for one in dict.fromkeys(links)),
        confirmed=_BY_PERSON in said,
        settled=canonical is not None and "settled" in named,
        closes_on=_closes_on(said),
    )


def _earlier(digits: str | None, number: int) -> int | None:
    """INV 2: nothing points at a later issue, or at itself (INV 5)."""
    found = int(digits or 0)
    return found if 0 < found < number else None


def _cluster(title: str | None, config: RepoConfig) -> str | None:
    """The slug of the known cluster that is called so."""
    return next((one.slug for one in config.clusters if neutral(one.title) == title), None)


def _closes_on(said: str) -> str | None:
    found = _PROMISE.search(said)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%d %B %Y").date().isoformat()  # noqa: DTZ007 - it is a day
    except ValueError:
        return None
