import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.company import NEAREST, company, firsts, groups_of
from models.fitting import Pool, fit_company
from models.scorer import sigmoid
from models.standing import CANDIDATE_FEATURES

candidates = st.lists(st.tuples(st.floats(-30, 30), st.integers(0, 4), st.booleans()), min_size=1, max_size=40)


def added(log_odds: list[float], groups: list[int], among: list[bool] | None = None) -> list[float]:
    speaks = None if among is None else np.array(among)
    return company(np.array(log_odds, dtype=float), np.array(groups), speaks).tolist()


def test_two_that_are_one_problem_have_the_chance_that_not_both_miss() -> None:
    more = added([0.0, -1.0, 2.0], [1, 1, 2])
    together = 1 - (1 - sigmoid(np.array(0.0))) * (1 - sigmoid(np.array(-1.0)))
    assert sigmoid(np.array([0.0 + more[0], -1.0 + more[1]])) == pytest.approx([together, together])
    assert more[2] == 0


def test_a_problem_that_was_reported_a_hundred_times_is_no_likelier_than_its_nearest_reports() -> None:
    few, many = added([-1.0] * NEAREST, [1] * NEAREST), added([-1.0] * 100, [1] * 100)
    assert few[0] == pytest.approx(many[0])


def test_one_that_was_only_asked_for_speaks_for_nobody_but_hears_the_others() -> None:
    more = added([0.0, 0.0, 0.0], [1, 1, 1], [True, True, False])
    assert more[:2] == added([0.0, 0.0], [1, 1])
    assert more[2] > more[0]


@given(candidates)
def test_company_never_takes_anything_away(some: list[tuple[float, int, bool]]) -> None:
    log_odds, groups, among = (list(part) for part in zip(*some, strict=True))
    more = added(log_odds, groups, among)
    assert all(np.isfinite(more))
    assert min(more) >= 0
    alone = [at for at, group in enumerate(groups) if groups.count(group) == 1]
    assert all(more[at] == 0 for at in alone)


@given(candidates)
def test_what_is_not_among_the_candidates_changes_nobody_else(some: list[tuple[float, int, bool]]) -> None:
    log_odds, groups, among = (list(part) for part in zip(*some, strict=True))
    kept = [at for at, here in enumerate(among) if here]
    of = [[part[at] for at in kept] for part in (log_odds, groups)]
    whole = added(log_odds, groups, among)
    assert [whole[at] for at in kept] == pytest.approx(added(*of), abs=1e-9)


def test_who_belongs_to_nobody_is_a_group_alone() -> None:
    assert groups_of([4, 7, 9], None).tolist() == [4, 7, 9]
    assert groups_of([4, 7, 9], {4: 4, 7: 4, 9: 9}.__getitem__).tolist() == [4, 4, 9]
    assert firsts(np.array([4, 4, 9, 4, 2])).tolist() == [0, 2, 4]


def test_the_worth_of_company_is_learned_from_groups_that_are_right_together() -> None:
    random = np.random.default_rng(3)
    groups, pools, log_odds = np.repeat(np.arange(10), 3), [], []
    for number in range(300):
        right = groups == (number % 12)  # two in twelve belong to no group
        log_odds.append(random.normal(np.where(right, 1.0, -1.0), 1.0))
        features = np.zeros((len(groups), len(CANDIDATE_FEATURES)))
        pools.append(Pool(number, number % 12, bool(right.any()), features, right, groups))
    fitted = fit_company(pools, log_odds, log_odds, (1.0, 0.0))
    assert fitted.order > 0.5
    assert fitted.certainty > 0
    alone = [Pool(p.number, p.group, p.is_query, p.features, p.right, np.arange(len(groups))) for p in pools]
    unknown = fit_company(alone, log_odds, log_odds, (1.0, 0.0))
    assert (unknown.order, unknown.certainty) == (0.0, 0.0)
