"""The issue-graph report in Markdown: an issue, what it is linked with, its cluster, and what helped others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.comment import neutral
from models.issue import Issue
from models.redact import redact

MEMBERS_SHOWN = 20
NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class Link:
    """Another issue or pull request, by which ways the two are linked; `issue` is None where it was never read."""

    number: int
    ways: tuple[str, ...]
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class Helped:
    """How another report of the problem ended: by whom it was closed, and the comment that stands before that."""

    number: int
    closed_at: datetime
    closed_by: str
    comment: int | None = None


@dataclass(frozen=True, slots=True)
class ClusterTold:
    """The cluster that holds the issue."""

    id: str
    title: str
    canonical: int | None
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """All that a report tells. `address`: the repository's; `incomplete`: what GitHub could not be asked for."""

    repository: str
    address: str
    issue: Issue
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    cluster: ClusterTold | None = None
    verdict: str | None = None
    helped: tuple[Helped, ...] = ()
    incomplete: tuple[str, ...] = ()


def report(view: ReportView) -> str:
    """The whole report. Titles are neutralised and redacted; of texts and comments nothing is quoted."""
    parts = [
        _head(view),
        _section("Facts", _facts(view)),
        _section("Linked issues and pull requests", [_link(view, one) for one in view.links]),
        _section("Cluster", _cluster(view)),
        _section("What helped others", [_helped(view, one) for one in view.helped]),
        _section("Not in this report", [f"- {neutral(reason)}" for reason in view.incomplete], silent=True),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(view: ReportView) -> str:
    issue = view.issue
    said = f"- the bot's last verdict: {view.verdict}" if view.verdict else "- the bot never decided it"
    labels = ", ".join(neutral(name) for name in issue.labels) or "none"
    lines = [
        f"# {_named(view, issue.number)}: {_title(issue)}",
        "",
        f"- {_state(issue)}, opened {issue.created_at:%Y-%m-%d} by {neutral(issue.author)}",
        f"- labels: {labels}",
        said,
    ]
    return "\n".join(lines)


def _section(name: str, lines: Sequence[str], *, silent: bool = False) -> str:
    if not lines and silent:
        return ""
    return "\n".join([f"## {name}", "", *(lines or ["none"])])


def _facts(view: ReportView) -> list[str]:
    found = sorted((name, sorted(values)) for name, values in view.facts.items() if values)
    return [
        f"- {name.replace('_', ' ')}: {', '.join(neutral(redact(one)) for one in values)}" for name, values in found
    ]


def _link(view: ReportView, link: Link) -> str:
    told = NOT_READ
    if link.issue is not None:
        kind = "pull request, " if link.issue.is_pull_request else ""
        told = f"{_title(link.issue)} ({kind}{_state(link.issue)})"
    return f"- {_named(view, link.number)} – {told} – {', '.join(link.ways)}"


def _cluster(view: ReportView) -> list[str]:
    cluster = view.cluster
    if cluster is None:
        return []
    canonical = _named(view, cluster.canonical) if cluster.canonical is not None else "none"
    others = [number for number in cluster.members if number != view.issue.number]
    shown = ", ".join(_named(view, number) for number in others[:MEMBERS_SHOWN])
    more = f" and {len(others) - MEMBERS_SHOWN} more" if len(others) > MEMBERS_SHOWN else ""
    return [
        f"- {neutral(redact(cluster.title))} (`{cluster.id}`), {len(cluster.members)} reports",
        f"- canonical issue: {canonical}",
        f"- others: {shown or 'none'}{more}",
    ]


def _helped(view: ReportView, one: Helped) -> str:
    where = f"{view.address}/issues/{one.number}"
    comment = f"; [the comment before that]({where}#issuecomment-{one.comment})" if one.comment else ""
    who = neutral(one.closed_by)
    return f"- {_named(view, one.number)} was closed as completed on {one.closed_at:%Y-%m-%d} by {who}{comment}"


def _named(view: ReportView, number: int) -> str:
    return f"[#{number}]({view.address}/issues/{number})"


def _title(issue: Issue) -> str:
    return neutral(redact(issue.title))


def _state(issue: Issue) -> str:
    if issue.state == "open":
        return "open"
    return f"closed as {issue.state_reason.replace('_', ' ')}" if issue.state_reason else "closed"
