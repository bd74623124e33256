"""Shares and their intervals: Wilson's, around the share, and anything where nothing was counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.share import Share, percent, wilson


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_its_share(right: int, more: int) -> None:
    found = Share.of(right, right + more)
    assert found.part is not None
    assert 0 <= found.low <= found.part + 1e-12
    assert found.part - 1e-12 <= found.high <= 1
    assert found.low < found.high


def test_the_interval_is_wilsons() -> None:
    found = Share.of(8, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.4902, 0.9433)


def test_an_empty_share_may_be_anything() -> None:
    found = Share.of(0, 0)
    assert (found.part, found.low, found.high) == (None, 0.0, 1.0)


def test_the_surer_it_is_to_be_the_wider_it_is() -> None:
    narrow, wide = wilson(3, 10, 1.0), wilson(3, 10, 2.0)
    assert wide[0] < narrow[0] < 0.3 < narrow[1] < wide[1]


def test_a_share_is_written_with_a_space_that_breaks_no_line() -> None:
    assert [percent(part) for part in (0.4732, 0.0, 1.0)] == ["47.3\u00a0%", "0.0\u00a0%", "100.0\u00a0%"]
    assert percent(0.97, 0) == "97\u00a0%"
