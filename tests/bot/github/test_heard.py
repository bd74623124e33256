"""What GitHub says of its limits is kept by the bot's own clock, however wrong that is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.github.heard import Heard

THERE = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("ahead", [-600, 0, 600])
def test_the_hours_end_is_as_far_away_as_github_says(ahead: int) -> None:
    ours = THERE.timestamp() + ahead
    heard = Heard(lambda: ours)
    reset = str(int(THERE.timestamp()) + 900)
    said = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "20", "x-ratelimit-reset": reset}
    heard.note(7, {"date": "Mon, 05 Jan 2026 12:00:00 GMT", **said})
    assert heard.limits()[7].resets_at.timestamp() - ours == 900
