"""`triage refit`: the nightly job by hand, with its difference."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import wiring
from bot.activities import refit_plan
from bot.activities.refit_budget import Budget
from bot.cli import opened
from bot.cli import refit as cli_refit
from bot.storage.open import open_storage
from bot.storage.protocol import Storage
from bot.storage.records import FeedbackRecord
from models.cluster import Generation
from models.clustering import ClusterLimits
from tests.bot.cli.conftest import Ran, Run
from tests.fakes.played import CANONICAL, Played
from tests.fakes.small_world import BODY, CONFIG, NAME, CountingEmbedder

UPLOAD = "The upload of pictures stays at 99 percent: Error: socket hang up."


def generation() -> Generation:
    """The one in force."""
    storage = open_storage("sqlite:///triage.db")
    repository = storage.repository(NAME)
    assert repository is not None
    found = storage.current_generation(repository.id)
    storage.close()
    assert found is not None
    return found


def told(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_it_publishes_who_joined_since(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    number = tracker.report().number
    said = told(triage("refit", NAME, "--json"))
    assert (said["published"], said["outcome"], said["generation"]) == (True, "published", before.number + 1)
    (change,) = said["changes"]
    assert (change["cluster"], change["kind"], change["joined"], change["left"]) == ("extra", "grown", [number], [])
    assert generation().number == before.number + 1
    assert generation().clusters[0].members == (CANONICAL, number)


def test_a_dry_run_shows_the_difference_and_publishes_nothing(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    number = tracker.report().number
    ran = triage("refit", NAME, "--dry-run")
    lines = ran.out.splitlines()
    assert lines[1].split()[:4] == ["extra", "grown", f"#{number}", "1"]
    assert lines[-2:] == ["would be published", "nothing was published (dry run)"]
    assert generation() == before
    said = told(triage("refit", NAME, "--dry-run", "--json"))
    assert (said["published"], said["outcome"], said["changes"][0]["joined"]) == (False, "would be published", [number])
    assert said["figures"].keys() == told(triage("refit", NAME, "--json"))["figures"].keys()


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with contextlib.closing(sqlite3.connect("triage.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def test_a_dry_run_sees_what_is_new_on_github_and_writes_no_row(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert triage("refit", NAME).code == 0
    number = tracker.report(body=f"{BODY} And so it is on Linux.").number
    promo = '  - {slug: promo, title: Promo missing, examples: ["the promised voucher never came"]}\n'
    tracker.change(config=CONFIG.decode() + promo)
    before = rows()
    monkeypatch.setattr(wiring, "build_embedder", lambda _: CountingEmbedder("another-model"))
    said = told(triage("refit", NAME, "--dry-run", "--json"))
    changed = {one["cluster"]: (one["kind"], one["joined"]) for one in said["changes"]}
    assert changed == {"extra": ("grown", [number]), "promo": ("born", [])}
    assert rows() == before
    assert told(triage("refit", NAME, "--json"))["changes"] == said["changes"]
    assert rows() != before


def test_a_dry_run_of_what_was_never_read_says_so(triage: Run, tracker: Played) -> None:
    ran = triage("refit", NAME, "--dry-run")
    assert (ran.code, f"triage import {NAME}" in ran.err) == (1, True)


def test_inv_28_nobody_is_notified(triage: Run, tracker: Played) -> None:
    tracker.report()
    assert triage("refit", NAME).code == 0
    assert tracker.writes() == []
    assert {token["issues"] for token in tracker.tokens_for()} == {"read"}


def test_a_second_refit_changes_nothing(triage: Run, tracker: Played) -> None:
    first = told(triage("refit", NAME, "--json"))
    assert [(one["cluster"], one["kind"]) for one in first["changes"]] == [("extra", "born")]
    second = told(triage("refit", NAME, "--json"))
    assert (second["changes"], second["churn"]) == ([], 0.0)


def test_inv_38_one_that_would_move_too_much_is_refused_and_force_publishes_it(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.change(config="limits: {churn: 0.2}")
    numbers = [tracker.report(user=f"person-{number}").number for number in range(4)]
    assert triage("refit", NAME).code == 0
    before = generation()
    monkeypatch.setattr(refit_plan, "limits_of", lambda _: ClusterLimits(cut=1.1))  # nothing hangs together
    planned = told(triage("refit", NAME, "--dry-run", "--json"))
    assert planned["outcome"] == "would be refused"
    ran = triage("refit", NAME)
    assert ran.code == 1
    assert "100 % of the settled members would move, the limit is 20 % (limits.churn)" in " ".join(ran.out.split())
    assert "`triage refit --force`" in ran.out
    assert generation() == before
    forced = told(triage("refit", NAME, "--force", "--json"))
    assert (forced["outcome"], forced["churn"]) == ("published", 1.0)
    assert generation().clusters == ()
    assert set(before.clusters[0].members) >= set(numbers)


@pytest.mark.parametrize("limit", [{"TRIAGE_REFIT_SECONDS": "1"}, {"TRIAGE_REFIT_MEMORY_MB": "16"}])
def test_one_that_takes_too_much_is_given_up_and_yesterdays_clusters_stay(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch, limit: dict[str, str]
) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    ((name, value),) = limit.items()
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(refit_plan, "Budget", lambda chosen: Budget(chosen, Growing(2.0), Growing(17.0)))
    ran = triage("refit", NAME)
    assert ran.code == 1
    assert name in ran.out
    assert ran.out.endswith("the last generation stays in force\n")  # no --force would help
    assert "nothing changed" not in ran.out
    assert generation() == before


class Growing:
    """A meter that shows more at each look."""

    def __init__(self, by: float) -> None:
        self._by, self._value = by, 0.0

    def __call__(self) -> float:
        self._value += self._by
        return self._value


def test_the_way_back_goes_further_with_each_step_and_is_a_generation_of_its_own(triage: Run, tracker: Played) -> None:
    kept = []
    for _ in range(3):
        tracker.report()
        assert triage("refit", NAME).code == 0
        kept.append(generation())
    back = told(triage("refit", NAME, "--rollback", "--json"))
    assert (back["generation"], back["figures"]["copy of"]) == (4, 2)
    assert [one["kind"] for one in back["changes"]] == ["shrunk"]
    assert generation().clusters == kept[1].clusters
    assert told(triage("refit", NAME, "--rollback", "--json"))["figures"]["copy of"] == 1
    ran = triage("refit", NAME, "--rollback")
    assert (ran.code, "no earlier generation" in ran.err) == (1, True)
    assert told(triage("refit", NAME, "--rollback", "--to", "3", "--json"))["generation"] == 6
    assert generation().clusters == kept[2].clusters
    ran = triage("refit", NAME, "--rollback", "--to", "77")
    assert (ran.code, "kept: 6, 5, 4, 3, 2, 1" in ran.err) == (1, True)


def test_what_a_person_set_after_a_generation_holds_after_the_way_back_to_it(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    for _ in range(2):
        assert triage("refit", NAME).code == 0
    assert triage("clusters", "exclude", NAME, "extra", str(number)).code == 0
    assert triage("clusters", "rename", NAME, "extra", "No usage left").code == 0
    for command in (("--rollback",), ()):
        assert triage("refit", NAME, *command).code == 0
        (cluster,) = generation().clusters
        assert (number in cluster.members, cluster.title) == (False, "No usage left")


def test_inv_08_the_way_back_keeps_apart_whom_people_told_apart_since(triage: Run, tracker: Played) -> None:
    one, other = (tracker.report("Upload never ends", UPLOAD, user=f"person-{at}").number for at in range(2))
    for _ in range(2):
        assert triage("refit", NAME).code == 0
    assert {one, other} in [set(cluster.members) for cluster in generation().clusters]
    storage = open_storage("sqlite:///triage.db")
    repository = storage.repository(NAME)
    assert repository is not None
    storage.save_feedback(FeedbackRecord(repository.id, other, "separated", datetime.now(UTC), "mia", "command", one))
    storage.close()
    assert triage("refit", NAME, "--rollback").code == 0
    assert not [cluster for cluster in generation().clusters if {one, other} <= set(cluster.members)]


def test_the_way_back_has_the_known_clusters_of_today_and_the_next_refit_sees_their_new_definition(
    triage: Run, tracker: Played
) -> None:
    number = tracker.report().number
    assert triage("refit", NAME).code == 0
    other = (
        'clusters:\n  - {slug: extra, title: Search finds nothing, examples: ["the search finds no archived note"]}\n'
    )
    tracker.change(config=other + '  - {slug: promo, title: Promo missing, examples: ["the promised voucher"]}\n')
    assert triage("refit", NAME).code == 0
    assert triage("refit", NAME, "--rollback").code == 0
    found = {cluster.id: (cluster.title, cluster.members) for cluster in generation().clusters}
    assert found == {"extra": ("Search finds nothing", (CANONICAL, number)), "promo": ("Promo missing", ())}
    said = told(triage("refit", NAME, "--json"))
    assert (said["churn"], [one["left"] for one in said["changes"] if one["cluster"] == "extra"]) == (
        0.0,
        [[CANONICAL, number]],
    )


@pytest.mark.parametrize(
    "arguments", [("--to", "1"), ("--rollback", "--dry-run"), ("--rollback", "--force"), ("--rollback", "--to", "0")]
)
def test_flags_that_do_not_go_together_are_a_wrong_usage(
    triage: Run, tracker: Played, arguments: tuple[str, ...]
) -> None:
    assert triage("refit", NAME, *arguments).code == 2


@contextlib.contextmanager
def beside_another(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Storage, int], None]) -> Iterator[list[str]]:
    """Another refit holds the repository until it is said that it is waited for; what is said."""
    said: list[str] = []
    holding, told = threading.Event(), threading.Event()

    def hold() -> None:
        storage = open_storage("sqlite:///triage.db")
        repository = storage.repository(NAME)
        assert repository is not None
        with storage.lock(repository.id, refit=True):
            holding.set()
            told.wait(60)
            meanwhile(storage, repository.id)
        storage.close()

    def say(words: str, **_: object) -> None:
        said.append(words)
        told.set()

    monkeypatch.setattr(cli_refit, "SAID_AFTER", 0.01)
    monkeypatch.setattr(opened.err, "print", say)
    other = threading.Thread(target=hold)
    other.start()
    assert holding.wait(60)
    yield said
    other.join(60)


def publishes(storage: Storage, repository_id: int) -> None:
    now = storage.current_generation(repository_id)
    assert now is not None
    storage.publish(repository_id, replace(now, number=now.number + 1))


@pytest.mark.parametrize("way_back", [(), ("--rollback", "--to", "1")])
def test_inv_38_one_that_waits_for_another_says_so(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch, way_back: tuple[str, ...]
) -> None:
    assert triage("refit", NAME).code == 0
    with beside_another(monkeypatch, publishes) as said:
        assert triage("refit", NAME, *way_back).code == 0
    assert said == [f"another refit of {NAME} is running: waiting for its end"]
    assert generation().number == 3


def test_a_step_back_is_from_the_generation_that_was_in_force_when_it_was_asked_for(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One back from what was published meanwhile would be the very one that it was to lead away from."""
    for _ in range(2):
        assert triage("refit", NAME).code == 0
    with beside_another(monkeypatch, publishes):
        ran = triage("refit", NAME, "--rollback")
    assert (ran.code, "generation 3 was published meanwhile" in ran.err) == (1, True)
    assert generation().number == 3


@pytest.mark.parametrize("status", [500, 404])
def test_inv_38_a_refit_that_fails_leaves_the_last_generation_in_force(
    triage: Run, tracker: Played, status: int
) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    tracker.report()
    tracker.fault(f"/repos/{NAME}/issues$", status=status)
    ran = triage("refit", NAME)
    assert (ran.code, ran.out) == (1, "")
    assert generation() == before
