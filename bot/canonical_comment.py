"""What the bot's comment on a canonical issue says of the reports that point there: counts, variants, links. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.comment import MAX_PLATFORMS, code, day, neutral, nobody

BEGIN = "<!-- triage:canonical -->"  # the hidden line above what is said of the reports
LEAST_REPORTS = 2
MOST_VALUES = 5  # of one fact
MOST_LINKS = 5
LONGEST_VALUE = 80  # characters

# Fact → what a reader calls it. Fingerprints and frames tell a reader nothing; versions and platforms have their rows.
SHOWN: Mapping[str, str] = {
    "status_code": "status",
    "error_type": "error",
    "exit_code": "exit code",
    "exception": "exception",
    "terminal": "terminal",
    "plan": "plan",
    "model": "model",
}

Counts = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class CanonicalView:
    """The reports that point at a canonical issue. `facts`: name → its values with how many reports state them, the
    commonest first; `versions` and `platforms` likewise. `newest`: issue numbers, the newest first."""

    reports: int
    first_seen: date
    last_seen: date
    last_week: int
    week_before: int
    facts: tuple[tuple[str, Counts], ...] = ()
    versions: Counts = ()
    version_range: tuple[str, str] | None = None
    platforms: Counts = ()
    newest: tuple[int, ...] = ()


def render_canonical(view: CanonicalView) -> str:
    """The part of the comment that the bot keeps true, an hour old at most while reports come."""
    counted = "1 report points" if view.reports == 1 else f"{view.reports} reports point"
    weeks = f"{view.last_week} in the last seven days, {view.week_before} in the seven before"
    seen = f"the first of {day(view.first_seen)}, the last of {day(view.last_seen)}"
    head = f"**{counted} to this issue** – {seen}; {weeks}."
    footer = (
        "<sub>Counted automatically and brought up to date hourly at most. Who deletes this comment is heeded: "
        "it does not come back.</sub>"
    )
    return "\n\n".join([head, "\n".join(["| | |", "|---|---|", *_rows(view)]), footer])


def folded(said: str | None, block: str | None) -> str:
    """One comment (INV 23): what the bot says of the issue itself, above what it says of the reports."""
    parts = [said] if said else []
    return "\n\n".join([*parts, BEGIN, block] if block else parts)


def unfolded(text: str) -> tuple[str | None, str | None]:
    """What `folded` put together, each part None where it is not there; that nothing points there any more is said of
    the reports, so it goes when one does again."""
    said, mark, block = text.partition(BEGIN)
    head = said.strip()
    return None if head in {"", nobody()} else head, (block.strip() or None) if mark else None


def most_common(values: Iterable[str]) -> list[tuple[str, int]]:
    """Values with their counts, the commonest first, equal ones in the alphabet's order."""
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]


def _rows(view: CanonicalView) -> list[str]:
    rows = [(SHOWN.get(name, name), _counted(values)) for name, values in view.facts]
    rows.append(("versions", _versions(view)))
    rows.append(
        ("platforms", ", ".join(f"{neutral(name)} ({count})" for name, count in view.platforms[:MAX_PLATFORMS]))
    )
    rows.append(("newest reports", ", ".join(f"#{number}" for number in view.newest[:MOST_LINKS])))
    return [f"| {neutral(name)} | {value} |" for name, value in rows if value]


def _versions(view: CanonicalView) -> str:
    if view.version_range is None:
        return ""
    first, last = (neutral(version) for version in view.version_range)
    span = first if first == last else f"{first}–{last}"
    return f"{span} · most often {_counted(view.versions)}" if len(view.versions) > 1 else span


def _counted(values: Counts) -> str:
    return " · ".join(f"{code(value[:LONGEST_VALUE])} ({count})" for value, count in values[:MOST_VALUES])
