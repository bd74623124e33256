from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Document, prepare
from models.hashing_embedder import HashingEmbedder
from models.retrieval import IssueIndex
from models.vector_rows import VectorRows
from tests.models.conftest import DIMENSION, make_issue

Make = Callable[..., Document]
WAS = ("Dark theme flickers on scroll", "The window flashes white")


@pytest.fixture
def index(document: Make) -> IssueIndex:
    index = IssueIndex(DIMENSION)
    index.put_all(
        [
            document(1, "Extra usage 400 despite balance", "I have credit left but get a 400"),
            document(2, *WAS),
            document(3, "Promo credit not shown", "The promised banner never came"),
            document(4, "400 error although extra usage has balance", "credit left, still 400"),
        ]
    )
    return index


def test_the_nearest_issue_comes_first(index: IssueIndex, document: Make) -> None:
    found = index.retrieve(document(9, "Extra usage gives 400 though I have balance", "there is credit left"))
    assert set(found[:2]) == {1, 4}
    assert len(found) == 4


def test_inv_05_an_issue_never_retrieves_itself(index: IssueIndex) -> None:
    assert 1 not in index.retrieve(index.document(1))
    assert index.nearest(index.document(1), [1, 4], 5) == [4]


def test_inv_02_before_keeps_only_lower_numbers(index: IssueIndex) -> None:
    assert set(index.retrieve(index.document(4), before=4)) == {1, 2, 3}
    assert index.retrieve(index.document(1), before=1) == []


def test_the_limit_holds(index: IssueIndex, document: Make) -> None:
    assert len(index.retrieve(document(9, "credit"), limit=2)) == 2


def test_a_removed_issue_is_not_found(index: IssueIndex, document: Make) -> None:
    index.remove(1)
    index.remove(77)
    assert 1 not in index
    assert len(index) == 3
    assert 1 not in index.retrieve(document(9, "Extra usage 400 despite balance"))
    with pytest.raises(KeyError):
        index.document(1)


def test_an_edited_issue_is_found_by_its_new_text_only(index: IssueIndex, document: Make) -> None:
    index.put(document(2, "Extra usage 400 despite balance and credit"))
    assert len(index) == 4
    assert 2 in index.retrieve(document(9, "Extra usage 400 despite balance and credit"), limit=1)


def test_a_rare_error_message_finds_its_issue_among_unlike_words(document: Make) -> None:
    index = IssueIndex(DIMENSION)
    index.put_all(document(n, f"Something about topic{n}", f"words{n} of topic{n} only") for n in range(1, 40))
    error = "```\nError: frobnicator lost its mandrel while spinning up\n```"
    index.put(document(50, "Crash in the evening", error))
    assert index.retrieve(document(60, "It stopped at noon", error), limit=1) == [50]


def test_an_empty_index_finds_nothing(document: Make) -> None:
    assert IssueIndex(DIMENSION).retrieve(document(1, "anything")) == []


def test_an_empty_issue_is_retrieved_with_but_like_nothing(index: IssueIndex, document: Make) -> None:
    index.put(document(8, "", ""))
    assert index.retrieve(document(9, "Promo credit not shown"))[0] == 3


def test_a_document_outlives_its_place_in_the_index(index: IssueIndex) -> None:
    kept = index.document(1)
    index.put(kept)
    np.testing.assert_array_equal(index.document(1).vectors, kept.vectors)
    index.remove(1)
    assert kept.vectors.any()


def test_vectors_of_another_size_are_refused(document: Make) -> None:
    with pytest.raises(ValueError, match="shape"):
        IssueIndex(DIMENSION + 1).put(document(1, "a"))


def test_documents_keep_their_vectors_when_the_index_grows(embedder: HashingEmbedder) -> None:
    index = IssueIndex(DIMENSION)
    first = prepare(make_issue(1, "the first of many"), embedder)
    index.put(first)
    index.put_all(prepare(make_issue(number, f"issue {number}"), embedder) for number in range(2, 1100))
    np.testing.assert_array_equal(index.document(1).vectors, first.vectors)
    assert index.retrieve(prepare(make_issue(5000, "the first of many"), embedder))[0] == 1


TITLES = st.lists(
    st.sampled_from(["usage 400", "promo credit", "dark theme", "", "crash on start"]), min_size=1, max_size=12
)


@given(TITLES, TITLES)
def test_the_answer_does_not_depend_on_how_the_index_came_to_be(first: list[str], then: list[str]) -> None:
    embedder = HashingEmbedder(DIMENSION)
    old = [prepare(make_issue(number, title), embedder) for number, title in enumerate(first, start=1)]
    new = [prepare(make_issue(number, title), embedder) for number, title in enumerate(then, start=1)]
    grown, fresh = IssueIndex(DIMENSION), IssueIndex(DIMENSION)
    grown.put_all(old)
    grown.put_all(new)
    for document in old[len(new) :]:
        grown.remove(document.number)
    fresh.put_all(new)
    query = prepare(make_issue(99, "promo credit 400"), embedder)
    assert grown.retrieve(query) == fresh.retrieve(query)


def test_rows_that_were_cleared_are_similar_to_nothing() -> None:
    rows = VectorRows(2, parts=1)
    rows.put(3, np.ones((1, 2), dtype=np.float32))
    rows.clear(3)
    assert not rows.similarities(np.ones((1, 2), dtype=np.float32), 4).any()


def test_around_an_issue_is_only_what_was_there_when_it_came(document: Make) -> None:
    index = IssueIndex(DIMENSION)
    index.put_all([document(number, "Frobnicator loses its mandrel") for number in range(1, 6)])
    third = index.document(3)
    earlier = [n for n in index.numbers() if index.document(n).created_at <= third.created_at and n != 3]
    assert sorted(index.around(third, 10)) == earlier
    assert len(index.around(index.document(5), 2)) == 2


def test_a_snapshot_stays_as_it_was_and_answers_as_the_index_did(index: IssueIndex, document: Make) -> None:
    query = document(9, "Extra usage gives 400 though I have balance", "there is credit left")
    before, copy = index.fused(query), index.snapshot()
    index.put(document(2, "Extra usage 400 despite balance", "credit left, still 400"))
    index.remove(3)
    index.put(document(7, "Extra usage 400 despite balance", "credit left"))
    np.testing.assert_array_equal(copy.fused(query), before)
    assert copy.numbers() == [1, 2, 3, 4]
    np.testing.assert_array_equal(copy.document(2).vectors, document(2, *WAS).vectors)
    copy.put(document(11, "Another one"))
    assert 11 not in index
    assert index.numbers() == [1, 2, 4, 7]


def test_what_was_reported_by_then_leaves_out_later_issues_and_the_query(index: IssueIndex) -> None:
    rows = np.flatnonzero(index.reported_by(index.document(3)))
    assert rows.tolist() == index.rows([1, 2]).tolist()


def test_who_states_a_value_is_found_and_forgotten(document: Make) -> None:
    index = IssueIndex(DIMENSION)
    value = ("error_type", "quota_error")
    for number, author in enumerate(["ann", "bob", "ann"], 1):
        index.put(replace(document(number, f"Title {number}", "It says quota_error"), author=author))
    assert index.authors_of({value, ("exception", "x")}) == {value: {"ann", "bob"}, ("exception", "x"): frozenset()}
    index.remove(2)
    assert index.authors_of({value}) == {value: {"ann"}}
