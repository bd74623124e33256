"""Stored texts follow the recipe in force: the code's, the repository's facts, and its template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.activities import reading
from bot.activities.embed import embed_missing
from bot.activities.reading import BATCH, read_again, recipe_in_force
from bot.storage.records import LearnedRecord, StoredIssue
from models import redact
from models.embedder import ModelUnavailable
from models.issue import Issue
from tests.fakes.small_world import OTHERS, CountingEmbedder, World

FORM = "### Lamp report\n\nTell the wattage of all lamps\n\n"


def teach(world: World, *keys: str) -> None:
    world.storage.save_learned(world.repository.id, LearnedRecord(world.clock(), 60, frozenset(keys)))


def again(world: World) -> int:
    return read_again(world.services, world.repository, world.config)


def stored(world: World, number: int) -> StoredIssue:
    found = world.storage.issue(world.repository.id, number)
    assert found is not None
    return found


def texts(world: World) -> int:
    embedder = world.services.embedder
    assert isinstance(embedder, CountingEmbedder)
    return embedder.texts


def test_a_learned_template_is_taken_out_of_what_is_stored_and_of_what_comes(world: World) -> None:
    first = world.report(body=f"{FORM}The export is empty.")
    world.learn()
    assert "wattage" in stored(world, first).text.prose
    teach(world, "lamp report", "tell the wattage of all lamps")
    again(world)
    second = world.report(body=f"{FORM}The export is full.")
    world.resolve(second)
    assert [stored(world, n).text.prose for n in (first, second)] == ["The export is empty.", "The export is full."]
    assert stored(world, first).recipe == stored(world, second).recipe


def test_what_was_searchable_stays_searchable_and_only_what_changed_is_embedded(world: World) -> None:
    number = world.report(body=f"{FORM}The export is empty.")
    world.learn()
    before = texts(world)
    teach(world, "tell the wattage of all lamps")
    assert again(world) == len(OTHERS) + 1
    assert texts(world) == before + 2
    assert len(world.services.indexes.index(world.repository.id)) == len(OTHERS) + 1
    assert "wattage" not in world.services.indexes.index(world.repository.id).document(number).text.prose
    assert embed_missing(world.services, world.repository.id) == 0
    assert again(world) == 0
    assert texts(world) == before + 2


def test_what_was_never_embedded_waits_for_its_turn(world: World) -> None:
    world.report(body=FORM)
    repository = world.repository
    world.resolve(1)
    before = texts(world)
    recipe = recipe_in_force(world.services, repository.id, world.config)
    world.storage.save_issues(repository.id, recipe.all_stored(world.fake.issues.values()))
    teach(world, "tell the wattage of all lamps")
    again(world)
    assert texts(world) == before
    assert embed_missing(world.services, repository.id) == len(OTHERS)


def test_reading_again_that_was_cut_off_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(BATCH):
        world.report()
    world.learn()
    teach(world, "x")
    batches: list[int] = []
    save = world.storage.save_issues

    def once(repository_id: int, issues: Sequence[StoredIssue]) -> None:
        batches.append(len(issues))
        if len(batches) == 2:
            raise KeyboardInterrupt
        save(repository_id, issues)

    monkeypatch.setattr(world.storage, "save_issues", once)
    with pytest.raises(KeyboardInterrupt):
        again(world)
    monkeypatch.undo()
    assert again(world) == len(OTHERS)
    assert batches == [BATCH, len(OTHERS)]


def test_inv_13_a_text_whose_embedding_failed_is_not_compared_until_it_is_embedded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.report(body=f"{FORM}The export is empty.")
    world.learn()
    teach(world, "tell the wattage of all lamps")

    def unavailable(_: Any) -> Any:
        raise ModelUnavailable("no weights")

    monkeypatch.setattr(world.services.embedder, "embed", unavailable)
    with pytest.raises(ModelUnavailable):
        again(world)
    assert number not in world.services.indexes.index(world.repository.id)
    monkeypatch.undo()
    assert embed_missing(world.services, world.repository.id) == 1
    assert number in world.services.indexes.index(world.repository.id)


def test_inv_41_what_a_later_pattern_finds_is_redacted_in_what_is_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.report(title="Lamp code LX-12345 leaks", body="My lamp code is LX-12345, and it is public.")
    world.learn()
    assert "LX-12345" in stored(world, number).issue.body
    known = redact.redact
    monkeypatch.setattr(redact, "redact", lambda text: known(text).replace("LX-12345", "[redacted:lamp]"))
    assert again(world) == 0
    monkeypatch.setattr(redact, "RECIPE", "later")
    assert again(world) == len(OTHERS) + 1
    row = stored(world, number)
    assert "LX-12345" not in repr(row)
    assert row.issue.title == "Lamp code [redacted:lamp] leaks"


def test_inv_33_an_issue_that_brings_out_a_bug_is_left_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.report()
    world.learn()
    before = stored(world, number)
    teach(world, "x")
    honest = reading.parts

    def poisoned(issue: Issue, **given: Any) -> Any:
        if issue.number == number:
            raise ZeroDivisionError
        return honest(issue, **given)

    monkeypatch.setattr(reading, "parts", poisoned)
    again(world)
    assert stored(world, number) == before
    assert stored(world, 1).recipe != before.recipe


def test_the_recipe_names_all_that_makes_a_text(world: World) -> None:
    repository, plain = world.repository, world.config
    named = {recipe_in_force(world.services, repository.id, plain).name}
    world.fake.config = b"facts:\n  - {name: tier, pattern: 'gold'}\n"
    world.clock.forward(minutes=2)
    named.add(recipe_in_force(world.services, repository.id, world.config).name)
    teach(world, "x")
    named.add(recipe_in_force(world.services, repository.id, plain).name)
    named.add(recipe_in_force(world.services, repository.id, world.config).name)
    teach(world, "y")
    named.add(recipe_in_force(world.services, repository.id, plain).name)
    assert len(named) == 5
    teach(world)
    assert recipe_in_force(world.services, repository.id, plain).name in named
