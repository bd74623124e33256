"""How long a step waits, and what its failures leave behind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import Gone, Permanent, RetryAfter, StorageError, Unavailable
from bot.inbox import partition_of, to_input
from bot.storage.records import DeliveryRecord
from bot.workflows.every import WORKFLOWS
from bot.workflows.steps import LONGEST_WAIT, PATIENCE, StepFailed, StepPostponed, StepStopped, _outcome, _pause
from models.embedder import ModelUnavailable
from tests.fakes.stored import delivery
from webhooks.routing import ROUTES


def raising(error: Exception) -> Any:
    def function() -> None:
        raise error

    return function


def test_a_value_is_kept_as_it_is() -> None:
    assert _outcome(lambda number: number + 1, (41,)) == {"value": 42}


@pytest.mark.parametrize("error", [Unavailable("502"), ModelUnavailable("no model"), StorageError("locked")])
def test_a_passing_failure_is_tried_again_after_growing_pauses_and_then_put_off(error: Exception) -> None:
    outcome = _outcome(raising(error), ())
    tries = iter(PATIENCE)
    pauses = [_pause(outcome, tries) for _ in PATIENCE]
    assert pauses == sorted(pauses) == list(PATIENCE)
    with pytest.raises(StepPostponed, match=str(error)):
        _pause(outcome, tries)


def test_inv_36_githubs_own_delay_is_kept_and_costs_no_try() -> None:
    outcome = _outcome(raising(RetryAfter("patience", 61.5)), ())
    assert [_pause(outcome, iter(())) for _ in range(9)] == [61.5] * 9


def test_a_delay_of_a_day_is_asked_about_again_within_the_hour() -> None:
    assert _pause(_outcome(raising(RetryAfter("patience", 86_400)), ()), iter(())) == LONGEST_WAIT


@pytest.mark.parametrize("error", [Permanent("the issue is locked"), Gone("not there")])
def test_a_permanent_failure_ends_the_workflow_with_its_sentence(error: Exception) -> None:
    with pytest.raises(StepStopped, match=str(error)):
        _pause(_outcome(raising(error), ()), iter(()))


def test_inv_41_a_bug_is_known_by_its_type_and_place_and_not_by_its_message() -> None:
    with pytest.raises(StepFailed) as failure:
        _outcome(raising(KeyError("PROSE")), ())
    kind, place = failure.value.args
    assert kind == "KeyError"
    assert place.startswith("test_steps.py:")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_every_route_leads_to_a_workflow_that_is_there() -> None:
    assert set(ROUTES.values()) <= set(WORKFLOWS)


def test_inv_02_deliveries_of_one_repository_share_a_place_in_the_queue_whatever_its_name_is() -> None:
    assert partition_of(delivery("a")) == partition_of(delivery("b", repository="acme/renamed"))
    assert partition_of(delivery("a")) != partition_of(delivery("b", repository_id=2))
    of_an_installation = delivery("c", repository=None, repository_id=None, installation_id=7)
    assert partition_of(of_an_installation) == "installation:7"
    assert partition_of(delivery("d", repository_id=None)) == "acme/shop"


def test_inv_41_a_workflows_input_is_names_and_numbers() -> None:
    record = DeliveryRecord(
        "d", "issues", "opened", "triage_issue", datetime(2026, 3, 4, tzinfo=UTC), "acme/shop", 1, 2, 3
    )
    assert to_input(record) == {
        "id": "d",
        "event": "issues",
        "action": "opened",
        "workflow": "triage_issue",
        "received_at": "2026-03-04T00:00:00+00:00",
        "repository": "acme/shop",
        "repository_id": 1,
        "issue": 2,
        "installation_id": 3,
        "details": {},
        "partition": "repository:1",
        "attempt": 0,
    }
