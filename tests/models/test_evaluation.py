import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from models.cross_validation import BY_CLUSTER, BY_REPOSITORY, SHIPPED
from models.evaluation import differences, evaluate, figures, prepared, report
from models.fitting import NothingToFit
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from models.labelled import KnownSoFar, Labelled, read
from models.outcomes import NOTHING, Outcome, rank_of, replay
from models.rankers import Judged, Ranked, RawCosine, RawWords, Told, raw_text
from models.scorer import PairScorer
from tests.models.conftest import DIMENSION

TOPICS = {
    "usage": "Extra usage 400 although the balance is left",
    "promo": "Promised promo credit banner never appears",
    "theme": "Dark theme flickers while the window scrolls",
}


SETTINGS = ("laptop", "server", "container", "browser", "terminal", "editor", "tablet")


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

    def rank(self, issue: Issue) -> Ranked:
        assert issue.number not in self.seen
        return Ranked(np.array(self.seen, dtype=np.int64), np.full(len(self.seen), 0.5))

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
        def rank(self, issue: Issue) -> Ranked:
            return NOTHING

    outcomes = replay(sample(), Silent())
    assert {o.rank for o in outcomes} == {math.inf}
    assert figures(outcomes, calibrated=True)["mrr"] == 0


def test_the_scorer_finds_the_repeated_reports() -> None:
    steps: dict[str, list[tuple[int, int]]] = {}
    result = evaluate(
        sample(),
        HashingEmbedder(DIMENSION),
        PairScorer.load(),
        baseline="minilm",
        by_cluster=True,
        progress=lambda doing, done, total: steps.setdefault(doing, []).append((done, total)),
    )
    assert result["issues"] == 16
    assert result["queries"] == 12
    assert result["recall_at_1"] > 0.9
    assert len(steps) == 6
    assert all(each == [(done, 16) for done in range(1, 17)] for each in steps.values())
    for name in ("recall_at_5", "recall_at_10", "mrr", "auroc", "average_precision", "brier", "ece"):
        low, high = result["intervals"][name]
        assert 0 <= low <= high <= 1
    assert result["baseline"]["name"] == "minilm"
    assert "brier" not in result["baseline"]
    assert result["difference"]["recall_at_1"]["difference"] == pytest.approx(
        result["recall_at_1"] - result["baseline"]["recall_at_1"]
    )
    assert result["told"]["queries"] == 12
    assert result["told"]["recall_at_5"] == 1
    assert set(result["told"]["intervals"]) == set(result["intervals"]) & set(result["told"])
    assert result["known_clusters"]["issues"] == 7
    assert result["accuracy"] > 0.8
    assert result["bcubed_f1"] > 0.5
    assert result["clustering"] == {"issues": 15, "clusters": result["clustering"]["clusters"], "gold_clusters": 3}
    assert result["intervals"]["accuracy"][0] <= result["accuracy"] <= result["intervals"]["accuracy"][1]
    assert 0 < result["baseline"]["bcubed_f1"] <= 1
    assert result["method"] == SHIPPED
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


def test_where_groups_are_told_each_problem_is_named_once_and_nobody_hears_its_own_label() -> None:
    items = sample()
    documents = prepared(items, HashingEmbedder(DIMENSION), lambda: None)
    judged = Judged(documents, lambda _: PairScorer.load(), DIMENSION)
    replay(items, judged)
    told, known = Told(items, judged.weighed, lambda _: PairScorer.load()), KnownSoFar()
    for item in items:
        ranked, whole = told.rank(item.issue).numbers.tolist(), judged.weighed[item.issue.number]
        causes = [known.group(number) for number in ranked]
        assert len(set(causes)) == len(causes)
        assert set(causes) == {known.group(number) for number in whole.numbers[: whole.asked]}
        told.add(item.issue)
        known.add(item)


def test_the_raw_baseline_stays_what_it_is_whatever_the_embedder() -> None:
    small, large, scorer = HashingEmbedder(8), HashingEmbedder(256), PairScorer.load()
    ours = evaluate(sample(), large, scorer, baseline="minilm", plain=small)
    alone = evaluate(sample(), small, scorer, baseline="minilm")
    assert ours["baseline"] == alone["baseline"]
    assert ours["baseline"] != evaluate(sample(), large, scorer, baseline="minilm")["baseline"]


def test_raw_baselines_rank_every_earlier_issue() -> None:
    items = sample(3)
    vectors = {item.issue.number: HashingEmbedder(DIMENSION).embed([raw_text(item.issue)]) for item in items}
    for ranker in (RawCosine(vectors, DIMENSION), RawWords()):
        for item in items[:-1]:
            ranker.add(item.issue)
        ranked = ranker.rank(items[-1].issue)
        assert len(ranked.numbers) == len(items) - 1
        assert np.all(np.diff(ranked.scores) <= 0)


def test_no_difference_to_oneself() -> None:
    outcomes = [Outcome(n, n > 2, 1 + n % 3, 1, n / 10, n % 2 == 0) for n in range(8)]
    for each in differences(outcomes, outcomes).values():
        assert each == {"difference": 0, "interval": (0, 0)}


def test_nothing_to_evaluate_is_no_error() -> None:
    assert report([])["issues"] == 0
    assert evaluate([], HashingEmbedder(DIMENSION), PairScorer.load(), baseline="bm25")["queries"] == 0


def test_a_tie_at_the_top_is_not_right() -> None:
    outcomes = replay(sample(2), Fixed())
    assert not any(o.right for o in outcomes)
    assert rank_of(np.array([0.9, 0.9, 0.1]), np.array([True, False, True])) == 2
    assert rank_of(np.array([0.9, 0.9, 0.1]), np.array([True, True, False])) == 1
    assert rank_of(np.array([0.9]), np.array([False])) == math.inf


def stream(count: int = 40) -> Sequence[Labelled]:
    """Two reports of each problem, the later marked as a duplicate; the originals of the last ones come after."""
    lines = []
    for at in range(count):
        topic = f"{list(TOPICS.values())[at % 3]} in setting {at} of {SETTINGS[at % len(SETTINGS)]}"
        for place in (0, 1):
            number = 1 + 2 * at + place
            line = {"number": number, "title": topic, "body": f"{topic} again", "created_at": f"2026-01-01T{at:02}"}
            marked = place == 1 if at < count - 4 else place == 0
            other = number - 1 if place else number + 1
            lines.append(json.dumps(line | {"created_at": "2026-01-01"} | ({"duplicate_of": other} if marked else {})))
    return read(lines).items


def test_queries_with_a_label_of_their_own_are_counted_beside_all() -> None:
    result = evaluate(stream(), HashingEmbedder(DIMENSION), PairScorer.load(), baseline="bm25")
    assert result["queries"] == 40
    assert result["own_label"]["queries"] == 36
    assert result["baseline"]["own_label"]["queries"] == 36
    assert "bcubed_f1" not in result


def test_cross_validation_gives_way_to_scorers_that_did_not_see_the_cluster() -> None:
    shipped = evaluate(stream(), HashingEmbedder(DIMENSION), PairScorer.load())
    folds = evaluate(stream(), HashingEmbedder(DIMENSION), PairScorer.load(), others=[])
    assert (shipped["method"], folds["method"]) == (SHIPPED, BY_CLUSTER)
    assert folds["brier"] != shipped["brier"]


def test_a_stream_beside_others_is_left_out_whole() -> None:
    def judged_on(others: Sequence[Labelled]) -> dict[str, object]:
        return evaluate(stream(), HashingEmbedder(DIMENSION), PairScorer.load(), others=[others])

    alone = judged_on(sample(8))
    assert alone["method"] == BY_REPOSITORY
    assert alone["queries"] == 40
    assert alone["brier"] != judged_on(stream(30))["brier"]


def test_nothing_to_fit_on_is_said() -> None:
    with pytest.raises(NothingToFit, match="too few duplicates"):
        evaluate(stream(2), HashingEmbedder(DIMENSION), PairScorer.load(), others=[])


def test_numbers_may_be_as_large_as_json_has_them() -> None:
    lines = [
        json.dumps({"number": number, "title": "the same words", "created_at": "2026-01-01", "gold_cluster": "c"})
        for number in (3, 2**53)
    ]
    result = evaluate(read(lines).items, HashingEmbedder(DIMENSION), PairScorer.load(), baseline="minilm")
    assert result["recall_at_1"] == result["baseline"]["recall_at_1"] == 1
