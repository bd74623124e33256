"""A night in a few lines: what changed among the clusters, and which duplicates were missed; no reporter's prose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.services import Services
from bot.storage.records import MissedRecord, RepositoryRecord

CHANGES_SHOWN = 10


def digest(services: Services, repository: RepositoryRecord, missed: Sequence[MissedRecord]) -> str:
    """The last refit's outcome, its largest changes, and the ledger's causes."""
    last = next(iter(services.storage.refits(repository.id, limit=1)), None)
    if last is None:
        return f"{repository.full_name}: nothing was refitted"
    ended = f"generation {last.generation}" if last.generation is not None else f"{last.outcome}: {last.reason}"
    figures = last.figures
    lines = [f"{repository.full_name}: {ended}, {figures.get('clusters', 0)} clusters"]
    largest = sorted(last.changes, key=lambda one: -len(one["joined"]) - len(one["left"]))
    lines += [
        f"- {one['kind']} {one['cluster']}: {len(one['joined'])} joined, {len(one['left'])} left ({one['reason']})"
        for one in largest[:CHANGES_SHOWN]
    ]
    if len(largest) > CHANGES_SHOWN:
        lines.append(f"- and {len(largest) - CHANGES_SHOWN} more")
    causes = Counter(one.cause for one in missed)
    lines += [
        f"- missed {count} duplicate{'' if count == 1 else 's'}: {cause}" for cause, count in sorted(causes.items())
    ]
    lines += [f"- note: {problem}" for problem in figures.get("problems", ())]
    return "\n".join(lines)
