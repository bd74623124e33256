"""What people do in the dashboard, from the form that is posted to what GitHub shows, and back again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.activities.follow import follow
from bot.storage.dashboard_records import ActRecord
from bot.workflows.steps import services
from models.curation import Edit
from models.issue import Issue
from tests.fakes.acting import acted, cluster
from tests.fakes.running import Running
from tests.fakes.small_world import CLUSTER_LABEL, LABEL
from tests.fakes.told import own, words
from webhooks.dashboard.posting import delivery_id

UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


async def test_a_cluster_is_renamed_by_a_person_and_the_name_is_taken_back(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    new = await acted(bot, http, "split", cluster="extra", numbers=str(answered.number))
    (made,) = [name for name in new.details["clusters"] if name != "extra"]
    act = await acted(bot, http, "rename", cluster=made, value="  Extra   usage, again ")
    assert (act.state, act.actor, act.details["value"]) == ("done", "local", "Extra usage, again")
    assert (cluster(bot, made).title, cluster(bot, made).title_by) == ("Extra usage, again", "person")
    assert bot.storage.edits(bot.record.id)[-1].edit.actor == "local"
    undone = await acted(bot, http, "undo", act=act.id)
    assert undone.state == "done"
    assert cluster(bot, made).title_by == "machine"
    before = bot.storage.act(act.id or 0)
    assert before is not None
    assert before.undone_by == undone.id


async def test_every_edit_of_a_cluster_is_followed_and_undone(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    label = await acted(bot, http, "label", cluster="extra", value="area: money")
    assert cluster(bot).label == "area: money"
    assert (await acted(bot, http, "undo", act=label.id)).state == "done"
    assert cluster(bot).label == CLUSTER_LABEL
    assert (await acted(bot, http, "canonical", cluster="extra", numbers=f"#{answered.number}")).state == "done"
    assert cluster(bot).canonical == answered.number
    assert (await acted(bot, http, "canonical", cluster="extra", numbers="")).state == "done"
    assert (await acted(bot, http, "pin", cluster="extra", numbers="1, #2")).state == "done"
    assert {1, 2} <= set(cluster(bot).members)
    out = await acted(bot, http, "exclude", cluster="extra", numbers="2")
    assert 2 not in cluster(bot).members
    assert (await acted(bot, http, "undo-edit", edit=out.details["edit"])).state == "done"
    assert 2 in cluster(bot).members


@pytest.mark.parametrize("kind", ["exclude", "split"])
async def test_inv_17_what_a_person_took_out_of_a_known_cluster_is_not_told_of_it_any_more(
    bot: Running, http: httpx.AsyncClient, answered: Issue, kind: str
) -> None:
    assert CLUSTER_LABEL in bot.labels(answered.number)
    out = await acted(bot, http, kind, cluster="extra", numbers=str(answered.number))
    assert out.state == "done"
    await bot.until(lambda: "looks like" not in own(bot, answered).body)
    await bot.until(lambda: not {CLUSTER_LABEL, LABEL} & set(bot.labels(answered.number)))
    assert (await acted(bot, http, "undo", act=out.id)).state == "done"
    await bot.until(lambda: "looks like" in own(bot, answered).body)


async def test_a_cluster_is_split_and_merged_again(bot: Running, http: httpx.AsyncClient, answered: Issue) -> None:
    whole = cluster(bot).members
    new = await acted(bot, http, "split", cluster="extra", numbers=[str(answered.number)])
    (made,) = [name for name in new.details["clusters"] if name != "extra"]
    assert cluster(bot, made).members == (answered.number,)
    merged = await acted(bot, http, "merge", cluster=made, into=cluster(bot).title.upper())
    assert merged.state == "done"
    assert "ended" in (merged.outcome or "")
    assert cluster(bot).members == whole
    assert (await acted(bot, http, "undo", act=merged.id)).state == "done"
    assert cluster(bot, made).members == (answered.number,)


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("rename", {"cluster": "extra", "value": "ab"}, "a title has 3 to 120 characters"),
        ("label", {"cluster": "nowhere", "value": "x"}, "there is no cluster nowhere (any more)"),
        ("merge", {"cluster": "extra", "into": "extra"}, "extra is defined in the configuration"),
        ("split", {"cluster": "extra", "numbers": "3"}, "#3 is not in extra"),
        ("pin", {"cluster": "extra", "numbers": "999"}, "is not known here"),
        ("undo", {"act": 10**9}, "there is no such act that could be undone"),
        ("undo-edit", {"edit": 10**9}, "no act 1000000000 is in force"),
        ("confirm", {"number": 999, "other": 5}, "#999 is not there"),
        ("confirm", {"number": 5, "other": 5}, "an issue is no duplicate of itself"),
        ("rollback", {}, "has no earlier generation"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    bot: Running, http: httpx.AsyncClient, answered: Issue, kind: str, fields: dict[str, Any], why: str
) -> None:
    before = len(bot.storage.edits(bot.record.id))
    act = await acted(bot, http, kind, **fields)
    assert act.state == "refused"
    assert why in (act.outcome or "")
    assert len(bot.storage.edits(bot.record.id)) == before


async def test_a_duplicate_is_confirmed_and_the_word_taken_back(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    act = await acted(bot, http, "confirm", number=answered.number, other=5)
    assert (act.state, act.outcome) == ("done", f"#{answered.number} is a duplicate of #5")
    assert words(bot, answered.number) == [("duplicate", "local", 5)]
    assert "A person said so." in own(bot, answered).body
    undone = await acted(bot, http, "undo", act=act.id)
    assert undone.state == "done"
    assert words(bot, answered.number) == []
    assert "A person said so." not in own(bot, answered).body


async def test_inv_18_an_objection_that_a_maintainer_overruled_is_back_when_that_is_undone(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    away = await acted(bot, http, "dismiss", number=answered.number)
    assert away.outcome == f"#{answered.number} is another problem than #5"
    assert LABEL not in bot.labels(answered.number)
    said = words(bot, answered.number)
    over = await acted(bot, http, "confirm", number=answered.number, other=5)
    assert LABEL in bot.labels(answered.number) or "duplicate" in bot.labels(answered.number)
    await acted(bot, http, "undo", act=over.id)
    assert [one for one in words(bot, answered.number) if one[0] in {"objection", "separated"}] == said
    assert not {LABEL, "duplicate"} & set(bot.labels(answered.number))


async def test_an_issue_and_a_cluster_are_decided_again(bot: Running, http: httpx.AsyncClient, answered: Issue) -> None:
    before = len(bot.storage.decisions(bot.record.id, number=answered.number))
    act = await acted(bot, http, "rerun", number=answered.number)
    assert (act.state, act.outcome) == ("done", f"#{answered.number} was decided again: duplicate")
    assert len(bot.storage.decisions(bot.record.id, number=answered.number)) == before + 1
    writes = bot.writes()
    many = await acted(bot, http, "rerun-cluster", cluster="extra")
    assert many.outcome == f"{len(cluster(bot).members)} open reports are decided again, in turn"
    parent = delivery_id(many.id or 0, many.at)
    children = [f"{parent}/{number}" for number in cluster(bot).members]
    await bot.until(lambda: all(bot.storage.delivery(one) is not None for one in children))
    assert {row.outcome for row in await bot.ended(*children)} <= {"duplicate", "new", "related"}
    assert bot.writes() == writes  # INV 23, INV 28


async def test_a_pause_is_kept_and_what_waited_for_its_end_is_caught_up(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    assert (await acted(bot, http, "pause")).state == "done"
    assert bot.record.id in bot.storage.pauses()
    await acted(bot, http, "dismiss", number=answered.number)
    assert LABEL in bot.labels(answered.number)
    assert (await acted(bot, http, "resume")).state == "done"
    assert bot.record.id not in bot.storage.pauses()
    await bot.until(lambda: LABEL not in bot.labels(answered.number))


async def test_clusters_are_made_anew_at_once_and_rolled_back(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    before = bot.storage.current_generation(bot.record.id)
    assert before is not None
    act = await acted(bot, http, "refit")
    assert (act.state, act.outcome) == ("done", "the refit was published")
    after = bot.storage.current_generation(bot.record.id)
    assert after is not None
    assert after.number > before.number
    back = await acted(bot, http, "rollback", to=before.number)
    assert back.state == "done"
    assert bot.storage.generations(bot.record.id)[0].origin == "rollback"


async def test_an_act_that_is_followed_twice_is_done_once(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    act = await acted(bot, http, "label", cluster="extra", value="area: money")
    edits = bot.storage.edits(bot.record.id)
    bot.storage.save_act(ActRecord(None, bot.record.id, act.at, "ada", "refit"))  # or it would be one form, sent twice
    unsaid = replace(act, state="asked", details={"value": "area: money"})  # its worker died before it could say so
    again = await asyncio.to_thread(follow, services(), bot.record, replace(unsaid, id=10**9))
    assert again.state == "done"
    assert len(bot.storage.edits(bot.record.id)) == len(edits) + 1  # another act: that edit is claimed
    assert bot.storage.edits(bot.record.id)[-1].edit.value == "area: money"


async def test_an_edit_that_nobody_claimed_is_the_one_that_was_asked_for(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    at = datetime.now(UTC)
    kept = bot.storage.save_edit(bot.record.id, Edit("label", at, "ada", "extra", value="area: money"))
    asked = ActRecord(10**9, bot.record.id, at, "ada", "label", "extra", None, {"value": "area: money"})
    done = await asyncio.to_thread(follow, services(), bot.record, asked)
    assert done.details == {"edit": kept}
    assert [one.id for one in bot.storage.edits(bot.record.id)] == [kept]


async def test_a_status_is_previewed_told_in_every_comment_and_taken_back(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    page = f"/r/{bot.name}/clusters/extra/status"
    shown = (await http.get(page, params={"text": "A fix is on its way."})).text
    assert "as it will stand in 1 comment" in shown
    assert "A fix is on its way." not in own(bot, answered).body
    act = await acted(bot, http, "broadcast", cluster="extra", value="A fix is on its way.")
    assert act.state == "done"
    await bot.until(lambda: "A fix is on its way" in own(bot, answered).body)
    assert len(bot.comments(answered.number)) == 1
    assert "A fix is on its way." in (await http.get(page)).text
    assert (await acted(bot, http, "undo", act=act.id)).state == "done"
    await bot.until(lambda: "A fix is on its way" not in own(bot, answered).body)


async def test_a_status_that_cannot_be_told_says_why(bot: Running, http: httpx.AsyncClient, answered: Issue) -> None:
    shown = await http.get(f"/r/{bot.name}/clusters/extra/status", params={"text": "x" * 550})
    assert "This cannot be told" in shown.text
    assert (await acted(bot, http, "broadcast", cluster="extra", value="x" * 550)).state == "refused"
    assert (await http.get(f"/r/{bot.name}/clusters/nowhere/status")).status_code == 404


async def test_inv_16_what_was_set_on_a_known_cluster_is_what_the_next_reporter_is_told(
    bot: Running, http: httpx.AsyncClient, answered: Issue
) -> None:
    other = bot.report()
    assert (await bot.handled(other)).outcome == "duplicate"
    assert "#5" in own(bot, other).body
    for kind, value in (("rename", "Money that cannot be used"), ("label", "area: money")):
        assert (await acted(bot, http, kind, cluster="extra", value=value)).state == "done"
    moved = await acted(bot, http, "canonical", cluster="extra", numbers=str(answered.number))
    assert moved.state == "done"
    following = bot.report()
    assert (await bot.handled(following)).outcome == "duplicate"
    said = own(bot, following).body
    assert f"_Money that cannot be used_** (#{answered.number}," in said
    assert "area: money" in bot.labels(following.number)
    assert CLUSTER_LABEL not in bot.labels(following.number)
    await bot.until(lambda: f"(#{answered.number}," in own(bot, other).body)
    assert (await acted(bot, http, "undo", act=moved.id)).state == "done"
    await bot.until(lambda: "(#5," in own(bot, other).body)
