"""The plots: what they say, that nothing in them escapes, and that they need no style of their own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from webhooks.dashboard.plots import Dot, Line, Point, Span, bars, lines, reliability, timeline

NOW = datetime(2026, 3, 4, tzinfo=UTC)
EVIL = '"><script>alert(1)</script>'
WEEKS = [Point(date(2026, 1, 5) + timedelta(weeks=at), at / 10 or None, 0.0, 1.0, at) for at in range(9)]
PLOTS = {
    "lines": lines(EVIL, [Line(EVIL, 1, WEEKS)]),
    "reliability": reliability(EVIL, [Dot(0.5, 0.4, 0.2, 0.6, 10), Dot(1.0, 1.0, 0.7, 1.0, 3)]),
    "timeline": timeline(EVIL, [Span(EVIL, NOW - timedelta(days=3), None, 9, EVIL)], NOW - timedelta(days=9), NOW),
    "bars": bars(EVIL, [(EVIL, 3, EVIL), ("b", 0, "none"), ("c", 12, "most")]),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_one_picture_with_words_and_without_style_or_script(name: str) -> None:
    tree = ElementTree.fromstring(PLOTS[name])
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == EVIL
    tags = {one.tag for one in tree.iter()}
    assert "script" not in tags
    assert not any("style" in one.attrib or any(key.startswith("on") for key in one.attrib) for one in tree.iter())


@pytest.mark.parametrize("name", PLOTS)
def test_everything_is_inside_the_picture(name: str) -> None:
    tree = ElementTree.fromstring(PLOTS[name])
    _, _, wide, high = (float(part) for part in str(tree.get("viewBox")).split())
    for one in tree.iter():
        for key, most in (("cx", wide), ("x", wide), ("cy", high), ("y", high)):
            assert -1 <= float(one.get(key, 0)) <= most + 1


def test_a_week_without_a_judgement_has_no_point() -> None:
    tree = ElementTree.fromstring(lines("words", [Line("precision", 1, WEEKS)]))
    assert len([one for one in tree.iter() if one.tag == "circle"]) == len(WEEKS) - 1
    assert lines("words", []) == ""


def test_a_wave_that_is_on_reaches_to_now_in_another_colour() -> None:
    spans = [
        Span("a", NOW - timedelta(days=5), NOW - timedelta(days=4), 4, "over"),
        Span("a", NOW - timedelta(days=1), None, 16, "on"),
    ]
    tree = ElementTree.fromstring(timeline("words", spans, NOW - timedelta(days=10), NOW))
    over, on = [one for one in tree.iter() if one.tag == "rect"]
    assert "series-1" in str(over.get("class"))
    assert "series-2" in str(on.get("class"))
    assert float(on.get("x", 0)) + float(on.get("width", 0)) == pytest.approx(760 - 16, abs=0.2)
    assert float(on.get("height", 0)) > float(over.get("height", 0))


def test_nothing_is_drawn_of_nothing() -> None:
    for drawn in (reliability("w", []), bars("w", []), timeline("w", [], NOW - timedelta(days=1), NOW)):
        assert ElementTree.fromstring(drawn).tag == "svg"
