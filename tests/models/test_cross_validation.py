import json

import numpy as np

from models.artifacts import default_artifact
from models.cross_validation import BY_CLUSTER, Corpus, cross_validated, without_fold
from models.document import prepare_all
from models.features import FEATURES
from models.fitting import FOLDS, Pool, collect, fit_pairs, fold_of
from models.hashing_embedder import HashingEmbedder
from models.labelled import groups, read
from tests.models.conftest import DIMENSION


def pool(number: int, group: int, others: list[int]) -> Pool:
    found = np.array(others)
    return Pool(number, group, True, np.zeros((len(others), len(FEATURES))), found == group, found)


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


def corpus() -> Corpus:
    """Pairs of reports."""
    lines = []
    for number in range(1, 81):
        words = f"problem {number // 2} word{number // 2 * 7} thing{number // 2 * 13}"
        line = {"number": number, "title": words, "body": f"{words} seen", "created_at": "2026-01-01"}
        lines.append(json.dumps(line | {"gold_cluster": f"c{number // 2}"}))
    items = read(lines).items
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
        assert scorers(number).artifact.pairs == fit_pairs([pools], without=fold_of(group[number]))
        assert scorers(number).artifact.calibration != default_artifact().calibration
