import json
import math
from collections.abc import Sequence

import pytest

from models.evaluation import Outcome, differences, evaluate, figures, replay, report
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from models.labelled import Labelled, read
from models.rankers import RawCosine, RawWords
from models.scorer import PairScorer
from tests.models.conftest import DIMENSION

TOPICS = {
    "usage": "Extra usage 400 although the balance is left",
    "promo": "Promised promo credit banner never appears",
    "theme": "Dark theme flickers while the window scrolls",
}


def sample(copies: int = 5) -> Sequence[Labelled]:
    lines = []
    for at in range(copies):
        for place, (slug, title) in enumerate(TOPICS.items()):
            number = 1 + 3 * at + place
            date = f"2026-01-{1 + at:02}"
            cluster = {"number": number, "title": f"{title}, day {at}", "created_at": date, "gold_cluster": slug}
            lines.append(json.dumps({**cluster, "body": f"{title}. Seen today.", "lang": "en" if at else "de"}))
    lines.append(
        json.dumps(
            {
                "number": 99,
                "title": "Knitting patterns wanted",
                "body": "",
                "created_at": "2026-02-01",
                "gold_cluster": None,
            }
        )
    )
    return read(lines).items


class Fixed:
    """Ranks what it has seen with one score for all."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def rank(self, issue: Issue) -> list[tuple[int, float]]:
        assert issue.number not in self.seen
        return [(number, 0.5) for number in self.seen]

    def add(self, issue: Issue) -> None:
        self.seen.append(issue.number)


def test_an_issue_sees_only_what_came_before_it() -> None:
    outcomes = replay(sample(), Fixed())
    assert outcomes[0].top is None
    assert [o.is_query for o in outcomes[:4]] == [False, False, False, True]
    assert not outcomes[-1].is_query


def test_ties_count_against_us() -> None:
    outcomes = replay(sample(2), Fixed())
    assert [o.rank for o in outcomes if o.is_query] == [3, 4, 5]
    assert outcomes[0].rank == math.inf


def test_an_issue_that_was_left_out_was_never_found() -> None:
    class Silent(Fixed):
        def rank(self, issue: Issue) -> list[tuple[int, float]]:
            return []

    outcomes = replay(sample(), Silent())
    assert {o.rank for o in outcomes} == {math.inf}
    assert figures(outcomes, calibrated=True)["mrr"] == 0


def test_the_scorer_finds_the_repeated_reports() -> None:
    ticks: list[tuple[int, int]] = []
    result = evaluate(
        sample(),
        HashingEmbedder(DIMENSION),
        PairScorer.load(),
        baseline="minilm",
        by_cluster=True,
        progress=lambda done, total: ticks.append((done, total)),
    )
    assert result["issues"] == 16
    assert result["queries"] == 12
    assert result["recall_at_1"] > 0.9
    assert ticks == [(done, 64) for done in range(1, 65)]
    for name in ("recall_at_5", "recall_at_10", "mrr", "auroc", "average_precision", "brier", "ece"):
        low, high = result["intervals"][name]
        assert 0 <= low <= high <= 1
    assert result["baseline"]["name"] == "minilm"
    assert "brier" not in result["baseline"]
    assert result["difference"]["recall_at_1"]["difference"] == pytest.approx(
        result["recall_at_1"] - result["baseline"]["recall_at_1"]
    )
    assert result["known_clusters"]["issues"] == 7
    assert result["known_clusters"]["accuracy"] > 0.8
    assert set(result["languages"]) == {"de", "en"}
    assert json.loads(json.dumps(result)) is not None


def test_bm25_is_a_baseline_and_anything_else_is_refused() -> None:
    result = evaluate(sample(2), HashingEmbedder(DIMENSION), PairScorer.load(), baseline="bm25")
    assert result["baseline"]["recall_at_5"] == 1
    with pytest.raises(ValueError, match="minilm, bm25, none"):
        evaluate(sample(2), HashingEmbedder(DIMENSION), PairScorer.load(), baseline="magic")


def test_the_same_evaluation_gives_the_same_figures() -> None:
    first, second = (evaluate(sample(3), HashingEmbedder(DIMENSION), PairScorer.load()) for _ in range(2))
    assert first == second


def test_raw_baselines_rank_every_earlier_issue() -> None:
    items = sample(3)
    for ranker in (RawCosine(HashingEmbedder(DIMENSION)), RawWords()):
        for item in items[:-1]:
            ranker.add(item.issue)
        assert len(ranker.rank(items[-1].issue)) == len(items) - 1


def test_no_difference_to_oneself() -> None:
    outcomes = [Outcome(n, n > 2, 1 + n % 3, 1, n / 10, n % 2 == 0) for n in range(8)]
    for each in differences(outcomes, outcomes).values():
        assert each == {"difference": 0, "interval": (0, 0)}


def test_nothing_to_evaluate_is_no_error() -> None:
    assert report([])["issues"] == 0
    assert evaluate([], HashingEmbedder(DIMENSION), PairScorer.load(), baseline="bm25")["queries"] == 0
