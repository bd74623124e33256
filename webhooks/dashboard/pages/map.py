"""All issues in two dimensions, as the night drew them; the points go to the script, the clusters to everybody."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.storage.look_records import MapRecord
from bot.storage.page_records import IssueRow
from models.issue_map import NO_CLUSTER, UNSTATED, from_bytes
from webhooks.dashboard import words
from webhooks.dashboard.lists import Listing, wanted
from webhooks.dashboard.page import Asked, Page, Table

CLUSTER = "cluster"
COLOURS = 6  # told apart, as in static/map_view.js; what comes after them shares one more
CHANNELS: Mapping[str, str] = {"state": "State", "reported": "Time of report"}


@dataclass(frozen=True, slots=True)
class Colour:
    """Something that a colour stands for, and how many issues have it."""

    name: str
    issues: int


@dataclass(frozen=True, slots=True)
class Channel:
    """What issues can be coloured by; `unstated`: issues of which it is not known."""

    name: str
    title: str
    values: Sequence[Colour]
    unstated: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A cluster on the map; `place`: its number in the points' column, which gives its colour."""

    place: int
    id: str
    title: str
    issues: int


@dataclass(frozen=True, slots=True)
class Map:
    """The page. `legend`: what the colours stand for that are told apart; `others`: issues of all clusters after
    those. `points`: the columns of `models.issue_map`,
    in base64, only in the JSON. `sought`: the number of the issue that the address names, `card` what is known of it,
    `is_drawn` whether it is on the map. `generation` coloured it; `is_old`: another one is in force."""

    drawn_at: datetime | None
    generation: int | None
    is_old: bool
    seconds: int
    issues: int
    alone: int
    list: Listing
    clusters: Sequence[Shown]
    by: str
    channels: Sequence[Channel]
    legend: Sequence[Colour]
    others: int
    sought: int | None
    card: IssueRow | None
    is_drawn: bool
    points: str


def read(asked: Asked) -> Map:
    """The model of the page; a JSON that asks for one issue's card has no points."""
    want = wanted(asked, ("issues",), {"by": None, "issue": None})
    record = asked.storage.map(asked.repository.id)
    number = asked.query.number("issue", 0, least=0)
    card = asked.storage.issue_cards(asked.repository.id, [number]).get(number) if number else None
    if record is None or (card is not None and asked.kind == "json"):
        return Map(None, None, False, 0, 0, 0, want.listing(0), (), CLUSTER, (), (), 0, number or None, card, False, "")
    drawn = from_bytes(record.header, record.points)
    sizes = np.bincount(drawn.cluster[drawn.cluster != NO_CLUSTER], minlength=len(drawn.clusters)).tolist()
    titles = asked.storage.cluster_titles(asked.repository.id)
    shown = [Shown(at, one, titles.get(one, one), sizes[at]) for at, one in enumerate(drawn.clusters)]
    newest = next(iter(asked.storage.generations(asked.repository.id, limit=1)), None)
    channels = [_channel(one.name, one.values, one.codes) for one in drawn.channels]
    by = asked.query.one_of("by", (CLUSTER, *(one.name for one in channels)))
    return Map(
        drawn_at=record.drawn_at,
        generation=record.generation,
        is_old=newest is not None and newest.number != record.generation,
        seconds=record.seconds,
        issues=len(drawn.numbers),
        alone=int((drawn.cluster == NO_CLUSTER).sum()),
        list=want.listing(len(shown)),
        clusters=shown[want.offset : want.offset + want.size] if asked.kind != "json" else shown,
        by=by,
        channels=channels,
        legend=_legend(by, channels, shown),
        others=sum(one.issues for one in shown[COLOURS:]),
        sought=number or None,
        card=card,
        is_drawn=number in drawn.numbers,
        points=_points(record) if asked.kind == "json" else "",
    )


def _points(record: MapRecord) -> str:
    return base64.b64encode(record.points).decode("ascii")


def _channel(name: str, values: Sequence[str], codes: NDArray[np.uint8]) -> Channel:
    counts = np.bincount(codes, minlength=UNSTATED + 1).tolist()
    named = [Colour(words.value(name, value), counts[at]) for at, value in enumerate(values)]
    return Channel(name, CHANNELS.get(name) or words.fact(name), named, counts[UNSTATED])


def _legend(by: str, channels: Sequence[Channel], clusters: Sequence[Shown]) -> Sequence[Colour]:
    found = next((one.values for one in channels if one.name == by), None)
    return [Colour(one.title, one.issues) for one in clusters[:COLOURS]] if found is None else found


def _table(model: Map) -> Table:
    rows: list[tuple[Any, ...]] = [(one.id, one.title, one.issues) for one in model.clusters]
    return Table(("cluster", "title", "issues on the map"), rows)


PAGE = Page("/map", "Map", "map.html", read, table=_table)
