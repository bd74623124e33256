"""People's words as they are taken back, pauses, and the bot's own comments: the same on both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.protocol import Storage
from bot.storage.records import OwnComment, RepositoryRecord
from tests.fakes.stored import REPOSITORY, at, decision, delivery, effect, word

OTHER = REPOSITORY + 1


@pytest.fixture(autouse=True)
def known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_repository(RepositoryRecord(OTHER, "acme/other"))


def test_a_word_that_is_taken_back_is_gone_and_may_be_said_again(storage: Storage) -> None:
    said = word(6, "separated", 5)
    storage.save_feedback(said)
    storage.save_feedback(word(6, "objection"))
    undone = word(6, "undone", 5, said_at=at(1))
    storage.amend_feedback(REPOSITORY, [said], [undone, undone])
    assert [one.kind for one in storage.feedback(REPOSITORY, 6)] == ["objection", "undone"]
    storage.amend_feedback(REPOSITORY, [], [replace(said, said_at=at(2))])
    assert [one.kind for one in storage.feedback(REPOSITORY, 6)] == ["objection", "undone", "separated"]


def test_words_of_another_repository_are_not_taken_back(storage: Storage) -> None:
    theirs = replace(word(6, "objection"), repository_id=OTHER)
    storage.save_feedback(theirs)
    storage.amend_feedback(REPOSITORY, [word(6, "objection")], [])
    assert storage.feedback(OTHER) == [theirs]


def test_the_newest_word_decides_whether_a_repository_is_paused(storage: Storage) -> None:
    assert storage.pauses() == {}
    storage.save_feedback(word(6, "paused", value="comment 1"))
    storage.save_feedback(replace(word(1, "paused", value="comment 2"), repository_id=OTHER))
    storage.save_feedback(word(7, "resumed", said_at=at(1), value="comment 3"))
    assert set(storage.pauses()) == {OTHER}
    again = word(6, "paused", said_at=at(2), value="comment 4")
    storage.save_feedback(again)
    assert storage.pauses()[REPOSITORY] == again


def test_the_bots_comments_are_found_by_id_and_the_newest_first(storage: Storage) -> None:
    _, ids = storage.save_decision(decision(6, 5), [effect(6), effect(6, kind="add-label", value="x"), effect(6)])
    _, later = storage.save_decision(decision(7, 5), [effect(7)])
    storage.finish_effect(ids[0], "done", None, 901)
    storage.finish_effect(ids[1], "done", None, None)
    storage.finish_effect(ids[2], "skipped", "the comment says so already", 901)
    storage.finish_effect(later[0], "done", None, 902)
    found = storage.own_comments(REPOSITORY)
    assert [(one.number, one.id) for one in found] == [(7, 902), (6, 901)]
    assert isinstance(storage.own_comment(REPOSITORY, 901), OwnComment)
    assert storage.own_comment(REPOSITORY, 903) is None
    assert storage.own_comment(OTHER, 901) is None
    assert storage.own_comments(OTHER) == []


def test_the_first_delivery_tells_since_when_the_bot_listens(storage: Storage) -> None:
    assert storage.first_heard(REPOSITORY) is None
    storage.accept([delivery("b", received_at=at(5)), delivery("a", received_at=at(1))], lambda *_: None)
    assert storage.first_heard(REPOSITORY) == storage.first_heard() == at(1)


def test_deliveries_are_found_by_what_they_are_about_and_how_they_ended(storage: Storage) -> None:
    storage.accept([delivery("a", issue=1), delivery("b", issue=2, repository_id=OTHER)], lambda *_: None)
    storage.finish_delivery("a", "done", "stopped: 100%_sure")
    assert [one.id for one in storage.deliveries(repository_id=REPOSITORY, outcome="stopped: 100%_")] == ["a"]
    assert storage.deliveries(repository_id=REPOSITORY, outcome="stopped: 100_") == []
    assert [one.id for one in storage.deliveries(issue=2)] == ["b"]
