from collections.abc import Callable

import numpy as np
import pytest

from models.document import Document
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex
from models.standing import CANDIDATE_FEATURES, candidate_features
from tests.models.conftest import DIMENSION

Make = Callable[..., Document]
HUB, TRUE = 1, 2


@pytest.fixture
def index(document: Make) -> IssueIndex:
    """A report that says a little of everything, one that says what the query says, and many like the first."""
    index = IssueIndex(DIMENSION)
    index.put(document(HUB, "Error, crash, hang, slow and wrong total of the invoice", "Error crash hang slow wrong."))
    index.put(document(TRUE, "Mandrel torn by the frobnicator", "The frobnicator tears its mandrel at dawn."))
    for number in range(3, 30):
        index.put(document(number, f"Error crash hang slow {number}", "Error crash hang slow wrong total."))
    return index


def column(matrix: np.ndarray, name: str) -> np.ndarray:
    values: np.ndarray = matrix[:, CANDIDATE_FEATURES.index(name)]
    return values


def test_the_first_features_are_those_of_the_pair(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator tears the mandrel", "At dawn it tears.")
    found = candidate_features(query, index, [TRUE, HUB, 7])
    np.testing.assert_array_equal(found[:, : len(FEATURES)], pair_features(query, index, [TRUE, HUB, 7]))


def test_others_that_are_asked_for_change_nothing(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator tears the mandrel", "At dawn it tears.")
    together = candidate_features(query, index, [HUB, TRUE, 5])
    np.testing.assert_allclose(candidate_features(query, index, [TRUE]), together[1:2], rtol=1e-5, atol=1e-6)


def test_a_hub_has_many_that_are_nearer_to_it_than_the_query(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator tears the mandrel: an error", "At dawn it tears.")
    found = candidate_features(query, index, [HUB, TRUE])
    for name in ("nearer_in_text", "nearer_in_title", "nearer_in_words"):
        hub, true = column(found, name)
        assert hub > 1 > true == 0


def test_a_title_is_found_in_what_another_issue_says(document: Make) -> None:
    index = IssueIndex(DIMENSION)
    index.put(document(1, "It is broken", "Since today the frobnicator tears its mandrel."))
    index.put(document(2, "It is slow", "Since today the invoice is late."))
    found = candidate_features(document(9, "Frobnicator tears mandrel"), index, [1, 2])
    assert column(found, "title_in_words")[0] > column(found, "title_in_words")[1] == 0
    assert column(found, "rarest_shared")[0] > column(found, "rarest_shared")[1]


def test_no_issues_have_no_features(index: IssueIndex, document: Make) -> None:
    assert candidate_features(document(9, "a"), index, []).shape == (0, len(CANDIDATE_FEATURES))


def test_whoever_stands_behind_others_has_them_before_it(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator tears the mandrel: an error", "At dawn it tears.")
    found = candidate_features(query, index, [HUB, TRUE])
    for name in ("before_in_text", "before_in_title", "before_in_words"):
        hub, true = column(found, name)
        assert hub > true == 0
