import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.bm25 import TermIndex

WORDS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 80), max_size=6)


def filled(texts: dict[int, dict[str, int]]) -> TermIndex:
    index = TermIndex()
    for row, terms in texts.items():
        index.add(row, terms)
    return index


def test_a_rare_shared_word_weighs_more_than_a_common_one() -> None:
    texts = {row: {"common": 1, f"own{row}": 1} for row in range(8)}
    index = filled({**texts, 8: {"common": 1, "rare": 1}, 9: {"rare": 1, "other": 1}})
    scores = index.bm25({"common": 1, "rare": 1}, 10)
    assert scores[8] > scores[9] > scores[0] > 0


def test_a_text_scores_about_one_against_its_own_copy() -> None:
    index = filled({0: {"a": 2, "b": 1}, 1: {"c": 1}})
    assert abs(index.bm25({"a": 2, "b": 1}, 2)[0] - 1) < 1e-5
    assert abs(index.cosines({"a": 2, "b": 1}, np.array([0]))[0] - 1) < 1e-6


def test_words_never_seen_take_their_share() -> None:
    index = filled({0: {"a": 1}, 1: {"b": 1}})
    assert index.bm25({"a": 1, "new": 1}, 2)[0] < 0.6
    assert index.cosines({"a": 1, "new": 1}, np.array([0]))[0] < 0.8


def test_an_empty_text_is_like_nothing() -> None:
    index = filled({0: {}, 1: {"a": 1}})
    assert not index.bm25({}, 2).any()
    assert index.bm25({"a": 1}, 2)[0] == 0
    assert index.cosines({"a": 1}, np.array([0], dtype=np.intp))[0] == 0
    assert len(index.cosines({"a": 1}, np.array([], dtype=np.intp))) == 0


@given(st.lists(WORDS, min_size=1, max_size=12), st.data())
def test_removing_leaves_no_trace(texts: list[dict[str, int]], data: st.DataObject) -> None:
    index = filled(dict(enumerate(texts)))
    gone = data.draw(st.integers(0, len(texts) - 1))
    query = data.draw(WORDS)
    before = index.bm25(query, len(texts)), index.cosines(query, np.arange(len(texts)))
    index.remove(gone)
    index.add(gone, {"a": 3, "z": 1})
    index.remove(gone)
    index.add(gone, texts[gone])
    np.testing.assert_allclose(index.bm25(query, len(texts)), before[0], rtol=1e-6)
    np.testing.assert_allclose(index.cosines(query, np.arange(len(texts))), before[1], rtol=1e-6)


def test_the_rarest_shared_term_counts_alone() -> None:
    index = TermIndex()
    texts = [{"rare": 1, "common": 1}, {"common": 4}, {}, {"common": 1, "other": 1}]
    for row, terms in enumerate(texts):
        index.add(row, terms)
    found = index.rarest_shared({"rare": 1, "common": 9, "unseen": 1}, np.arange(4))
    np.testing.assert_allclose(found, [index.idf("rare"), index.idf("common"), 0, index.idf("common")], rtol=1e-6)
    assert index.rarest_shared({"rare": 1}, np.arange(0)).shape == (0,)
