"""The storage contract on what a repository taught, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotFound
from bot.storage.protocol import Storage
from bot.storage.records import LearnedRecord, RepositoryRecord
from tests.fakes.stored import NOON, REPOSITORY, at, stored_issue

TAUGHT = LearnedRecord(NOON, 120, frozenset({"what happened", "größe 🙂"}), {"adopted": True, "slope": 0.8125})


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def test_nothing_is_learned_at_first(storage: Storage) -> None:
    assert storage.learned(REPOSITORY) == LearnedRecord()


def test_what_was_learned_comes_back_and_is_replaced_by_what_is_learned_next(storage: Storage) -> None:
    storage.save_learned(REPOSITORY, TAUGHT)
    assert storage.learned(REPOSITORY) == TAUGHT
    later = replace(TAUGHT, learned_at=at(1), boilerplate=frozenset(), calibration=None)
    storage.save_learned(REPOSITORY, later)
    assert storage.learned(REPOSITORY) == later


def test_repositories_teach_only_themselves(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(2, "acme/two"))
    storage.save_learned(REPOSITORY, TAUGHT)
    assert storage.learned(2) == LearnedRecord()


def test_what_was_learned_goes_with_the_repository(storage: Storage) -> None:
    storage.save_learned(REPOSITORY, TAUGHT)
    assert storage.forget_repository(REPOSITORY)["learned"] == 1
    assert storage.learned(REPOSITORY) == LearnedRecord()
    with pytest.raises(NotFound):
        storage.save_learned(REPOSITORY, TAUGHT)


def test_issues_that_another_recipe_made_are_found_in_order(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [replace(stored_issue(number), recipe="new") for number in (2, 4)])
    storage.save_issues(REPOSITORY, [stored_issue(number) for number in (5, 3, 1)])
    assert storage.outdated(REPOSITORY, "new") == [1, 3, 5]
    assert storage.outdated(REPOSITORY, "1") == [2, 4]
    assert storage.outdated(2, "new") == []
