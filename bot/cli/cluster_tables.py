"""How clusters look on a terminal, and as data for `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from bot.activities.dress import canonical_choice
from bot.activities.overridden import set_canonical
from bot.activities.portrait import Portrait
from bot.cli.opened import out
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import EditRecord, RepositoryRecord
from models.cluster import Cluster, Generation
from models.tallies import growth, sparkline

LONGEST_VALUE = 60  # characters of a fact's value, or of a title in a table
MEMBERS_SHOWN = 40
TREND_DAYS = 14
TITLE_LEAST = 11  # characters of a line of it
WIDE = 100  # columns of a terminal that has room for everything
CHOSEN_THEN = "chosen when the clusters were made"
HELD = {"over-cap": "too large", "incoherent": "too loose"}  # to act


def cluster_data(cluster: Cluster) -> dict[str, Any]:
    """One cluster as it is kept."""
    return {
        "id": cluster.id,
        "title": cluster.title,
        "title_by": cluster.title_by,
        "slug": cluster.slug,
        "label": cluster.label,
        "canonical": cluster.canonical,
        "members": list(cluster.members),
        "coherence": round(cluster.coherence, 4),
        "held": cluster.held,
        "parts": [{"fact": one.fact, "value": one.value, "members": list(one.members)} for one in cluster.parts],
        "terms": list(cluster.terms),
    }


def print_list(
    services: Services, record: RepositoryRecord, generation: Generation | None, found: Sequence[Cluster]
) -> None:
    """The clusters as a table, with the growth of the last days."""
    if generation is None or not found:
        none = "no clusters yet" if generation is None else "none"
        out.print(f"{record.full_name}: {none}", markup=False)
        return
    now = services.clock()
    reports = services.storage.cluster_reports(record.id)
    table = Table(box=None, pad_edge=False)
    table.add_column("cluster", no_wrap=True)
    table.add_column("title", min_width=TITLE_LEAST)
    wide = out.width >= WIDE
    for heading in ("reports", "canonical", *(["last seen"] if wide else []), f"{TREND_DAYS} days", "state"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        moments = [at for at, _ in reports.get(one.id, ())]
        last = [f"{max(moments):%Y-%m-%d}" if moments else "–"] if wide else []
        canonical = f"#{one.canonical}" if one.canonical else "–"
        state = HELD[one.held] if one.held else "known" if one.slug else ""
        table.add_row(one.id, cut(one.title), str(len(one.members)), canonical, *last, trend(moments, now), state)
    out.print(table, markup=False)
    out.print(f"generation {generation.number}, published {_moment(generation.published_at)}", markup=False)


def trend(moments: Sequence[datetime], now: datetime) -> str:
    """A bar for each of the last days."""
    since = now - timedelta(days=TREND_DAYS)
    recent = [since, *(moment for moment in moments if since < moment <= now)]
    first, *others = growth(recent, now, TREND_DAYS)
    return sparkline([first - 1, *others])  # the first moment only marks where the days begin


def portrait_data(services: Services, record: RepositoryRecord, config: RepoConfig, seen: Portrait) -> dict[str, Any]:
    """Everything that is shown of one cluster."""
    fixed = set_canonical(services.storage, record.id, config, seen.cluster)
    choice = canonical_choice(services, record.id, seen.cluster, fixed)
    return cluster_data(seen.cluster) | {
        "reports": seen.reports,
        "open": seen.open,
        "first_seen": seen.first_seen,
        "last_seen": seen.last_seen,
        "canonical_reason": choice.reason if choice.number == seen.cluster.canonical else CHOSEN_THEN,
        "canonical_by_policy": choice.number,
        "variants": {name: dict(values) for name, values in seen.variants},
        "messages": {
            value: seen.words[value] for _, values in seen.variants for value, _ in values if value in seen.words
        },
        "versions": list(seen.versions),
        "platforms": dict(seen.platforms),
        "growth": list(seen.growth),
    }


def print_portrait(seen: Portrait, data: dict[str, Any]) -> None:
    """One cluster, for a person."""
    one = seen.cluster
    named = {"machine": "named by its words", "person": "named by a person", "config": "named in the configuration"}
    out.print(f"[bold]{one.id}[/]  ", end="")
    out.print(f"{one.title} ({named[one.title_by]})", markup=False)
    rows = [("reports", f"{seen.reports}, {seen.open} of them open"), ("seen", _span(seen))]
    rows.append(("growth", sparkline(seen.growth)))
    canonical = f"#{one.canonical}" if one.canonical else "none"
    now = data["canonical_by_policy"]
    instead = "" if now == one.canonical else f"; now the policy would choose {f'#{now}' if now else 'none'}"
    rows.append(("canonical", f"{canonical}: {data['canonical_reason']}{instead}"))
    rows.append(("label", one.label or "–"))
    if one.held:
        rows.append(("state", f"{HELD[one.held]} to act"))
    rows.append(("coherence", f"{one.coherence:.2f}"))
    rows.append(("terms", ", ".join(one.terms) or "–"))
    rows.append(("versions", f"{seen.versions[0]} – {seen.versions[-1]}" if seen.versions else "–"))
    rows.append(("platforms", _counts(seen.platforms)))
    rows += [
        (name, _counts([(seen.words.get(value, value), n) for value, n in values])) for name, values in seen.variants
    ]
    rows += [
        (f"{part.fact}: {cut(seen.words.get(part.value, part.value))}", _numbers(part.members)) for part in one.parts
    ]
    rows.append(("members", _numbers(one.members)))
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in rows:
        grid.add_row(f"  {name}", value)
    out.print(grid, markup=False)


def act_data(one: EditRecord) -> dict[str, Any]:
    """An act as it is kept."""
    edit = one.edit
    return {
        "id": one.id,
        "at": edit.at,
        "actor": edit.actor,
        "kind": edit.kind,
        "cluster": edit.cluster,
        "numbers": list(edit.numbers),
        "value": edit.value,
        "undone_by": one.undone_by,
    }


def print_act(one: EditRecord) -> None:
    """An act in a line."""
    edit = one.edit
    what = " ".join([*(f"#{number}" for number in edit.numbers[:MEMBERS_SHOWN]), *([edit.value] if edit.value else [])])
    undone = f" (taken back by {one.undone_by})" if one.undone_by else ""
    line = f"{one.id}  {_moment(edit.at)}  {edit.actor}  {edit.kind} {edit.cluster} {what}{undone}"
    out.print(line, markup=False, soft_wrap=True)


def cut(text: str) -> str:
    """The text in one line, not longer than a table has room for."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"


def _counts(values: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{cut(value)} ({count})" for value, count in values) or "–"


def _numbers(members: Sequence[int]) -> str:
    more = f" and {len(members) - MEMBERS_SHOWN} more" if len(members) > MEMBERS_SHOWN else ""
    return " ".join(f"#{number}" for number in members[:MEMBERS_SHOWN]) + more


def _span(seen: Portrait) -> str:
    if seen.first_seen is None or seen.last_seen is None:
        return "–"
    return f"{seen.first_seen:%Y-%m-%d} – {seen.last_seen:%Y-%m-%d}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
