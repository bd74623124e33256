"""Decision → Markdown. Every sentence the bot says on an issue stands here; no word of a reporter does (INV 40)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile

from bot.vetoes import OLDER_THAN_FIX
from models.decision import Candidate, Decision, Evidence, Verdict
from models.fact_words import cannot_be_prose, shown_values, without_values
from models.facts import DISCRIMINATING
from models.issue import Issue
from models.versions import fixed_in

MAX_MATCHES = 2  # facts named in a row, for and against, so that a row stays a line
MAX_DIFFERS = 2
MAX_PLATFORMS = 6
LONGEST_STATUS = 500  # characters that a maintainer may tell
MOST_LINES = 12  # of it
ZERO_WIDTH_SPACE = "\u200b"
TOLD = "> **From the maintainers, "  # how the line begins that says what they tell

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_AUTOLINK = re.compile(
    r"(?i)(?<=https:)(?=//)|(?<=http:)(?=//)|(?<=ftp:)(?=//)|(?<=www)(?=\.)|(?<=\bGH)(?=-)|(?<=[@#])"
)
_BLOCK = re.compile(r"^(\d*)(?=[-+=:.)])")  # where a list, a heading or a table could begin
_JOINED = r"[^\x00-\x7f\s\u200b-\u200f]"  # what a zero-width joiner may stand between: emoji, some scripts' letters
_BREAKS = re.compile(
    r"(?:[\s\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    rf"|(?<!{_JOINED})[\u200c\u200d]|[\u200c\u200d](?!{_JOINED}))+"
)


@dataclass(frozen=True, slots=True)
class WaveView:
    """A wave that is on: how many reports came in the last hours of it."""

    reports: int
    hours: int


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What the comment says of a known cluster: counts, and the range of versions and platforms of its members."""

    title: str
    reports: int = 0
    last_day: int = 0
    versions: tuple[str, str] | None = None
    platforms: tuple[str, ...] = ()
    wave: WaveView | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What a maintainer tells all members of a cluster, and since when."""

    text: str
    since: date


@dataclass(frozen=True, slots=True)
class CommentView:
    """What the comment needs beside the decision: the linked issues as last seen, the cluster, what its members are
    told, the newest version that the report names, and the values of facts that may be shown though they are of no
    fixed kind (`bot.sayable`, INV 40). `telling`: the facts in which a difference forbids the verdict *duplicate*."""

    issues: Mapping[int, Issue] = field(default_factory=dict)
    cluster: ClusterView | None = None
    status: Status | None = None
    version: str | None = None
    sayable: frozenset[tuple[str, str]] = frozenset()
    telling: frozenset[str] = DISCRIMINATING

    def fix_of(self, number: int | None) -> str | None:
        """The version in which an issue was fixed, where that is known."""
        issue = self.issues.get(number or 0)
        return None if issue is None else fixed_in(issue)


def render(decision: Decision, view: CommentView) -> str | None:
    """The comment for a decision, or None where the verdict has nothing to say to its reader."""
    headline = _headline(decision, view)
    if headline is None:
        return None
    parts = [headline, _told(view.status), _table(decision, view), _known_so_far(view.cluster)]
    if _is_short(decision, view):
        parts = [headline, _told(view.status)]
    return "\n\n".join(part for part in (*parts, _promise(decision), _footer(decision)) if part)


def withdrawn() -> str:
    """What a comment becomes when its verdict no longer stands."""
    return "This was looked at again: it is not counted as a duplicate of another report."


def nobody() -> str:
    """What a canonical issue's comment becomes when no report points there any more."""
    return "No open report is counted as a duplicate of this one any more."


def cleaned(text: str) -> str:
    """A maintainer's text, line for line, without empty ones; raises ValueError, with a sentence, where nothing or too
    much is left."""
    lines = [line for line in (_BREAKS.sub(" ", one).strip() for one in text.splitlines()) if line]
    kept = "\n".join(lines)
    if not kept:
        raise ValueError("the text is empty")
    if len(kept) > LONGEST_STATUS:
        raise ValueError(f"the text has {len(kept)} characters, and {LONGEST_STATUS} is the most")
    if len(lines) > MOST_LINES:
        raise ValueError(f"the text has {len(lines)} lines, and {MOST_LINES} are the most")
    return kept


def status_markdown(status: Status) -> str:
    """What members are told, as it stands in their comments: nobody is mentioned, what is in backticks stays code."""
    first, *others = status.text.split("\n")
    lines = (_BLOCK.sub(r"\1\\", _spans(line)) for line in others)
    return "\n".join((f"{TOLD}{day(status.since)}:** {_spans(first)}", *(f"> {line}" for line in lines)))


def status_in(markdown: str) -> str | None:
    """What a comment says that maintainers tell, as `status_markdown` made it; None where it says nothing of that."""
    lines = markdown.splitlines()
    begins = next((place for place, line in enumerate(lines) if line.startswith(TOLD)), None)
    if begins is None:
        return None
    return "\n".join((lines[begins], *takewhile(lambda line: line.startswith("> "), lines[begins + 1 :])))


def day(at: date) -> str:
    """`4 March 2026`."""
    return f"{at.day} {at:%B} {at.year}"


def neutral(text: str) -> str:
    """Text as text: Markdown, HTML, mentions and references in it do nothing, invisible characters are gone."""
    flat = _BREAKS.sub(" ", text).strip()
    return _AUTOLINK.sub(ZERO_WIDTH_SPACE, _MARKDOWN.sub(r"\\\1", flat))


def _is_short(decision: Decision, view: CommentView) -> bool:
    """During a wave the comment is a pointer; but where the report contradicts what it is related to, it says in what
    (INV 10)."""
    cluster = view.cluster
    if cluster is None or cluster.wave is None or decision.verdict is Verdict.REGRESSION:
        return False
    differs = any(one.name in view.telling for link in decision.links for one in link.differs)
    return decision.verdict is Verdict.DUPLICATE or not differs


def _headline(decision: Decision, view: CommentView) -> str | None:
    cluster = view.cluster
    if decision.verdict is Verdict.DUPLICATE:
        if cluster is None:
            return f"**This looks like the same problem as #{decision.canonical}**"
        return f"**This looks like a report we already know: _{neutral(cluster.title)}_**{_counts(decision, cluster)}"
    if decision.verdict is Verdict.REGRESSION:
        return _regression(decision, view)
    if decision.verdict is not Verdict.RELATED:
        return None
    fixed = _fixed(decision, view)
    if decision.settled:
        head = f"**This looks like the problem of #{decision.canonical}, which has been closed as completed since**"
        return f"{head}{fixed or '.'}"
    head = "**These reports look related**"
    if cluster is not None:
        head = f"**This may belong to a topic we already know: _{neutral(cluster.title)}_**{_counts(decision, cluster)}"
    return f"{head}{fixed}" if OLDER_THAN_FIX in decision.vetoes else head


def _regression(decision: Decision, view: CommentView) -> str:
    """The problem may have come back: its issue was closed as completed, or is marked as fixed while it is open."""
    target = view.issues.get(decision.canonical or 0)
    is_open = target is not None and target.state == "open"
    state = "is marked as fixed" if is_open else "was closed as completed"
    after = "the problem may have come back, so it is not counted as a duplicate."
    return f"**This looks like #{decision.canonical}, which {state}** – {after}{_fixed(decision, view)}"


def _fixed(decision: Decision, view: CommentView) -> str:
    """In which version the canonical was fixed, and which one the report names, as far as both are known."""
    fix = view.fix_of(decision.canonical)
    if fix is None:
        return ""
    named = "" if view.version is None else f"; this report names {neutral(view.version)}"
    return f"\n\n#{decision.canonical} was fixed in {neutral(fix)}{named}."


def _counts(decision: Decision, cluster: ClusterView) -> str:
    parts = [] if decision.canonical is None else [f"#{decision.canonical}"]
    if cluster.wave is not None:
        span = "hour" if cluster.wave.hours == 1 else f"{cluster.wave.hours} hours"
        parts.append(f"{_reports(cluster.wave.reports)} in the last {span}")
        return f" ({', '.join(parts)})"
    if cluster.reports:
        parts.append(_reports(cluster.reports))
    if cluster.last_day:
        parts.append(f"{cluster.last_day} in the last day")
    return f" ({', '.join(parts)})" if parts else ""


def _reports(count: int) -> str:
    return f"{count} report{'' if count == 1 else 's'}"


def _table(decision: Decision, view: CommentView) -> str | None:
    if not decision.links:
        return None
    rows = [f"| #{link.number} | {_row(link, decision, view)} |" for link in decision.links]
    return "\n".join(["| | |", "|---|---|", *rows])


def _row(link: Candidate, decision: Decision, view: CommentView) -> str:
    issue = view.issues.get(link.number)
    parts = ["canonical"] if link.number == decision.canonical and decision.verdict is Verdict.DUPLICATE else []
    if issue is not None:
        parts.append(_state(issue))
    parts += [_words(one, view) for one in link.matches[:MAX_MATCHES]] or ["similar as a whole"]
    differs = sorted(link.differs, key=lambda one: one.name not in view.telling)  # the weightiest first among either
    parts += [f"**differs**: {_words(one, view)}" for one in differs[:MAX_DIFFERS]]
    return " · ".join(parts)


def _state(issue: Issue) -> str:
    if issue.state == "open":
        return "open, locked" if issue.locked else "open"
    reasons = {"completed": "closed as completed", "not_planned": "closed as not planned", "duplicate": "closed"}
    return reasons.get(issue.state_reason or "", "closed")


def _words(evidence: Evidence, view: CommentView) -> str:
    """INV 40: where a value could be somebody's words, only the fact is named."""
    values = shown_values(evidence)
    if all(cannot_be_prose(value) or (evidence.name, value) in view.sayable for value in values):
        return _spans(evidence.text)
    return neutral(without_values(evidence))


def _spans(text: str) -> str:
    """What stands in backticks stays code, all else is neutralised."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return neutral(text)
    return "".join(code(piece) if place % 2 else _plain(piece) for place, piece in enumerate(pieces))


def _plain(piece: str) -> str:
    lead, trail = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
    return f"{' ' if lead else ''}{neutral(piece)}{' ' if trail and piece.strip() else ''}"


def code(piece: str) -> str:
    """A code span; a bar would end the table's cell, an empty span would open a longer one, and nothing at all would
    join what stands around it."""
    flat = (
        _BREAKS.sub(" ", piece)
        .strip()
        .replace("|", chr(0xA6))
        .replace("`", "'")
        .replace("<!--", f"<{ZERO_WIDTH_SPACE}!--")
    )
    return f"`{flat}`" if flat else ZERO_WIDTH_SPACE


def _known_so_far(cluster: ClusterView | None) -> str | None:
    if cluster is None or not (cluster.versions or cluster.platforms):
        return None
    parts = []
    if cluster.versions is not None:
        first, last = (neutral(version) for version in cluster.versions)
        parts.append(f"affects {first}" if first == last else f"affects {first}–{last}")
    if cluster.platforms:
        parts.append(f"on {_list(cluster.platforms[:MAX_PLATFORMS])}")
    return f"Known so far: {' '.join(parts)}."


def _list(words: Sequence[str]) -> str:
    return ", ".join(neutral(word) for word in words)


def _told(status: Status | None) -> str | None:
    return None if status is None else status_markdown(status)


def _promise(decision: Decision) -> str | None:
    """When the bot closes the issue, and how to stop it; true before that day and after it."""
    if decision.verdict is not Verdict.DUPLICATE or decision.closes_on is None:
        return None
    until = day(date.fromisoformat(decision.closes_on))
    return (
        f"If nobody answers or objects, this is closed as a duplicate of #{decision.canonical} on {until} (UTC) or "
        "later. A reply or a 👎 keeps it open; `/triage different` does too, and later opens it again."
    )


def _footer(decision: Decision) -> str:
    """What its reader can do, and nothing else (INV 22)."""
    if decision.verdict is Verdict.RELATED and not decision.settled:
        return "<sub>Found automatically. Nothing is closed.</sub>"
    said = "A person said so. " if decision.confirmed else ""
    return f"{said}Not the same? React 👎 or reply `/triage different` and say what differs."
