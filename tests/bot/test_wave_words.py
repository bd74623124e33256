"""What is told of a wave: numbers and links, and no title but a person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.wave_words import MOST_LISTED, WaveTold, address_of, draft, notice
from models.cluster import Cluster, Wave

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WAVE = Wave(NOON, NOON + timedelta(hours=1), 14, 0.24, 6, NOON + timedelta(hours=3), 1.5e-7)
CLUSTER = Cluster("extra", "Extra usage *400*", "extra", canonical=5, title_by="config")
TOLD = WaveTold("acme/shop", "https://github.com/acme/shop", CLUSTER, WAVE, (7, 8, 9))


def test_the_notice_holds_numbers_and_links() -> None:
    assert notice(TOLD, ended=False) == {
        "text": "acme/shop: a wave of “Extra usage *400*” has begun, 14 reports since 2026-03-04 12:00 UTC",
        "event": "wave.noticed",
        "repository": "acme/shop",
        "cluster": "extra",
        "title": "Extra usage *400*",
        "reports": 14,
        "expected": 0.24,
        "peak_per_hour": 6,
        "probability": 1.5e-7,
        "began_at": "2026-03-04T12:00:00+00:00",
        "noticed_at": "2026-03-04T13:00:00+00:00",
        "last_report_at": "2026-03-04T15:00:00+00:00",
        "ended_at": None,
        "canonical": 5,
        "canonical_url": "https://github.com/acme/shop/issues/5",
        "last_report_url": "https://github.com/acme/shop/issues/9",
    }


def test_the_end_has_its_time() -> None:
    over = replace(TOLD, wave=replace(WAVE, ended_at=NOON + timedelta(days=1)), reports=())
    said = notice(over, ended=True)
    assert (said["event"], said["ended_at"]) == ("wave.ended", "2026-03-05T12:00:00+00:00")
    assert "is over" in said["text"]
    assert said["last_report_url"] is None


@pytest.mark.parametrize("made", ["c12", "c12-2"])
def test_inv_40_a_title_that_a_machine_made_of_reports_goes_nowhere(made: str) -> None:
    machine = replace(TOLD, cluster=Cluster(made, "what somebody wrote", title_by="machine"))
    for said in (str(notice(machine, ended=False)), str(notice(machine, ended=True)), draft(machine)):
        assert "somebody" not in said
        assert made in said


def test_the_draft_is_a_tracking_issue_in_markdown() -> None:
    assert draft(TOLD) == (
        "# Extra usage \\*400\\*\n"
        "\n"
        "14 reports since 2026-03-04 12:00 UTC so far, the last one 2026-03-04 15:00 UTC; at most 6 in an hour.\n"
        "By this cluster's past there would have been 0.2 in that time.\n"
        "\n"
        "Canonical issue: #5\n"
        "\n"
        "## Reports\n"
        "\n"
        "- #7\n- #8\n- #9\n"
    )


def test_a_draft_of_a_great_wave_is_no_great_list() -> None:
    many = draft(replace(TOLD, reports=tuple(range(1, MOST_LISTED + 3)), wave=replace(WAVE, ended_at=NOON)))
    assert many.count("- #") == MOST_LISTED
    assert "- and 2 more" in many
    assert "until 2026-03-04 12:00 UTC" in many


def test_people_see_the_repository_beside_the_api() -> None:
    assert address_of("https://api.github.com", "acme/shop") == "https://github.com/acme/shop"
    assert address_of("https://git.acme.example/api/v3", "a/b") == "https://git.acme.example/a/b"
