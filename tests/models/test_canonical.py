from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.canonical import Standing, choose_canonical
from models.issue import Issue

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def issue(number: int, **changes: Any) -> Issue:
    at = NOON + timedelta(hours=number)
    return Issue(number, **({"title": "A", "body": "", "created_at": at, "updated_at": at} | changes))


def issues(*changed: Issue) -> dict[int, Issue]:
    return {number: issue(number) for number in range(1, 10)} | {one.number: one for one in changed}


def alone(*members: int) -> dict[int, int]:
    return {number: number for number in members}


@st.composite
def forests(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, Issue], Standing]:
    """Members with their roots, some of these outside or unknown; issues of every state; and whatever people said."""
    roots = {number: draw(st.integers(1, number)) for number in draw(st.sets(st.integers(1, 9)))}
    roots = {number: root if roots.get(root, root) == root else number for number, root in roots.items()}
    changes = st.fixed_dictionaries(
        {
            "state": st.sampled_from(["open", "closed"]),
            "state_reason": st.sampled_from([None, "completed", "not_planned", "duplicate"]),
            "locked": st.booleans(),
            "is_pull_request": st.booleans(),
            "author_is_bot": st.booleans(),
            "reactions": st.integers(0, 3),
        }
    )
    found = {number: issue(number, **draw(changes)) for number in draw(st.sets(st.integers(1, 9)))}
    some = st.sets(st.integers(1, 9))
    standing = Standing(
        draw(st.none() | st.integers(1, 9)), draw(some), draw(some), draw(st.none() | st.integers(1, 9))
    )
    return roots, found, standing


@given(forests())
def test_inv_04_the_canonical_issue_is_a_root_that_may_be_a_target(
    case: tuple[dict[int, int], dict[int, Issue], Standing],
) -> None:
    roots, found, standing = case
    choice = choose_canonical(roots, found, standing)
    assert choice.reason
    if choice.number is None:
        return
    chosen = found[choice.number]
    assert (chosen.is_pull_request, chosen.author_is_bot) == (False, False)
    assert (chosen.state, chosen.state_reason) != ("closed", "duplicate")
    if choice.number != standing.configured:
        assert choice.number in roots.values()
        assert roots.get(choice.number, choice.number) == choice.number
        assert choice.number not in standing.unfit
        assert standing.before is None or choice.number < standing.before


@given(forests())
def test_no_candidate_is_better_than_the_one_that_was_chosen(
    case: tuple[dict[int, int], dict[int, Issue], Standing],
) -> None:
    roots, found, standing = case
    choice = choose_canonical(roots, found, standing)
    if choice.number is None or choice.number == standing.configured:
        return
    winners = {one: root for one, root in roots.items() if root == choice.number}
    for rival in set(roots.values()) - {choice.number}:
        both = winners | {one: root for one, root in roots.items() if root == rival}
        assert choose_canonical(both, found, standing).number == choice.number


def test_what_a_maintainer_set_comes_first_though_it_is_closed() -> None:
    choice = choose_canonical(alone(1, 2), issues(issue(7, state="closed")), Standing(configured=7, confirmed={1}))
    assert (choice.number, choice.reason) == (7, "set by a maintainer")


@pytest.mark.parametrize(
    "gone", [{"is_pull_request": True}, {"author_is_bot": True}, {"state": "closed", "state_reason": "duplicate"}]
)
def test_what_a_maintainer_set_is_passed_over_where_it_can_be_no_target(gone: dict[str, Any]) -> None:
    assert choose_canonical(alone(1, 2), issues(issue(7, **gone)), Standing(configured=7)).number == 1
    assert choose_canonical(alone(1, 2), issues(), Standing(configured=99)).number == 1


def test_the_one_that_people_named_comes_before_one_with_more_duplicates() -> None:
    choice = choose_canonical({1: 1, 2: 2, 3: 2, 4: 2, 5: 1}, issues(), Standing(confirmed={1}))
    assert (choice.number, choice.reason) == (1, "people named it as the one that others duplicate")


def test_a_named_one_that_was_fixed_is_kept_and_one_that_was_dropped_is_not() -> None:
    fixed = issues(issue(1, state="closed", state_reason="completed"))
    assert choose_canonical(alone(1, 2), fixed, Standing(confirmed={1})).number == 1
    dropped = issues(issue(1, state="closed", state_reason="not_planned"))
    assert choose_canonical(alone(1, 2), dropped, Standing(confirmed={1})).number == 2


def test_of_two_that_people_named_the_open_one_is_chosen() -> None:
    fixed = issues(issue(1, state="closed", state_reason="completed"))
    assert choose_canonical(alone(1, 2), fixed, Standing(confirmed={1, 2})).number == 2


@pytest.mark.parametrize("shut", [{"state": "closed"}, {"locked": True}])
def test_an_open_one_comes_before_an_older_one_in_which_nobody_can_answer(shut: dict[str, Any]) -> None:
    choice = choose_canonical(alone(1, 2), issues(issue(1, reactions=50, **shut)))
    assert (choice.number, choice.reason) == (2, "the only one that is open")


def test_duplicates_and_reactions_count_alike() -> None:
    choice = choose_canonical({1: 1, 2: 2, 3: 2, 4: 1}, issues(issue(1, reactions=1)))
    assert (choice.number, choice.reason) == (1, "most duplicates (1) and reactions (1)")
    assert choose_canonical({1: 1, 2: 2, 3: 2, 4: 2}, issues(issue(1, reactions=1))).number == 2


def test_the_oldest_is_chosen_where_nothing_else_tells() -> None:
    choice = choose_canonical(alone(3, 2, 5), issues())
    assert (choice.number, choice.reason) == (2, "the oldest of those with as many duplicates and reactions")


def test_among_closed_ones_alone_the_choice_says_that_none_is_open() -> None:
    shut = issues(issue(1, state="closed"), issue(2, state="closed", reactions=2))
    choice = choose_canonical(alone(1, 2), shut)
    assert (choice.number, choice.reason) == (2, "none is open; most duplicates (0) and reactions (2)")


def test_the_root_of_a_member_is_chosen_though_it_is_no_member() -> None:
    assert choose_canonical({4: 1, 5: 1}, issues()).number == 1


def test_only_an_older_issue_is_a_target() -> None:
    assert choose_canonical(alone(4, 6), issues(), Standing(before=5)).number == 4
    assert choose_canonical(alone(4, 6), issues(), Standing(before=4)).number is None


def test_a_cluster_without_issues_has_no_canonical_one() -> None:
    choice = choose_canonical({}, {})
    assert (choice.number, choice.reason) == (None, "no issue of the cluster can be one")
