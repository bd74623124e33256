"""What is told of a wave outside of GitHub: the outgoing notice, and the draft of a tracking issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.comment import neutral
from models.cluster import Cluster, Wave

MOST_LISTED = 100  # issues in a draft
PUBLIC_API, PUBLIC = "https://api.github.com", "https://github.com"


@dataclass(frozen=True, slots=True)
class WaveTold:
    """A wave with its repository's name and address, its cluster, and the numbers of its reports in ascending order."""

    repository: str
    address: str
    cluster: Cluster
    wave: Wave
    reports: tuple[int, ...]

    @property
    def title(self) -> str | None:
        """The cluster's title where a person wrote it: what a machine made of reports stays inside (INV 40)."""
        by_person = self.cluster.slug is not None or self.cluster.title_by != "machine"
        return self.cluster.title if by_person else None


def address_of(api_url: str, repository: str) -> str:
    """Where people see the repository, from the address of the API."""
    host = PUBLIC if api_url.rstrip("/") == PUBLIC_API else api_url.rstrip("/").removesuffix("/api/v3")
    return f"{host}/{repository}"


def notice(told: WaveTold, *, ended: bool) -> dict[str, Any]:
    """The outgoing JSON: numbers, times, links, and no word of a reporter. `text` is what chat programs show."""
    wave, name = told.wave, told.title or f"cluster {told.cluster.id}"
    what = "is over" if ended else "has begun"
    return {
        "text": f"{told.repository}: a wave of “{name}” {what}, {wave.reports} reports since {_time(wave.began_at)}",
        "event": "wave.ended" if ended else "wave.noticed",
        "repository": told.repository,
        "cluster": told.cluster.id,
        "title": told.title,
        "reports": wave.reports,
        "expected": round(wave.expected, 2),
        "peak_per_hour": wave.peak_per_hour,
        "probability": wave.probability,
        "began_at": wave.began_at.isoformat(),
        "noticed_at": wave.noticed_at.isoformat(),
        "last_report_at": wave.last_arrival_at.isoformat(),
        "ended_at": wave.ended_at.isoformat() if wave.ended_at else None,
        "canonical": told.cluster.canonical,
        "canonical_url": _link(told, told.cluster.canonical),
        "last_report_url": _link(told, told.reports[-1] if told.reports else None),
    }


def draft(told: WaveTold) -> str:
    """A tracking issue that a maintainer may open, as Markdown."""
    wave = told.wave
    until = f"until {_time(wave.ended_at)}" if wave.ended_at else f"so far, the last one {_time(wave.last_arrival_at)}"
    lines = [
        f"# {neutral(told.title) if told.title else f'A wave of reports ({neutral(told.cluster.id)})'}",
        "",
        f"{wave.reports} reports since {_time(wave.began_at)} {until}; at most {wave.peak_per_hour} in an hour.",
        f"By this cluster's past there would have been {wave.expected:.1f} in that time.",
    ]
    if told.cluster.canonical is not None:
        lines += ["", f"Canonical issue: #{told.cluster.canonical}"]
    return "\n".join([*lines, "", "## Reports", "", *_list(told.reports), ""])


def _list(numbers: Sequence[int]) -> list[str]:
    rest = len(numbers) - MOST_LISTED
    return [f"- #{number}" for number in numbers[:MOST_LISTED]] + ([f"- and {rest} more"] if rest > 0 else [])


def _link(told: WaveTold, number: int | None) -> str | None:
    return None if number is None else f"{told.address}/issues/{number}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
