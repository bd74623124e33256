"""What the bot concluded about one issue, why, and what it therefore does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The bot's conclusion about one issue."""

    DUPLICATE = "duplicate"
    RELATED = "related"
    NEW = "new"
    REGRESSION = "possible-regression"
    SECURITY = "refer-to-maintainers"
    IGNORED = "ignored"


class Agreement(StrEnum):
    """How one fact of two issues compares."""

    AGREE = "agree"
    DIFFER = "differ"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that two issues share or differ in, in an enumerated reason and a fact's value.

    `name` is a fact's or feature's name ("status_code", "error_message", "title"); `text` is generated, never a
    reporter's prose; `weight` is its part in the score, in log-odds.
    """

    name: str
    agreement: Agreement
    text: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier issue with the calibrated probability that it reports the same cause."""

    number: int
    probability: float
    similarity: float = 0.0
    evidence: tuple[Evidence, ...] = ()

    @property
    def matches(self) -> tuple[Evidence, ...]:
        """What speaks for it, the weightiest first."""
        return tuple(sorted((e for e in self.evidence if e.agreement is Agreement.AGREE), key=lambda e: -e.weight))

    @property
    def differs(self) -> tuple[Evidence, ...]:
        """What speaks against it, the weightiest first."""
        return tuple(sorted((e for e in self.evidence if e.agreement is Agreement.DIFFER), key=lambda e: e.weight))


class EffectKind(StrEnum):
    """What the bot can do to an issue on GitHub."""

    COMMENT = "comment"
    ADD_LABEL = "add-label"
    REMOVE_LABEL = "remove-label"
    CLOSE = "close"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to do on GitHub: `value` is the comment's Markdown, the label's name, or why it closes."""

    kind: EffectKind
    value: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one issue with everything that led to it.

    `links` are the issues that the comment names, best first; `canonical` is the root that the verdict points at;
    `vetoes` are the names of the rules that lowered the verdict; `effects` are in the order of execution; `confirmed`:
    a person named the canonical; `settled`: it would be a duplicate, but the canonical was closed as completed after it
    was reported; `closes_on`: the first day (`2026-03-04`, UTC) on which the bot closes it, where it says that it does.
    """

    number: int
    verdict: Verdict
    probability: float = 0.0
    canonical: int | None = None
    cluster: str | None = None
    cluster_probability: float = 0.0
    cluster_margin: float = 0.0
    links: tuple[Candidate, ...] = ()
    vetoes: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    model: str = ""
    confirmed: bool = False
    settled: bool = False
    closes_on: str | None = None
