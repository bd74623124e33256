"""The App is installed, suspended, given and denied repositories, and removed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from bot.activities import granted
from bot.errors import GitHubError, Permanent, Unaccepted, Unavailable
from bot.storage.records import DeliveryRecord
from bot.workflows import steps
from tests.fakes.running import Running, tracker

_installations = itertools.count(100)


@pytest.fixture
def alone(bot: Running) -> Running:
    """A repository that is the only one of its installation."""
    return Running(bot.runtime, bot.github, tracker(bot.github, installation_id=next(_installations)))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What GitHub answers is no older than what it told."""
    monkeypatch.setattr(granted, "SETTLING", timedelta())


def uninstalled(bot: Running) -> None:
    """The App may not see the repository any more; its installation is over where it covered nothing else."""
    bot.fake.installation_id = next(_installations)


async def changed(bot: Running, action: str, event: str = "installation", **payload: object) -> DeliveryRecord:
    (row,) = await bot.ended(await bot.send({"action": action, **payload}, event=event))
    return row


async def deleted(bot: Running) -> None:
    """The repository is deleted on GitHub; of its deliveries nothing is left either, this one included."""
    identity, installation = bot.record.id, {"id": bot.fake.installation_id}
    uninstalled(bot)
    await bot.send({"action": "deleted", "installation": installation}, event="repository")
    await bot.until(lambda: bot.storage.repository_by_id(identity) is None)


def imported(bot: Running) -> bool:
    found = bot.storage.repository(bot.name)
    return found is not None and bot.storage.current_generation(found.id) is not None


async def test_inv_28_an_installation_imports_every_repository_in_silence(alone: Running) -> None:
    beside = Running(alone.runtime, alone.github, tracker(alone.github, installation_id=alone.fake.installation_id))
    row = await changed(alone, "created")
    assert row.outcome == "importing 2 repositories"
    await alone.until(lambda: imported(alone) and imported(beside))
    assert alone.storage.issue_count(alone.record.id) == beside.storage.issue_count(beside.record.id) == 5
    assert alone.writes() + beside.writes() == []


async def test_a_suspension_is_noted_and_its_end_too(alone: Running) -> None:
    await alone.handled(alone.report())
    alone.fake.suspended = True
    assert (await changed(alone, "suspend")).outcome == "suspended 1 repositories"
    assert (alone.record.state, alone.record.state_reason) == ("suspended", "the installation is suspended")
    alone.fake.suspended = False
    assert (await changed(alone, "unsuspend")).outcome == "active 1 repositories"
    assert (alone.record.state, alone.record.state_reason) == ("active", None)


async def test_inv_45_uninstalling_forgets_every_repository_of_the_installation_and_no_other(
    alone: Running, bot: Running
) -> None:
    await alone.handled(alone.report())
    await bot.handled(bot.report())
    identity, other, installation = alone.record.id, bot.record.id, {"id": alone.fake.installation_id}
    uninstalled(alone)
    assert (await changed(alone, "deleted", installation=installation)).outcome == "forgot 1 repositories"
    assert alone.storage.repository_by_id(identity) is None
    assert bot.storage.issue_count(other) == 6


async def test_inv_45_a_deleted_repository_is_forgotten(alone: Running) -> None:
    await alone.handled(alone.report())
    identity = alone.record.id
    await deleted(alone)
    assert alone.storage.issue_count(identity) == 0
    assert alone.storage.decisions(identity) == []
    assert [row for row in alone.storage.deliveries() if row.repository == alone.name] == []


async def test_a_change_of_a_repository_that_nobody_knows_is_no_trouble(alone: Running) -> None:
    assert (await changed(alone, "renamed", "repository")).outcome == "unknown repository"


async def test_a_repository_that_comes_back_after_it_was_forgotten_starts_anew(alone: Running) -> None:
    await alone.handled(alone.report())
    await deleted(alone)
    issue = alone.report()
    assert (await alone.handled(issue)).outcome == "duplicate"
    assert len(alone.comments(issue.number)) == 1


async def test_inv_45_an_uninstalled_repository_is_forgotten(bot: Running) -> None:
    await bot.handled(bot.report())
    identity, payload = bot.record.id, removal(bot)
    uninstalled(bot)
    (row,) = await bot.ended(await bot.send(payload, event="installation_repositories"))
    assert row.outcome == "forgot 1 repositories"
    assert bot.storage.repository_by_id(identity) is None
    assert bot.storage.issue_count(identity) == 0


def removal(bot: Running) -> dict[str, object]:
    """What GitHub tells when the repository is taken out of its installation."""
    return {
        "action": "removed",
        "installation": {"id": bot.fake.installation_id},
        "repositories_removed": [{"id": bot.fake.info.id, "full_name": bot.name}],
        "repositories_added": [],
    }


@pytest.mark.usefixtures("settled")
async def test_a_removal_that_comes_late_takes_nothing_from_a_repository_that_was_added_again(bot: Running) -> None:
    await bot.handled(bot.report())
    (row,) = await bot.ended(await bot.send(removal(bot), event="installation_repositories"))
    assert row.outcome == "forgot 0 repositories"
    assert bot.storage.issue_count(bot.record.id) == 6


@pytest.mark.usefixtures("settled")
async def test_a_repository_that_was_restored_is_not_forgotten_for_a_late_deletion(bot: Running) -> None:
    await bot.handled(bot.report())
    (row,) = await bot.ended(await bot.send({"action": "deleted"}, event="repository"))
    assert row.outcome == "it is still there"
    assert bot.storage.issue_count(bot.record.id) == 6


@pytest.mark.usefixtures("settled")
async def test_a_suspension_that_is_over_by_now_suspends_nothing(alone: Running) -> None:
    await alone.handled(alone.report())
    assert (await changed(alone, "suspend")).outcome == "active 1 repositories"
    assert alone.record.state == "active"


async def test_a_suspension_of_an_installation_that_is_over_is_left_to_its_deletion(alone: Running) -> None:
    await alone.handled(alone.report())
    installation = {"id": alone.fake.installation_id}
    uninstalled(alone)
    assert (await changed(alone, "suspend", installation=installation)).outcome == "the installation is over"
    assert alone.record.state == "active"


@pytest.mark.parametrize(
    "failure",
    [Unavailable("502"), Unaccepted("401", stops_repository=True), Permanent("no App")],
    ids=["unavailable", "unaccepted", "permanent"],
)
async def test_inv_45_a_removal_waits_as_long_as_github_cannot_be_asked(
    bot: Running, monkeypatch: pytest.MonkeyPatch, failure: GitHubError
) -> None:
    await bot.handled(bot.report())
    identity, payload = bot.record.id, removal(bot)
    uninstalled(bot)
    monkeypatch.setattr(granted, "ASK_AGAIN", 0.1)
    monkeypatch.setattr(steps, "IN_PLACE", 0.0)
    bot.github.fail_next("is_suspended", failure, times=2)
    (row,) = await bot.ended(await bot.send(payload, event="installation_repositories"))
    assert row.outcome == "forgot 1 repositories"
    assert bot.storage.issue_count(identity) == 0


@pytest.mark.parametrize(
    ("event", "action", "key"),
    [("installation_repositories", "removed", "repositories_removed"), ("installation", "deleted", "repositories")],
)
async def test_inv_29_what_another_installation_says_takes_nothing_from_this_one(
    bot: Running, event: str, action: str, key: str
) -> None:
    await bot.handled(bot.report())
    payload = {
        "action": action,
        "installation": {"id": bot.fake.installation_id + 50_000},
        key: [{"id": bot.record.id, "full_name": bot.name}],
    }
    (row,) = await bot.ended(await bot.send(payload, event=event))
    assert row.outcome == "forgot 0 repositories"
    assert bot.storage.issue_count(bot.record.id) == 6


@pytest.mark.parametrize(("waits_for", "forgotten"), [(+1, 0), (-1, 1)])
async def test_inv_29_a_repository_that_moves_is_not_forgotten_while_its_new_installation_waits_for_its_turn(
    bot: Running, waits_for: int, forgotten: int
) -> None:
    await bot.handled(bot.report())
    before, about = bot.fake.installation_id, {"id": bot.record.id, "full_name": bot.name}
    uninstalled(bot)
    reading = DeliveryRecord(
        id=f"moved/import/{bot.record.id}",
        event="installation_repositories",
        action="added",
        workflow="import_repository",
        received_at=datetime.now(UTC),
        repository=bot.name,
        repository_id=bot.record.id,
        installation_id=before + waits_for,
    )
    bot.storage.accept([reading], lambda *_: None)
    payload = {"action": "removed", "installation": {"id": before}, "repositories_removed": [about]}
    (row,) = await bot.ended(await bot.send(payload, event="installation_repositories"))
    assert row.outcome == f"forgot {forgotten} repositories"
    if not forgotten:
        assert bot.row(reading.id).state == "queued"
        bot.storage.finish_delivery(reading.id, "done", "imported", None)


async def test_inv_28_added_repositories_are_imported_in_silence(bot: Running) -> None:
    payload = {
        "action": "added",
        "repositories_added": [{"id": bot.fake.info.id, "full_name": bot.name}],
        "repositories_removed": [],
    }
    await bot.ended(await bot.send(payload, event="installation_repositories"))
    await bot.until(lambda: (found := bot.storage.repository(bot.name)) is not None and found.imported_at is not None)
    await bot.until(lambda: bot.storage.current_generation(bot.record.id) is not None)
    assert bot.storage.issue_count(bot.record.id) == 5
    assert bot.writes() == []
