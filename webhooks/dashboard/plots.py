"""Figures as pictures: pure functions from numbers to SVG. Colours and letters come from plots.css, so that they follow
the reader's theme; each picture stands beside a table that says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from markupsafe import Markup, escape

WIDE, HIGH = 560.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 16.0, 14.0, 34.0
SQUARE = 320.0
ROW = 30.0  # of a timeline
NAMES = 200.0  # the room for names beside it
LONG = 760.0  # its width
MOST_DATES = 5
LETTER = 6.7  # width of one, about


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a day with the interval in which it may as well be; `of`: how many it was counted from."""

    at: date
    value: float | None
    low: float = 0.0
    high: float = 1.0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One series; `tone` is the number of its colour (1 to 8)."""

    name: str
    tone: int
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of a reliability plot: what was stated, what was seen with its interval, and of how many."""

    stated: float
    seen: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted; `words` say it in full, `ends` is None while it does."""

    name: str
    begins: datetime
    ends: datetime | None
    weight: float
    words: str


def lines(words: str, series: Sequence[Line]) -> Markup:
    """Shares of one over time, each with its interval; `words` say what is seen."""
    days = [point.at for point in (series[0].points if series else ())]
    if not days:
        return Markup("")
    inner = [_shares(LEFT, WIDE - RIGHT), *_dates(days)]
    for one in series:
        known = [(_across(at, len(days)), point) for at, point in enumerate(one.points) if point.value is not None]
        inner += [_band(one.tone, known), _line(one.tone, known), *(_dot(one, x, point) for x, point in known)]
    return _svg("plot plot-small", WIDE, HIGH, words, inner)


def reliability(words: str, dots: Sequence[Dot]) -> Markup:
    """What was stated against what was seen; on the diagonal they are the same. A dot's area is its share."""
    side, low, high = SQUARE - LEFT - RIGHT, LEFT, SQUARE - RIGHT
    whole = sum(dot.of for dot in dots) or 1
    inner = [_shares(low, high, SQUARE), _percents(low, side)]
    inner.append(Markup('<path class="plot-even" d="M{} {}L{} {}"/>').format(*_xy(0, 0), *_xy(1, 1)))
    for dot in dots:
        x, y = _xy(dot.stated, dot.seen)
        inner.append(_stroke("plot-reach series-1", x, _xy(0, dot.low)[1], x, _xy(0, dot.high)[1]))
        radius = 4 + 16 * math.sqrt(dot.of / whole)
        said = f"stated {dot.stated:.0%}, right {dot.seen:.0%} of {dot.of}"
        circle = Markup(
            '<circle class="plot-dot series-1" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>'
        )
        inner.append(circle.format(x, y, radius, said))
    inner.append(_text("middle", (low + high) / 2, SQUARE - 2, "stated probability"))
    return _svg("plot plot-square", SQUARE, SQUARE, words, inner)


def timeline(words: str, spans: Sequence[Span], since: datetime, until: datetime) -> Markup:
    """One row for each name, in the order given; a span's height goes by its weight."""
    names = list(dict.fromkeys(span.name for span in spans))
    high, whole = TOP + ROW * len(names) + BOTTOM, max(1.0, (until - since).total_seconds())
    most = max((span.weight for span in spans), default=1.0) or 1.0

    def x(at: datetime) -> float:
        share = min(1.0, max(0.0, (at - since).total_seconds() / whole))
        return NAMES + (LONG - RIGHT - NAMES) * share

    inner = [*_moments(since, until, high)]
    for place, name in enumerate(names):
        middle = TOP + ROW * (place + 0.5)
        inner.append(_text("start", 0, middle + 4, _cut(name, int(NAMES / LETTER) - 2), "plot-name"))
        inner.append(_stroke("plot-grid", NAMES, middle, LONG - RIGHT, middle))
    for span in spans:
        begins, ends = x(span.begins), x(span.ends or until)
        tall = 6 + (ROW - 12) * math.sqrt(span.weight / most)
        top = TOP + ROW * (names.index(span.name) + 0.5) - tall / 2
        tone = "plot-span series-2" if span.ends is None else "plot-span series-1"
        inner.append(_rectangle(tone, begins, top, max(3.0, ends - begins), tall, span.words))
    return _svg("plot plot-timeline", LONG, high, words, inner)


def bars(words: str, values: Sequence[tuple[str, float, str]]) -> Markup:
    """A column for each (name, value, words), the highest reaching the top; names stand below the first and last."""
    high = 120.0
    most = max((value for _, value, _ in values), default=0) or 1
    step = (LONG - RIGHT - LEFT) / max(1, len(values))
    inner = [_stroke("plot-axis", LEFT, high - BOTTOM, LONG - RIGHT, high - BOTTOM)]
    inner.append(_text("end", LEFT - 6, TOP + 10, f"{most:,.0f}" if most >= 10 else f"{most:.2g}"))
    for at, (_, value, said) in enumerate(values):
        tall = (high - BOTTOM - TOP) * value / most
        wide = max(1.0, min(26.0, step - 2))
        inner.append(
            _rectangle(
                "plot-bar series-1", LEFT + step * at + (step - wide) / 2, high - BOTTOM - tall, wide, tall, said
            )
        )
    for at, anchor in ((0, "start"), (len(values) - 1, "end")):
        if 0 <= at < len(values):
            x = LEFT if at == 0 else LONG - RIGHT
            inner.append(_text(anchor, x, high - 12, values[at][0]))
    return _svg("plot plot-bars", LONG, high, words, inner)


def _svg(kind: str, wide: float, high: float, words: str, inner: Sequence[Markup]) -> Markup:
    start = Markup('<svg class="{}" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">')
    return start.format(kind, wide, high, words) + Markup("").join(inner) + Markup("</svg>")


def _shares(low: float, high: float, tall: float = HIGH) -> Markup:
    """Lines at quarters of one, with their names at the side."""
    found = Markup("")
    for quarter in range(5):
        y = _up(quarter / 4, tall)
        found += _stroke("plot-axis" if quarter == 0 else "plot-grid", low, y, high, y)
        found += _text("end", low - 6, y + 4, f"{25 * quarter} %")
    return found


def _percents(low: float, side: float) -> Markup:
    return Markup("").join(
        _text("middle", low + side * part / 2, SQUARE - BOTTOM + 15, f"{50 * part} %") for part in range(3)
    )


def _dates(days: Sequence[date]) -> list[Markup]:
    step = max(1, math.ceil(len(days) / MOST_DATES))
    shown = range(len(days) - 1, -1, -step)
    return [
        _text("middle", _across(at, len(days)), HIGH - BOTTOM + 18, f"{days[at].day} {days[at]:%b}") for at in shown
    ]


def _moments(since: datetime, until: datetime, high: float) -> list[Markup]:
    found = []
    for at in range(5):
        moment = since + (until - since) * at / 4
        x = NAMES + (LONG - RIGHT - NAMES) * at / 4
        found.append(_stroke("plot-grid", x, TOP, x, high - BOTTOM))
        anchor = "end" if at == 4 else "middle"
        found.append(_text(anchor, x, high - BOTTOM + 18, f"{moment.astimezone(UTC).day} {moment.astimezone(UTC):%b}"))
    return found


def _band(tone: int, known: Sequence[tuple[float, Point]]) -> Markup:
    """The intervals, as one area."""
    upper = [f"{x:.1f},{_up(point.high):.1f}" for x, point in known]
    lower = [f"{x:.1f},{_up(point.low):.1f}" for x, point in reversed(known)]
    points = " ".join([*upper, *lower])
    return Markup('<polygon class="plot-band series-{}" points="{}"/>').format(tone, points)


def _line(tone: int, known: Sequence[tuple[float, Point]]) -> Markup:
    points = " ".join(f"{x:.1f},{_up(point.value or 0):.1f}" for x, point in known)
    return Markup('<polyline class="plot-line series-{}" points="{}"/>').format(tone, points)


def _dot(line: Line, x: float, point: Point) -> Markup:
    said = f"{line.name}, week of {point.at.day} {point.at:%b}: {point.value or 0:.0%} of {point.of}"
    made = Markup('<circle class="plot-dot series-{}" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}</title></circle>')
    return made.format(line.tone, x, _up(point.value or 0), said)


def _rectangle(kind: str, x: float, y: float, wide: float, tall: float, words: str) -> Markup:
    made = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">{}</rect>')
    return made.format(kind, x, y, wide, max(0.0, tall), Markup("<title>{}</title>").format(words))


def _stroke(kind: str, x: float, y: float, to_x: float, to_y: float) -> Markup:
    return Markup('<path class="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(kind, x, y, to_x, to_y)


def _text(anchor: str, x: float, y: float, words: str, kind: str = "plot-word") -> Markup:
    return Markup('<text class="{}" text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
        kind, anchor, x, y, escape(words)
    )


def _across(at: int, count: int) -> float:
    """The place of the at-th of so many along the wide picture."""
    return LEFT + 8 + (WIDE - RIGHT - LEFT - 16) * (at / (count - 1) if count > 1 else 0.5)


def _up(value: float, tall: float = HIGH) -> float:
    return tall - BOTTOM - (tall - BOTTOM - TOP) * min(1.0, max(0.0, value))


def _xy(across: float, up: float) -> tuple[float, float]:
    return LEFT + (SQUARE - LEFT - RIGHT) * across, _up(up, SQUARE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
