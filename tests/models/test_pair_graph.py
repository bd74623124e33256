from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.document import Document
from models.near_rows import PROBED, nearest
from models.pair_graph import PairGraph, judged_pairs, pair_graph
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from tests.models.conftest import DIMENSION

Make = Callable[..., Document]
ERROR = "\n\n```\nAPI Error: {status} invalid_request_error: the mandrel of machine {n} is lost\n```"
TOPICS = (
    "Frobnicator loses its mandrel",
    "Invoice shows the wrong total",
    "Theme flickers in the dark",
    "Upload hangs",
)


def filled(documents: list[Document]) -> IssueIndex:
    index = IssueIndex(DIMENSION)
    index.put_all(documents)
    return index


@pytest.fixture
def documents(document: Make) -> list[Document]:
    """Topics with errors, denials, mentions, serial authors, own facts, texts without words, and a repeated word."""
    made = []
    for n in range(1, 61):
        body = f"It happens on day {n} with version 1.{n % 5}.0 on the {TOPICS[n % 3]} screen."
        body += ERROR.format(status=400 + n % 2, n=n % 7) if n % 3 else ""
        body += f"\n\nThis is not a duplicate of #{n - 4}." if n % 8 == 0 else f" See #{n - 1}." if n % 5 == 0 else ""
        one = document(n, TOPICS[n % 4] if n % 11 else "", body if n % 13 else "")
        colour = {"colour": frozenset({"red" if n % 2 else "blue"})} if n % 6 == 0 else {}
        made.append(replace(one, author="ann" if n % 4 == 0 else "", facts={**one.facts, **colour}))
    return [*made, document(61, "again", "again " * 90), document(62, "again", "again and " * 70)]


def judged(graph: PairGraph) -> dict[tuple[int, int], float]:
    numbers = graph.numbers.tolist()
    pairs = zip(graph.left.tolist(), graph.right.tolist(), graph.probabilities.tolist(), strict=True)
    return {(numbers[left], numbers[right]): chance for left, right, chance in pairs}


def test_a_pair_has_the_mean_of_what_the_scorer_says_in_both_directions(documents: list[Document]) -> None:
    index, scorer = filled(documents), PairScorer.load()
    found = judged(judged_pairs(index, scorer, neighbours=61))
    for (one, other), chance in found.items():
        forth = dict(scorer.pair_scores(index.document(one), index, [other]))[other]
        back = dict(scorer.pair_scores(index.document(other), index, [one]))[one]
        assert chance == pytest.approx((forth + back) / 2, abs=2e-6), (one, other)
    assert len(found) > 61 * 20
    assert min(found.values()) == 0  # the denials
    assert len({round(chance, 3) for chance in found.values()}) > 100


def test_each_issue_keeps_its_most_probable_neighbours(documents: list[Document]) -> None:
    index, scorer = filled(documents), PairScorer.load()
    everything, few = judged_pairs(index, scorer, neighbours=61), judged_pairs(index, scorer, neighbours=3)
    kept = judged(few)
    assert kept.items() <= judged(everything).items()
    for place, number in enumerate(few.numbers.tolist()):
        ranked = sorted((chance for pair, chance in judged(everything).items() if number in pair), reverse=True)
        own = sorted((chance for pair, chance in kept.items() if number in pair), reverse=True)
        assert own[:3] == ranked[:3]
        assert few.floors[place] == pytest.approx(ranked[3])
    assert not everything.floors.any()


def test_the_graph_does_not_depend_on_the_order_in_which_issues_came(documents: list[Document]) -> None:
    scorer = PairScorer.load()
    first, second = pair_graph(filled(documents), scorer), pair_graph(filled(documents[::-1]), scorer)
    assert np.array_equal(first.left, second.left)
    assert np.array_equal(first.right, second.right)
    assert first.probabilities == pytest.approx(second.probabilities, abs=1e-5)


def test_issues_may_be_left_out_but_the_figures_are_those_of_the_whole_index(documents: list[Document]) -> None:
    index, scorer = filled(documents), PairScorer.load()
    some = judged_pairs(index, scorer, numbers=[9, 5, 1, 13, 17, 5], neighbours=61)
    assert some.numbers.tolist() == [1, 5, 9, 13, 17]
    whole = judged(judged_pairs(index, scorer, neighbours=61))
    assert judged(some) == pytest.approx({pair: whole[pair] for pair in judged(some)}, abs=1e-6)
    with pytest.raises(KeyError):
        pair_graph(index, scorer, numbers=[1, 999])


def test_each_issue_is_judged_by_the_scorer_that_may_judge_it(documents: list[Document]) -> None:
    index, scorer = filled(documents), PairScorer.load()
    doubtful = PairScorer(replace(scorer.artifact, calibration=(0.0, -1.0)))
    mixed = judged(judged_pairs(index, lambda number: doubtful if number % 2 else scorer, neighbours=61))
    plain = judged(judged_pairs(index, scorer, neighbours=61))
    assert mixed[2, 4] == plain[2, 4]
    assert mixed[1, 3] == pytest.approx(1 / (1 + np.e))
    assert mixed[1, 2] != pytest.approx(plain[1, 2])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_history_of_nearly_nothing_has_nearly_no_pairs(count: int, document: Make) -> None:
    index = filled([document(n, "Frobnicator loses its mandrel", "On every start.") for n in range(1, count + 1)])
    graph = pair_graph(index, PairScorer.load())
    assert len(graph.numbers) == count
    assert len(graph.left) == count // 2


def test_whoever_watches_sees_the_end(documents: list[Document]) -> None:
    seen: list[tuple[int, int]] = []
    pair_graph(filled(documents), PairScorer.load(), tick=lambda done, whole: seen.append((done, whole)))
    assert seen
    assert all(0 < done <= whole for done, whole in seen)
    assert seen[-1][0] == seen[-1][1]


def test_the_nearest_of_a_short_history_are_exact_and_of_a_long_one_nearly_all_found() -> None:
    draw = np.random.default_rng(5)
    for size, least in ((700, 1.0), (2 * PROBED, 0.97)):
        centres = draw.normal(size=(200, 16))
        vectors = centres[draw.integers(0, 200, size)] + 0.5 * draw.normal(size=(size, 16))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        found: dict[int, set[int]] = {}
        for rows, others in nearest(vectors, vectors, 10):
            for row, other in zip(rows.tolist(), others.tolist(), strict=True):
                found.setdefault(row, set()).add(other)
        some = draw.choice(size, 100, replace=False).tolist()
        products = vectors[some] @ vectors.T
        products[np.arange(100), some] = -1
        right = [len(found[row] & set(np.argsort(-products[at])[:10].tolist())) for at, row in enumerate(some)]
        assert sum(right) >= least * 1000
        assert all(row not in others and len(others) == 10 for row, others in found.items())


def test_one_report_sent_a_thousand_times_costs_no_more_than_others() -> None:
    vectors = np.zeros((PROBED + 2000, 4), dtype=np.float32)
    vectors[:, 0] = 1
    sizes = [len(rows) for rows, _ in nearest(vectors, vectors, 3)]
    assert sum(sizes) == 3 * len(vectors)
    assert max(sizes) <= 3 * 512
