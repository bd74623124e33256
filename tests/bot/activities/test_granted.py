"""What GitHub still grants: asked of GitHub, not of the delivery, and asked again where it may not know yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.activities.granted import ASK_AGAIN, SETTLING, is_suspended, still_granted
from bot.errors import GitHubError, Gone, Permanent, RetryAfter, Unaccepted, Unavailable
from tests.fakes.small_world import NAME, World

INSTALLATION = 1
OTHER = {"id": 99, "full_name": "acme/other"}


@pytest.fixture
def here(known: World) -> dict[str, Any]:
    """The repository, as a delivery names it."""
    return {"id": known.fake.info.id, "full_name": NAME}


def long_ago(world: World) -> datetime:
    return world.clock() - SETTLING


def test_of_those_that_are_named_the_covered_ones_are_granted(known: World, here: dict[str, Any]) -> None:
    assert still_granted(known.services, INSTALLATION, [here, OTHER], long_ago(known)) == {here["id"]}
    assert still_granted(known.services, INSTALLATION, [OTHER], known.clock()) == set()


def test_inv_29_another_repository_of_the_same_name_is_not_the_one_that_was_removed(
    known: World, here: dict[str, Any]
) -> None:
    removed = here | {"id": here["id"] + 1}
    assert still_granted(known.services, INSTALLATION, [removed], known.clock()) == set()


def test_of_an_installation_that_is_over_nothing_is_granted(known: World, here: dict[str, Any]) -> None:
    assert still_granted(known.services, INSTALLATION + 1, [here], known.clock()) is None


def test_of_a_suspended_installation_each_repository_is_asked_for(known: World, here: dict[str, Any]) -> None:
    known.fake.suspended = True
    assert still_granted(known.services, INSTALLATION, [here, OTHER], long_ago(known)) == {here["id"]}


def test_an_answer_that_may_be_older_than_the_delivery_is_asked_for_again(known: World, here: dict[str, Any]) -> None:
    told_at = known.clock() - timedelta(seconds=40)
    with pytest.raises(RetryAfter) as caught:
        still_granted(known.services, INSTALLATION, [here], told_at)
    assert 0 < caught.value.seconds <= 20
    with pytest.raises(RetryAfter):
        is_suspended(known.services, INSTALLATION, told_at, told=True)
    known.clock.forward(seconds=21)
    assert still_granted(known.services, INSTALLATION, [here], told_at) == {here["id"]}
    assert not is_suspended(known.services, INSTALLATION, told_at, told=True)


def test_a_suspension_is_taken_from_github(known: World) -> None:
    assert not is_suspended(known.services, INSTALLATION, long_ago(known), told=True)
    known.fake.suspended = True
    assert is_suspended(known.services, INSTALLATION, known.clock(), told=True)
    with pytest.raises(Gone):
        is_suspended(known.services, INSTALLATION + 1, known.clock(), told=True)


@pytest.mark.parametrize("method", ["is_suspended", "installation_repositories"])
@pytest.mark.parametrize(
    "failure", [Unavailable("502"), Unaccepted("401", stops_repository=True), Permanent("403", stops_repository=True)]
)
def test_inv_45_where_github_cannot_be_asked_nothing_is_kept_and_nothing_deleted(
    known: World, here: dict[str, Any], method: str, failure: GitHubError
) -> None:
    known.github.fail_next(method, failure)
    with pytest.raises(RetryAfter) as caught:
        still_granted(known.services, INSTALLATION, [here], long_ago(known))
    assert caught.value.seconds == ASK_AGAIN
    known.github.fail_next(method, RetryAfter("a limit", 7.0))
    with pytest.raises(RetryAfter) as limit:
        still_granted(known.services, INSTALLATION, [here], long_ago(known))
    assert limit.value.seconds == 7.0
