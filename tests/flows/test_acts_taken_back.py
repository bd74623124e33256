"""What an Undo restores: the clusters' members, names and words as they were, also where newer acts lie between."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.storage.records import FeedbackRecord
from models.issue import Issue
from tests.fakes.acting import acted, cluster
from tests.fakes.running import Running
from tests.fakes.told import own, words


def homes(bot: Running) -> dict[int, str]:
    """Issue → the cluster in force that it is in."""
    return {number: one.id for one in bot.storage.clusters_in_force(bot.record.id) for number in one.members}


@pytest.fixture
async def parted(bot: Running, http: httpx.AsyncClient, answered: Issue) -> tuple[str, int]:
    """A second cluster, of two unlike issues that a person put there, and one of the first one's reports."""
    first = await acted(bot, http, "pin", cluster="extra", numbers="1 2")
    assert first.state == "done"
    new = await acted(bot, http, "split", cluster="extra", numbers="1 2")
    (made,) = [name for name in new.details["clusters"] if name != "extra"]
    return made, answered.number


async def test_undoing_a_pin_puts_the_issue_back_where_it_was(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]
) -> None:
    made, number = parted
    before = homes(bot)
    moved = await acted(bot, http, "pin", cluster=made, numbers=f"{number} 3")
    assert {homes(bot)[number], homes(bot)[3]} == {made}
    undone = await acted(bot, http, "undo", act=moved.id)
    assert undone.state == "done", undone.outcome
    assert homes(bot) == before
    assert 3 not in homes(bot)


async def test_undoing_an_exclusion_puts_the_issue_back(bot: Running, http: httpx.AsyncClient, answered: Issue) -> None:
    before = homes(bot)
    out = await acted(bot, http, "exclude", cluster="extra", numbers=str(answered.number))
    assert answered.number not in homes(bot)
    await acted(bot, http, "undo", act=out.id)
    assert homes(bot) == before


async def test_undoing_a_canonical_that_was_brought_in_puts_it_back(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]
) -> None:
    made, number = parted
    before, was = homes(bot), cluster(bot, made).canonical
    act = await acted(bot, http, "canonical", cluster=made, numbers=str(number))
    assert (homes(bot)[number], cluster(bot, made).canonical) == (made, number)
    await acted(bot, http, "undo", act=act.id)
    assert (homes(bot), cluster(bot, made).canonical) == (before, was)


async def test_undoing_the_earlier_of_two_pins_changes_nothing_and_the_later_one_leads_back_to_the_start(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]
) -> None:
    made, number = parted
    before = homes(bot)
    third = await acted(bot, http, "split", cluster=made, numbers="2")
    (last,) = [name for name in third.details["clusters"] if name != made]
    first = await acted(bot, http, "pin", cluster=made, numbers=str(number))
    second = await acted(bot, http, "pin", cluster=last, numbers=str(number))
    await acted(bot, http, "undo", act=first.id)
    assert homes(bot)[number] == last
    await acted(bot, http, "undo", act=second.id)
    assert homes(bot)[number] == before[number]


async def test_a_merge_that_is_undone_gives_the_ended_cluster_back_with_its_name(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]
) -> None:
    made, _ = parted
    await acted(bot, http, "rename", cluster=made, value="Two unlike things")
    before = homes(bot)
    merged = await acted(bot, http, "merge", cluster=made, into="extra")
    assert set(homes(bot).values()) == {"extra"}
    await acted(bot, http, "undo", act=merged.id)
    assert homes(bot) == before
    assert (cluster(bot, made).title, cluster(bot, made).title_by) == ("Two unlike things", "person")


async def test_what_cannot_be_put_back_is_said(bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]) -> None:
    made, number = parted
    out = await acted(bot, http, "exclude", cluster="extra", numbers=str(number))
    apart = FeedbackRecord(bot.record.id, number, "separated", bot.github.now, "ann", "comment", other=5)
    bot.storage.save_feedback(apart)
    undone = await acted(bot, http, "undo", act=out.id)
    assert undone.state == "done"
    assert number not in homes(bot)
    assert f"#{number} is not back in extra" in (undone.outcome or "")
    assert made in homes(bot).values()


async def test_undoing_a_confirmation_puts_the_issue_back_where_it_was(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int]
) -> None:
    made, _ = parted
    before = homes(bot)
    lone = bot.report("Fan is loud", "The fan of the laptop runs all day since the spring release.")
    await bot.handled(lone)
    assert lone.number not in homes(bot)
    said = await acted(bot, http, "confirm", number=lone.number, other=2)
    assert homes(bot)[lone.number] == made
    undone = await acted(bot, http, "undo", act=said.id)
    assert undone.state == "done", undone.outcome
    assert homes(bot) == before


async def test_inv_06_undoing_a_confirmation_sends_back_who_followed_it_unasked(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    said = await acted(bot, http, "confirm", number=5, other=4)
    await bot.until(lambda: "(#4, " in own(bot, answered).body)
    await acted(bot, http, "undo", act=said.id)
    await bot.until(lambda: "(#5, " in own(bot, answered).body)


async def test_undoing_a_dismissal_puts_the_issue_back_where_it_was(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    before = homes(bot)
    said = await acted(bot, http, "dismiss", number=answered.number)
    assert answered.number not in homes(bot)
    await acted(bot, http, "undo", act=said.id)
    assert homes(bot) == before


@pytest.mark.parametrize(
    ("kind", "values", "read"),
    [
        ("rename", ("The first name", "The second name"), "title"),
        ("label", ("area: one", "area: two"), "label"),
        ("canonical", ("1", "2"), "canonical"),
    ],
)
async def test_what_was_set_twice_is_undone_in_either_order(
    bot: Running, http: httpx.AsyncClient, parted: tuple[str, int], kind: str, values: tuple[str, str], read: str
) -> None:
    made, _ = parted
    field = "numbers" if kind == "canonical" else "value"

    def now() -> str:
        return str(getattr(cluster(bot, made), read))

    before = now()
    for newest_first in (True, False):
        acts = [await acted(bot, http, kind, cluster=made, **{field: value}) for value in values]
        assert now() == values[1]
        for act in reversed(acts) if newest_first else acts:
            await acted(bot, http, "undo", act=act.id)
            left = values[0] if newest_first else values[1]
            assert now() == (left if act is acts[newest_first] else before)


async def test_a_pause_that_is_undone_gives_way_to_what_was_said_later(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    def paused() -> bool:
        return bot.record.id in bot.storage.pauses()

    first = await acted(bot, http, "pause")
    resumed = await acted(bot, http, "resume")
    again = await acted(bot, http, "pause")
    assert (await acted(bot, http, "undo", act=first.id)).state == "done"
    assert paused()
    await acted(bot, http, "undo", act=again.id)
    assert not paused()
    await acted(bot, http, "undo", act=resumed.id)
    assert paused() is False or resumed.details["before"] == "paused"


async def test_inv_18_a_word_on_which_a_newer_one_rests_is_not_taken_back_before_it(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    away = await acted(bot, http, "dismiss", number=answered.number)
    over = await acted(bot, http, "confirm", number=answered.number, other=5)
    refused = await acted(bot, http, "undo", act=away.id)
    assert (refused.state, "undo that first" in (refused.outcome or "")) == ("refused", True)
    for act in (over, away):
        assert (await acted(bot, http, "undo", act=act.id)).state == "done"
    assert words(bot, answered.number) == []


async def test_a_form_that_is_sent_twice_is_one_act(bot: Running, http: httpx.AsyncClient, answered: Issue) -> None:
    first = await acted(bot, http, "confirm", number=answered.number, other=5)
    second = await acted(bot, http, "confirm", number=answered.number, other=5)
    assert second.id == first.id  # the answer leads to the first one, which can be undone
    assert words(bot, answered.number) == [("duplicate", "local", 5)]
    await acted(bot, http, "undo", act=first.id)
    assert words(bot, answered.number) == []
    again = await acted(bot, http, "undo", act=first.id)
    assert (again.state, again.undoes) == ("done", first.id)  # the same Undo, sent twice
    late = await acted(bot, http, "confirm", number=answered.number, other=5)
    assert late.id != first.id


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("dismiss", {"number": 5, "other": 999}, "#999 is not there"),
        ("dismiss", {"number": 5, "other": 6}, "#6 is a pull request"),
        ("confirm", {"number": 6, "other": 5}, "#6 is a pull request"),
        ("rerun", {"number": 6}, "#6 is a pull request"),
        ("pin", {"cluster": "extra", "numbers": "6"}, "#6 is a pull request"),
        ("broadcast", {"cluster": "extra", "value": "  "}, "there is nothing to take away"),
        ("undo", {"act": 10**9}, "there is no such act"),
    ],
)
async def test_inv_07_a_pull_request_or_nothing_at_all_is_refused_in_words(
    bot: Running, http: httpx.AsyncClient, kind: str, fields: dict[str, Any], why: str
) -> None:
    pull = bot.report("Add a button", "It adds a button.", is_pull_request=True)
    await bot.handled(bot.report())
    assert pull.number == 6
    act = await acted(bot, http, kind, **fields)
    assert (act.state, why in (act.outcome or "")) == ("refused", True), act.outcome
    assert bot.storage.feedback(bot.record.id) == []
