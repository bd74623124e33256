"""What maintainers tell all reporters: who has it, when the rest follow, and that taking it back does not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.storage.dashboard_records import ActRecord
from bot.storage.records import ConfigRecord
from models.issue import Issue
from tests.fakes.acting import acted
from tests.fakes.running import Running
from tests.fakes.small_world import CONFIG

TEXT = "A fix is on its way."
MEMBERS = 4
CANONICAL = 5  # has a comment of its own, which counts too


def left(bot: Running) -> list[str]:
    """What is still to be worked off in this repository."""
    rows = bot.storage.deliveries(repository_id=bot.record.id)
    return [one.id for one in rows if one.state in {"queued", "running"}]


@pytest.fixture
async def members(bot: Running) -> list[Issue]:
    """Reports with a comment each."""
    issues = [bot.report() for _ in range(MEMBERS)]
    for issue in issues:
        assert (await bot.handled(issue)).outcome == "duplicate"
    await bot.until(lambda: bool(bot.comments(CANONICAL)) and not left(bot))
    return issues


def allow(bot: Running, comments: int) -> None:
    """The repository allows so many more comments this hour (a quiet edit has half of the limit)."""
    since = datetime.now(UTC) - timedelta(hours=1)
    written = len(bot.storage.comment_times(since, repository_id=bot.record.id))
    bot.fake.config = CONFIG + f"limits: {{comments_per_hour: {2 * (written + comments)}}}\n".encode()
    bot.storage.save_config(bot.record.id, ConfigRecord())  # it is read again


def having(bot: Running, members: list[Issue], text: str = TEXT) -> int:
    return sum(text in one for issue in members for one in bot.comments(issue.number))


async def status(bot: Running, http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/r/{bot.name}/clusters/extra/status.json")).json()
    return found


def waiting(bot: Running) -> int:
    rows = bot.storage.deliveries(state="queued", repository_id=bot.record.id)
    return sum("waits for its budget" in (one.outcome or "") for one in rows)


async def told(bot: Running, http: httpx.AsyncClient, members: list[Issue], first: int) -> ActRecord:
    """Tell the text to all, of whom the budget lets so many have it now."""
    allow(bot, first)
    act = await acted(bot, http, "broadcast", cluster="extra", value=TEXT)
    await bot.until(lambda: having(bot, members) == first and waiting(bot) == len(members) - first)
    return act


async def test_inv_30_a_broadcast_says_how_many_have_it_and_from_when_the_rest(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    act = await told(bot, http, members, 1)
    spread = (await status(bot, http))["spread"]
    assert {name: spread[name] for name in ("taken", "total", "done", "waiting")} == {
        "taken": False,
        "total": MEMBERS,
        "done": 1,
        "waiting": MEMBERS - 1,
    }
    next_at = datetime.fromisoformat(spread["next_at"])
    assert timedelta(minutes=50) < next_at - datetime.now(UTC) <= timedelta(hours=1)
    answer = (await http.get(f"/r/{bot.name}/clusters/extra/status?act={act.id}")).text
    activity = (await http.get(f"/r/{bot.name}/activity?view=people")).text
    for page in (answer, activity):
        assert f"1 of {MEMBERS} comments have it, the rest from <time" in page
        assert f'datetime="{next_at.isoformat(timespec="seconds")}"' in page
    csv = (await http.get(f"/r/{bot.name}/activity.csv?view=people")).text
    assert f"1 of {MEMBERS} comments have it, {MEMBERS - 1} follow from {next_at.isoformat()}" in csv


async def test_taking_a_broadcast_back_passes_the_budget_and_says_when_all_comments_are_without_it(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    act = await told(bot, http, members, 3)
    allow(bot, 0)
    undone = await acted(bot, http, "undo", act=act.id)
    await bot.until(lambda: having(bot, members) == 0)
    await bot.until(lambda: "3 of 3 comments are without it" in _page(bot, undone))
    assert (undone.state, undone.cluster_id) == ("done", "extra")
    spread = (await status(bot, http))["spread"]
    assert (spread["taken"], spread["total"], spread["done"], spread["waiting"]) == (True, 3, 3, 0)


def _page(bot: Running, act: ActRecord) -> str:
    from bot.activities.spread import spread_of  # noqa: PLC0415 - beside its only use

    found = bot.storage.act(act.id or 0)
    far = spread_of(bot.storage, found) if found is not None else None
    return far.sentence() if far is not None else ""


async def test_an_empty_text_takes_it_away_as_an_undo_does(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    await told(bot, http, members, 2)
    allow(bot, 0)
    away = await acted(bot, http, "broadcast", cluster="extra", value="")
    assert away.outcome == "the status is taken out of 2 comments, one after the other"
    await bot.until(lambda: having(bot, members) == 0)


async def test_inv_30_a_new_report_does_not_wait_behind_a_broadcast(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    await told(bot, http, members, 0)
    late = bot.report()
    assert (await bot.handled(late)).outcome == "duplicate"
    assert TEXT in bot.comments(late.number)[0]


async def test_a_text_that_is_taken_back_gives_way_to_the_one_that_stands(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    first = await acted(bot, http, "broadcast", cluster="extra", value="The first text.")
    second = await acted(bot, http, "broadcast", cluster="extra", value="The second text.")
    await bot.until(lambda: having(bot, members, "The second text.") == MEMBERS)
    early = await acted(bot, http, "undo", act=first.id)
    assert "a newer status by local stands" in (early.outcome or "")
    assert bot.storage.statuses(bot.record.id)["extra"].text == "The second text."
    await acted(bot, http, "undo", act=second.id)
    assert bot.storage.statuses(bot.record.id) == {}
    third = await acted(bot, http, "broadcast", cluster="extra", value="The third text.")
    fourth = await acted(bot, http, "broadcast", cluster="extra", value="The fourth text.")
    before = bot.storage.statuses(bot.record.id)["extra"].at
    await acted(bot, http, "undo", act=fourth.id)
    kept = bot.storage.statuses(bot.record.id)["extra"]
    assert (kept.text, kept.at < before, third.state) == ("The third text.", True, "done")
    await bot.until(lambda: having(bot, members, "The third text.") == MEMBERS)


async def test_what_is_told_keeps_its_lines_in_preview_comments_and_activity(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    root = f"/r/{bot.name}"
    preview = (await http.get(f"{root}/clusters/extra/status?text=Line+one.%0D%0A%0D%0A2.+Line+two.")).text
    assert "</strong> Line one.<br />\n2. Line two.</p>" in preview
    assert ">Line one.\n2. Line two.</textarea>" in preview
    await acted(bot, http, "broadcast", cluster="extra", value="Line one.\r\n\r\n2. Line two.")
    await bot.until(lambda: having(bot, members, "Line one.\n> 2\\. Line two.\n\n") == MEMBERS)
    await bot.until(lambda: left(bot) == [])
    assert (await status(bot, http))["now"]["text"] == "Line one.\n2. Line two."
    assert (await status(bot, http))["spread"]["done"] == MEMBERS
    (told,) = (await http.get(f"{root}/activity.json?view=people")).json()["people"]
    assert told["value"] == "Line one.\n2. Line two."


async def test_activity_says_what_was_told_and_which_act_of_whom_was_taken_back(
    bot: Running, http: httpx.AsyncClient, members: list[Issue]
) -> None:
    secret = "ghp_" + "a1B2" * 9
    act = await acted(bot, http, "broadcast", cluster="extra", value=f"=1+1 <b>mail</b> {secret} @acme/team")
    await bot.until(lambda: "@\u200bacme/team" in bot.comments(members[0].number)[0])
    await acted(bot, http, "undo", act=act.id)
    data = (await http.get(f"/r/{bot.name}/activity.json?view=people")).json()
    undo, broadcast = data["people"]
    assert secret not in broadcast["value"]
    assert broadcast["value"].startswith("=1+1 <b>mail</b> ")
    assert (broadcast["actor"], broadcast["cluster"], broadcast["undone"]) == ("local", "extra", True)
    back = undo["took_back"]
    assert (back["kind"], back["actor"], back["value"]) == ("broadcast", "local", broadcast["value"])
    page = (await http.get(f"/r/{bot.name}/activity?view=people")).text
    assert "<q>=1+1 &lt;b&gt;mail&lt;/b&gt;" in page
    assert "<strong>local</strong>: told all reporters" in page
    csv = (await http.get(f"/r/{bot.name}/activity.csv?view=people")).text
    assert "'=1+1 <b>" in csv
    assert ", extra: told all reporters “=1+1" in csv
    assert [one for one in csv.splitlines() if ",broadcast," in one and "comments have it" in one] == []
    assert secret not in page + csv
    assert bot.storage.acts(bot.record.id)[1].details["value"] == broadcast["value"]  # INV 41: nor in the database
