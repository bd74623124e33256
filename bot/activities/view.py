"""What a comment shows of a known cluster: how many, how recent, which versions and platforms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.activities.waves import wave_view
from bot.comment import ClusterView, Status
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import StoredIssue, WaveRecord
from models.fact_words import cannot_be_prose
from models.versions import span

DAY = timedelta(days=1)
PLATFORM_NAMES = {
    "macos": "macOS",
    "linux": "Linux",
    "windows": "Windows",
    "wsl": "WSL",
    "ios": "iOS",
    "android": "Android",
}
MIN_SHARE = 0.02  # a platform that fewer members name is left out

_NUMBERS = re.compile(r"\d+")


def cluster_view(
    services: Services,
    repository_id: int,
    config: RepoConfig,
    slug: str | None,
    members: Mapping[str, Sequence[int]],
    at: datetime,
    on: Mapping[str, WaveRecord],
) -> ClusterView | None:
    """The cluster that a decision names, in numbers as of `at`; None where it names none. `on`: the waves now."""
    defined = next((cluster for cluster in config.clusters if cluster.slug == slug), None)
    if defined is None:
        return None
    rows = list(services.storage.issues(repository_id, sorted(members.get(defined.slug, ()))))
    return ClusterView(
        title=defined.title,
        reports=len(rows),
        last_day=sum(at - DAY <= row.issue.created_at <= at for row in rows),
        versions=span(_stated("version", [row]) for row in rows),
        platforms=_platforms(_stated("os", rows), len(rows)),
        wave=wave_view(on.get(defined.slug), [row.issue.created_at for row in rows], at),
    )


def status_of(storage: Storage, repository_id: int, cluster: str | None, canonical: int | None) -> Status | None:
    """What the members are told of the cluster that a decision names, or else of the one that its canonical is in."""
    told = storage.statuses(repository_id)
    if not told:
        return None
    found = told.get(cluster or "")
    if found is None and canonical is not None:
        found = told.get(storage.cluster_of(repository_id, canonical) or "")
    return None if found is None else Status(found.text, found.at.date())


def version_key(version: str) -> tuple[int, ...]:
    """Puts versions in their order; of its numbers the first four count."""
    return tuple(int(number) for number in _NUMBERS.findall(version)[:4])


def _stated(name: str, rows: Sequence[StoredIssue]) -> list[str]:
    """Once for each report; a repository's own pattern of that name may have caught anybody's words (INV 40)."""
    return [value for row in rows for value in row.facts.get(name, ()) if cannot_be_prose(value)]


def _platforms(values: Sequence[str], reports: int) -> tuple[str, ...]:
    counts = Counter(values)
    return tuple(PLATFORM_NAMES.get(name, name) for name, count in counts.most_common() if count >= MIN_SHARE * reports)
