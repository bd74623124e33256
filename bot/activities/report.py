"""What an issue-graph report tells, gathered from the database and, where it can be asked, from GitHub."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.errors import GitHubError, NotFound
from bot.github.protocol import TimelineEvent
from bot.report import ClusterTold, Helped, Link, ReportView
from bot.services import Services
from bot.storage.records import RepositoryRecord
from bot.wave_words import address_of
from models.cluster import Cluster
from models.denials import mentioned_issues
from models.issue import Issue

HELPED = 5  # closed reports whose timeline is asked for
MOST_LINKS = 100


def gathered(services: Services, repository: RepositoryRecord, number: int) -> ReportView:
    """Raises NotFound where the issue was never read. What GitHub refuses is left out, and said so."""
    stored = services.storage.issue(repository.id, number)
    if stored is None:
        raise NotFound(f"{repository.full_name}#{number} is not in the database: import the repository first")
    last = services.storage.last_decision(repository.id, number)
    events, incomplete = _timeline(services, repository, number)
    ways = _ways(stored.text.mentions, events, services.storage.duplicates(repository.id), number)
    cluster = next(iter(services.storage.clusters_in_force(repository.id, holding=[number])), None)
    helped, unasked = _helped(services, repository, _others(cluster, ways, number))
    return ReportView(
        repository.full_name,
        address_of(services.settings.github_api_url, repository.full_name),
        stored.issue,
        {name: sorted(values) for name, values in stored.facts.items()},
        _links(services, repository.id, ways),
        None if cluster is None else ClusterTold(cluster.id, cluster.title, cluster.canonical, cluster.members),
        None if last is None else last.verdict,
        helped,
        tuple(dict.fromkeys((*incomplete, *unasked))),
    )


def _timeline(
    services: Services, repository: RepositoryRecord, number: int
) -> tuple[Sequence[TimelineEvent], tuple[str, ...]]:
    try:
        return services.reader(repository).timeline(number), ()
    except GitHubError as error:
        return (), (f"comments and timeline: {error}",)


def _ways(
    mentions: Iterable[int], events: Iterable[TimelineEvent], duplicates: Mapping[int, int], number: int
) -> dict[int, list[str]]:
    """Number → how it is linked, each way once."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for one in mentions:
        found[one]["named in its text"] = None
    for event in events:
        if event.other is not None:
            found[event.other]["names it"] = None
        for one in mentioned_issues(event.body):
            found[one]["named in a comment"] = None
    for one, canonical in duplicates.items():
        if one == number:
            found[canonical]["it is a duplicate of this"] = None
        elif canonical == number:
            found[one]["a duplicate of it"] = None
    found.pop(number, None)
    return {one: list(found[one]) for one in sorted(found)[:MOST_LINKS]}


def _links(services: Services, repository_id: int, ways: Mapping[int, list[str]]) -> tuple[Link, ...]:
    known: dict[int, Issue] = {
        row.issue.number: row.issue for row in services.storage.issues(repository_id, sorted(ways))
    }
    return tuple(Link(one, tuple(how), known.get(one)) for one, how in ways.items())


def _others(cluster: Cluster | None, ways: Mapping[int, list[str]], number: int) -> list[int]:
    """Reports of the same problem: members of the cluster, and duplicates."""
    same = {one for one, how in ways.items() if any("duplicate" in way for way in how)}
    return sorted(same | set(cluster.members if cluster is not None else ()) - {number})


def _helped(
    services: Services, repository: RepositoryRecord, others: Sequence[int]
) -> tuple[tuple[Helped, ...], tuple[str, ...]]:
    """How the newest of those that were closed as completed ended."""
    rows = [row.issue for row in services.storage.issues(repository.id, others)]
    solved = [one for one in rows if one.state == "closed" and one.state_reason in {"completed", None}]
    found: list[Helped] = []
    incomplete: list[str] = []
    for issue in sorted(solved, key=lambda one: -one.number)[:HELPED]:
        events, problems = _timeline(services, repository, issue.number)
        incomplete += problems
        closed = next((one for one in reversed(events) if one.event == "closed"), None)
        if closed is None:
            continue
        before = [one for one in events if one.event == "commented" and not one.actor_is_bot and one.at <= closed.at]
        found.append(Helped(issue.number, closed.at, closed.actor, before[-1].id if before else None))
    return tuple(found), tuple(incomplete)
