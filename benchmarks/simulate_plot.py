"""Draws the nights of a simulation: the share of settled issues that keep their cluster's id."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from models.share import percent

# Okabe and Ito, Color Universal Design (2008).
OURS, NAIVE, PALE, INK = "#0072B2", "#D55E00", "#BBBBBB", "#222222"
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 300, 64, 44, 24, 52
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


def nights_plot(kept: Sequence[float], naive: Sequence[float], wanted: float, title: str) -> str:
    """An SVG of shares (0 to 1) by night, beside ids that are taken from the lowest member each night."""
    low = min([*kept, *naive, wanted]) // 0.05 * 0.05
    marks = [low + step * (1 - low) / 4 for step in range(5)]
    parts = [_line([(0, mark), (1, mark)], low, PALE, "2 4") + _mark(mark, low) for mark in marks]
    parts.append(_line([(0, wanted), (1, wanted)], low, INK, "6 4"))
    for at, (name, shares, colour, dashes) in enumerate(
        (("reconciled", kept, OURS, ""), ("id = lowest member", naive, NAIVE, "7 4"))
    ):
        points = [(night / max(1, len(shares) - 1), share) for night, share in enumerate(shares)]
        parts.append(_line(points, low, colour, dashes))
        down = TOP + HEIGHT - 40 + 20 * at
        parts.append(
            f'<path d="M{LEFT + 16} {down}h28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
            f'<text x="{LEFT + 52}" y="{down + 4}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">night</text>')
    parts += [
        f'<text x="{LEFT + WIDTH * night / max(1, len(kept) - 1):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">'
        f"{night + 1}</text>"
        for night in range(0, len(kept), 5)
    ]
    wide, high = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" {FONT} fill="{INK}">'
        f'<title>{escape(title)}</title><rect width="{wide}" height="{high}" fill="white"/>'
        f'<text x="{LEFT}" y="24" font-weight="600">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def _mark(share: float, low: float) -> str:
    return f'<text x="{LEFT - 8}" y="{_down(share, low) + 4:.1f}" text-anchor="end">{percent(share, 0)}</text>'


def _line(points: Sequence[tuple[float, float]], low: float, colour: str, dashes: str) -> str:
    path = " ".join(f"{LEFT + WIDTH * across:.1f},{_down(share, low):.1f}" for across, share in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _down(share: float, low: float) -> float:
    return TOP + HEIGHT * (1 - share) / (1 - low)
