"""What `triage doctor` says of changes that GitHub refused: where, why, and when they are tried again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.activities.refused import NAME, refusals
from bot.cli.budget_checks import Finding
from bot.storage.protocol import Storage

SHOWN = 5  # issues of one repository


def refused_findings(storage: Storage) -> Iterator[Finding]:
    """One line for each repository where one waits or was given up."""
    for repository in storage.repositories():
        found = refusals(storage, repository.id)
        if found:
            words = "; ".join(f"#{one.number}: {one.sentence()}" for one in found[:SHOWN])
            more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            todo = "look on GitHub at what keeps the App from writing there, then `triage rerun` the issue"
            yield f"{NAME} {repository.full_name}", "warn", words + more, todo
