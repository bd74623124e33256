"""The storage contract on issues, vectors and the change counter, over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord, StoredIssue, StoredVectors
from models.cluster import Cluster, Generation
from models.issue import Issue
from models.text import Text
from tests.fakes.stored import NOON, REPOSITORY, at, stored_issue, stored_vectors


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def test_an_issue_comes_back_as_it_was_saved(storage: Storage) -> None:
    issue = Issue(7, "T", "B", NOON, at(1), "closed", "duplicate", at(2), True, ("bug", "área"), "ada", True, True)
    facts = {"code": frozenset({"400", "401"}), "plan": frozenset[str]()}
    text = Text(
        "T", "prose", "error", "code", ("f", "g"), {"plan": "pro"}, ("Logs",), frozenset({12, 3}), frozenset({4})
    )
    stored = StoredIssue(issue, text, "hash", "2", facts)
    storage.save_issues(REPOSITORY, [stored])
    assert storage.issue(REPOSITORY, 7) == stored
    assert storage.issue(REPOSITORY, 8) is None
    assert storage.issue(1, 7) is None


def test_saving_again_replaces_and_the_last_of_a_repeated_number_wins(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    storage.save_issues(REPOSITORY, [stored_issue(1, title="old"), stored_issue(1, title="new")])
    found = storage.issue(REPOSITORY, 1)
    assert found is not None
    assert found.issue.title == "new"
    assert storage.issue_count(REPOSITORY) == 1


def test_issues_stream_by_number_all_or_those_asked_for(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in (5, 3, 9, 1)])
    assert [s.issue.number for s in storage.issues(REPOSITORY)] == [1, 3, 5, 9]
    assert [s.issue.number for s in storage.issues(REPOSITORY, [9, 2, 1, 9])] == [1, 9]
    assert list(storage.issues(REPOSITORY, [])) == []


def test_more_numbers_than_a_statement_takes_can_be_asked_for(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in range(1, 2502)])
    asked = range(70_000, 0, -1)
    assert [s.issue.number for s in storage.issues(REPOSITORY, asked)] == list(range(1, 2502))


def test_one_may_write_while_issues_stream(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in range(1, 1501)])
    seen = 0
    for stored in storage.issues(REPOSITORY):
        if seen < 3:
            storage.save_issues(REPOSITORY, [replace(stored, text_hash="rewritten")])
        seen += 1
    assert seen == 1500


def test_a_stream_that_is_left_early_blocks_nobody(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in range(1, 1501)])
    streams: list[Iterator[StoredIssue]] = [storage.issues(REPOSITORY) for _ in range(3)]
    assert [next(stream).issue.number for stream in streams] == [1, 1, 1]
    storage.delete_issue(REPOSITORY, 1500)
    assert storage.issue_count(REPOSITORY) == 1499


def test_a_failed_save_keeps_nothing_of_it(storage: Storage) -> None:
    version, _ = storage.changes_since(REPOSITORY, 0)
    wrong = stored_issue(2, created_at=datetime(2026, 1, 1))  # noqa: DTZ001 # a naive moment is the point
    with pytest.raises(ValueError, match="time zone"):
        storage.save_issues(REPOSITORY, [stored_issue(1), wrong])
    assert storage.issue_count(REPOSITORY) == 0
    assert storage.changes_since(REPOSITORY, 0) == (version, [])


def test_a_number_beyond_every_issue_is_simply_not_there(storage: Storage) -> None:
    assert list(storage.issues(REPOSITORY, [2**62])) == []


@pytest.mark.parametrize("hours", [-11, 0, 14])
def test_moments_come_back_in_utc(storage: Storage, hours: int) -> None:
    moment = datetime(2026, 6, 1, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=hours)))
    storage.save_issues(REPOSITORY, [stored_issue(1, created_at=moment)])
    found = storage.issue(REPOSITORY, 1)
    assert found is not None
    assert found.issue.created_at == moment
    assert found.issue.created_at.tzinfo is UTC


def test_vectors_come_back_bit_for_bit_and_by_model(storage: Storage) -> None:
    saved = [stored_vectors(n, dimension=384) for n in (3, 1, 2)]
    storage.save_vectors(REPOSITORY, [*saved, stored_vectors(1, "other", dimension=8)])
    found = list(storage.vectors(REPOSITORY, "m"))
    assert [v.number for v in found] == [1, 2, 3]
    for before, after in zip(sorted(saved, key=lambda v: v.number), found, strict=True):
        assert (after.model_id, after.text_hash) == (before.model_id, before.text_hash)
        assert after.vectors.dtype == np.float32
        assert np.array_equal(after.vectors, before.vectors)
    assert [v.vectors.shape for v in storage.vectors(REPOSITORY, "other")] == [(2, 8)]
    assert [v.number for v in storage.vectors(REPOSITORY, "m", [3, 9])] == [3]


def test_a_vector_of_another_shape_is_refused(storage: Storage) -> None:
    with pytest.raises(ValueError, match=r"\(3, 4\)"):
        storage.save_vectors(REPOSITORY, [StoredVectors(1, "m", "h", np.zeros((3, 4), dtype=np.float32))])


def test_unembedded_lists_issues_whose_present_text_has_no_vector_of_the_model(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in (1, 2, 3, 4)])
    storage.save_issues(REPOSITORY, [stored_issue(5, is_pull_request=True)])
    storage.save_vectors(
        REPOSITORY, [stored_vectors(1), stored_vectors(2, text_hash="old"), stored_vectors(3, "other")]
    )
    assert storage.unembedded(REPOSITORY, "m") == [4, 3, 2]
    assert storage.unembedded(REPOSITORY, "other") == [4, 2, 1]


def test_embedded_counts_are_of_present_texts_by_model(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in (1, 2, 3)])
    storage.save_vectors(REPOSITORY, [stored_vectors(1), stored_vectors(2), stored_vectors(3, text_hash="old")])
    storage.save_vectors(REPOSITORY, [stored_vectors(1, "other"), stored_vectors(9, "other")])
    assert storage.embedded_counts(REPOSITORY) == {"m": 2, "other": 1}


def test_a_deleted_issue_leaves_with_its_vectors_and_its_place_in_clusters(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1), stored_issue(2)])
    storage.save_vectors(REPOSITORY, [stored_vectors(1), stored_vectors(2)])
    storage.publish(REPOSITORY, Generation(1, NOON, (Cluster("c", "T", members=(1, 2)),)))
    storage.delete_issue(REPOSITORY, 1)
    assert storage.issue(REPOSITORY, 1) is None
    assert [v.number for v in storage.vectors(REPOSITORY, "m")] == [2]
    generation = storage.current_generation(REPOSITORY)
    assert generation is not None
    assert generation.clusters[0].members == (2,)


def test_the_counter_tells_saves_and_deletions_of_issues_and_vectors(storage: Storage) -> None:
    start, numbers = storage.changes_since(REPOSITORY, 0)
    assert numbers == []
    storage.save_issues(REPOSITORY, [stored_issue(1), stored_issue(2)])
    first, numbers = storage.changes_since(REPOSITORY, start)
    assert numbers == [1, 2]
    storage.save_vectors(REPOSITORY, [stored_vectors(2)])
    second, numbers = storage.changes_since(REPOSITORY, first)
    assert numbers == [2]
    storage.delete_issue(REPOSITORY, 1)
    third, numbers = storage.changes_since(REPOSITORY, second)
    assert numbers == [1]
    assert start < first < second < third
    assert storage.changes_since(REPOSITORY, third) == (third, [])
    assert storage.changes_since(REPOSITORY, 0) == (third, [1, 2])


def test_saving_a_repository_leaves_its_counter(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    before = storage.changes_since(REPOSITORY, 0)
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/store", state="paused"))
    assert storage.changes_since(REPOSITORY, 0) == before


def test_a_repository_that_comes_back_is_past_every_counter_of_its_earlier_life(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    old, _ = storage.changes_since(REPOSITORY, 0)
    storage.forget_repository(REPOSITORY)
    assert storage.changes_since(REPOSITORY, old) == (0, [])
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_issues(REPOSITORY, [stored_issue(2)])
    new, numbers = storage.changes_since(REPOSITORY, old)
    assert new > old
    assert numbers == [2]


def test_a_reader_ahead_of_the_database_is_told_everything(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    current, _ = storage.changes_since(REPOSITORY, 0)
    assert storage.changes_since(REPOSITORY, current + 1) == (current, [1])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None, categories=None)), label=st.sampled_from(["\0", "\ud800", "ok", "🙂"]))
def test_any_python_text_can_be_saved_and_comes_back_with_what_cannot_be_kept_replaced(
    storage: Storage, text: str, label: str
) -> None:
    stored = stored_issue(1, title=text, body=text, labels=(text, label), author=text)
    storage.save_issues(REPOSITORY, [replace(stored, facts={text: frozenset({text})})])
    found = storage.issue(REPOSITORY, 1)
    assert found is not None
    kept = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    assert (found.issue.title, found.issue.body, found.issue.author) == (kept, kept, kept)
    assert (found.text.title, found.text.prose) == (kept, kept)
    assert found.issue.labels[0] == kept
    assert found.facts == {kept: frozenset({kept})}
