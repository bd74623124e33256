import json

import numpy as np
import pytest

from models.artifacts import default_artifact
from models.cross_validation import BY_CLUSTER, BY_REPOSITORY, Corpus, cross_validated, without_fold
from models.document import prepare_all
from models.fitting import FOLDS, NothingToFit, Pool, collect, fit_certainty, fit_pairs, fold_of
from models.hashing_embedder import HashingEmbedder
from models.labelled import groups, read
from models.standing import CANDIDATE_FEATURES
from tests.models.conftest import DIMENSION

NUMBERS = range(1, 81)


def pool(number: int, group: int, others: list[int]) -> Pool:
    found = np.array(others)
    return Pool(number, group, True, np.zeros((len(others), len(CANDIDATE_FEATURES))), found == group, found)


def test_a_fold_is_gone_as_query_and_as_candidate() -> None:
    everyone = list(range(1, 41))
    pools = [pool(100 + group, group, everyone) for group in everyone]
    for fold in range(FOLDS):
        kept = without_fold(pools, fold)
        assert 0 < len(kept) < len(pools)
        assert {fold_of(each.group) for each in kept} | {fold} == set(range(FOLDS))
        for each in kept:
            assert fold not in {fold_of(int(group)) for group in each.groups}
            assert len(each.features) == len(each.right) == len(each.groups)


def test_a_pool_of_one_fold_alone_teaches_nothing() -> None:
    same = [group for group in range(1, 60) if fold_of(group) == 2]
    assert without_fold([pool(100, 1, same)], 2) == []


def corpus(members: int = 2) -> Corpus:
    """Reports of so many members a cluster."""
    return _documents(
        [_line(number, number // members) | {"gold_cluster": f"c{number // members}"} for number in NUMBERS]
    )


def stream(first: int) -> Corpus:
    """The same, where only one of each pair was marked."""
    return _documents([_line(n, n // 2) | ({"duplicate_of": n - 1} if n % 2 else {}) for n in NUMBERS[first:]])


def _line(number: int, problem: int) -> dict[str, object]:
    words = f"problem {problem} word{problem * 7} thing{problem * 13}"
    return {"number": number, "title": words, "body": f"{words} seen", "created_at": "2026-01-01"}


def _documents(lines: list[dict[str, object]]) -> Corpus:
    items = read(map(json.dumps, lines)).items
    return Corpus(items, prepare_all([item.issue for item in items], HashingEmbedder(DIMENSION)))


def test_every_fold_is_judged_by_a_fit_on_the_others() -> None:
    own = corpus()
    group = groups(own.items)
    pools = list(collect(own.items, own.documents))
    steps: list[str] = []
    scorers, method = cross_validated(
        own, [], default_artifact(), None, lambda: steps.append("collected"), lambda: steps.append("fitted")
    )
    assert method == BY_CLUSTER
    assert steps == ["collected"] * len(own.items) + ["fitted"] * FOLDS
    for item in own.items:
        number = item.issue.number
        assert scorers(number).artifact.pairs == fit_pairs([pools], without=fold_of(group[number]), refusing=True)
        assert scorers(number).artifact.candidates == fit_pairs(
            [pools], CANDIDATE_FEATURES, without=fold_of(group[number])
        )
        assert scorers(number).artifact.certainty != default_artifact().certainty
        assert scorers(number).artifact.calibration != default_artifact().calibration


def test_known_clusters_are_fitted_only_where_some_have_a_fourth_member() -> None:
    embedder = HashingEmbedder(DIMENSION)
    for members, anew in ((2, False), (8, True)):
        own = corpus(members)
        scorers, _ = cross_validated(own, [], default_artifact(), embedder, lambda: None, lambda: None)
        shipped = default_artifact().clusters
        assert all((scorers(number).artifact.clusters != shipped) is anew for number in (1, 20, 40))


def test_without_a_wrong_answer_nothing_can_be_calibrated() -> None:
    one_group = [pool(number, 1, [1, 1, 1]) for number in (2, 3, 4)]
    with pytest.raises(NothingToFit, match="calibrate"):
        fit_certainty(one_group, [np.zeros(3)] * 3, [np.zeros(3)] * 3)


def test_streams_alone_calibrate_a_stream() -> None:
    streams = [stream(first) for first in (1, 2)]
    scorers, method = cross_validated(streams[0], streams[1:], default_artifact(), None, lambda: None, lambda: None)
    assert method == BY_REPOSITORY
    assert scorers(1) is scorers(80)
    assert scorers(1).artifact.calibration != default_artifact().calibration


def test_where_some_are_judged_these_alone_calibrate() -> None:
    judged, unjudged = corpus(), stream(2)
    found = [
        cross_validated(stream(1), others, default_artifact(), None, lambda: None, lambda: None)[0](1).artifact
        for others in ([unjudged], [unjudged, judged])
    ]
    assert found[0].calibration != found[1].calibration
