"""What is left of a repository after the App was removed from it: nothing, in no table and in no file (INV 45)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import sqlite3
from typing import Any

import pytest
from dbos import DBOS

from bot.workflows import erase_traces
from bot.workflows.recover_deliveries import TASK as RECOVER
from tests.fakes.running import Running, tracker
from tests.fakes.told import says

NAME = "acme/quokka-forgotten-xyzzy"


@pytest.fixture
def leaving(bot: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A repository with a name like no other, the only one of its installation."""
    monkeypatch.setattr(erase_traces, "PAUSE", 0.1)
    made = tracker(bot.github, installation_id=7_777_777)
    fake = bot.github.repositories.pop(made.lower())
    bot.github.repositories[NAME] = fake
    found = Running(bot.runtime, bot.github, NAME)
    found.fake_renamed(NAME)
    return found


def readable(value: Any) -> str:
    """A cell as it stands, and as it is where the engine packed it."""
    text = str(value)
    try:
        return text + base64.b64decode(text, validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return text


def traces(bot: Running, needle: str) -> list[str]:
    """The tables, ours or the engine's, in which the text stands."""
    with sqlite3.connect(f"file:{bot.file}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [
            table
            for table in tables
            if any(needle in readable(cell) for row in database.execute(f'SELECT * FROM "{table}"') for cell in row)
        ]
    database.close()
    return found


async def worked(bot: Running) -> int:
    """A life: an import, decisions, a command, the scheduled tasks; returns the repository's id."""
    issue = bot.report()
    await bot.ended(await bot.send({"action": "created", "repositories": _listed(bot)}, event="installation"))
    assert (await bot.handled(issue)).outcome == "duplicate"
    await says(bot, issue, "/triage different")
    await asyncio.to_thread(DBOS.trigger_schedule, RECOVER)
    await bot.until(lambda: bot.storage.last_success(RECOVER) is not None)
    return bot.record.id


def _listed(bot: Running) -> list[dict[str, Any]]:
    return [{"id": bot.fake.info.id, "full_name": bot.name}]


@pytest.mark.parametrize("way", ["uninstalled", "removed", "deleted"])
async def test_inv_45_no_table_and_no_file_names_a_repository_that_is_forgotten(
    bot: Running, leaving: Running, way: str
) -> None:
    beside = bot.report()
    kept = (await bot.handled(beside)).id
    identity = await worked(leaving)
    assert traces(leaving, NAME)
    leaving.fake.installation_id += 1  # it is under another one now, or was deleted
    was = {"installation": {"id": leaving.fake.installation_id - 1}}
    if way == "uninstalled":
        await leaving.send({"action": "deleted", "repositories": _listed(leaving), **was}, event="installation")
    elif way == "removed":
        gone = {"action": "removed", "repositories_removed": _listed(leaving), "repositories_added": [], **was}
        await leaving.send(gone, event="installation_repositories")
    else:
        await leaving.send({"action": "deleted", **was}, event="repository")
    await leaving.until(lambda: leaving.storage.repository_by_id(identity) is None)
    await leaving.until(lambda: traces(leaving, NAME) == [] and traces(leaving, f"repository:{identity}") == [])
    files = [path for path in leaving.file.parent.iterdir() if path.name.startswith(leaving.file.name)]
    await leaving.until(lambda: not any(NAME.encode() in path.read_bytes() for path in files))
    assert await DBOS.get_workflow_status_async(kept) is not None
    assert bot.storage.delivery(kept) is not None


async def test_a_repository_that_came_back_meanwhile_is_not_erased(leaving: Running, monkeypatch: Any) -> None:
    monkeypatch.setattr(erase_traces, "PAUSE", 2.0)
    identity = await worked(leaving)
    leaving.fake.installation_id += 1
    was = {"id": leaving.fake.installation_id - 1}
    await leaving.send({"action": "deleted", "installation": was}, event="repository")
    await leaving.until(lambda: leaving.storage.repository_by_id(identity) is None)
    again = await leaving.handled(leaving.report())
    await leaving.until(lambda: _erased() > 0)
    assert leaving.storage.repository_by_id(identity) is not None
    assert leaving.storage.delivery(again.id) is not None


def _erased() -> int:
    return sum(one.output == "erased" for one in DBOS.list_workflows(name=erase_traces.TASK, sort_desc=True, limit=1))
