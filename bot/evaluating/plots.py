"""Draws a reliability diagram and a precision/recall curve as SVG, in colours that everybody can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]

# Okabe and Ito, Color Universal Design (2008): blue and vermillion; shape and dashes tell them apart as well.
OURS, BASELINE, PALE, INK = "#0072B2", "#D55E00", "#BBBBBB", "#222222"
SIDE, LEFT, TOP, BOTTOM, RIGHT = 360, 64, 40, 56, 24
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


def reliability_plot(bins: Sequence[tuple[float, float, int]], issues: int, brier: float, ece: float) -> str:
    """Stated probability against how often it was right; a point's area is its share of the issues."""
    circles = [
        f'<circle cx="{_x(said):.1f}" cy="{_y(seen):.1f}" r="{4 + 22 * (count / max(1, issues)) ** 0.5:.1f}" '
        f'fill="{OURS}" fill-opacity="0.55" stroke="{OURS}"><title>said {said:.2f}, right {seen:.2f}, '
        f"{count} issues</title></circle>"
        for said, seen, count in bins
    ]
    diagonal = _line([(0, 0), (1, 1)], PALE, "6 4")
    line = _line([(said, seen) for said, seen, _ in bins], OURS)
    title = f"Reliability over {issues:,} issues: Brier {brier:.3f}, ECE {ece:.3f}"
    axes = _axes("probability of the top candidate", "share of them that are right")
    return _picture(title, [axes, diagonal, line, *circles])


def precision_recall_plot(ours: Points, baseline: Points, baseline_name: str) -> str:
    """Precision against recall from (recall, precision) points, ours beside a baseline where there is one."""
    parts = [_axes("recall: duplicates rightly flagged", "precision: flagged that are right")]
    parts += [_line([(0, level), (1, level)], PALE, "2 4") for level in (0.8, 0.9, 0.95)]
    curves = [("Triage", ours, OURS, ""), (baseline_name, baseline, BASELINE, "7 4")]
    for place, (name, points, colour, dashes) in enumerate(curve for curve in curves if curve[1]):
        parts.append(_line(points, colour, dashes))
        height = TOP + SIDE - 36 + 20 * place
        parts.append(
            f'<path d="M{LEFT + 16} {height}h28" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/><text x="{LEFT + 52}" y="{height + 4}">{escape(name)}</text>'
        )
    return _picture("Precision and recall of the top candidate", parts)


def _x(value: float) -> float:
    return LEFT + SIDE * value


def _y(value: float) -> float:
    return TOP + SIDE * (1 - value)


def _line(points: Points, colour: str, dashes: str = "") -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _axes(across: str, up: str) -> str:
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{INK}"/>']
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(f'<text x="{_x(tick):.1f}" y="{TOP + SIDE + 18}" text-anchor="middle">{tick:.1f}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{_y(tick) + 4:.1f}" text-anchor="end">{tick:.1f}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{TOP + SIDE + 42}" text-anchor="middle">{escape(across)}</text>')
    middle = f"translate(20 {_y(0.5)}) rotate(-90)"
    parts.append(f'<text transform="{middle}" text-anchor="middle">{escape(up)}</text>')
    return "\n".join(parts)


def _picture(title: str, parts: Sequence[str]) -> str:
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = [
        f'{start} role="img" fill="{INK}" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>',
        f'<text x="12" y="24" font-weight="600">{escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])
