"""What a form asks for, kept as it was asked, with who and when; and what is no form at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.fakes.dashboard import SHOP, DashboardRuntime, do
from webhooks.dashboard.every import ACTS
from webhooks.dashboard.posting import delivery_id

GOOD: dict[str, tuple[dict[str, Any], tuple[str | None, int | None, dict[str, Any]]]] = {
    "rename": ({"cluster": "c-dark", "value": " A title "}, ("c-dark", None, {"value": "A title"})),
    "label": ({"cluster": "c-dark", "value": ""}, ("c-dark", None, {"value": ""})),
    "canonical": ({"cluster": "c-dark", "numbers": "#31"}, ("c-dark", None, {"numbers": [31]})),
    "pin": ({"cluster": "c-dark", "numbers": "31, #32 33"}, ("c-dark", None, {"numbers": [31, 32, 33]})),
    "exclude": ({"cluster": "c-dark", "numbers": ["31", "32"]}, ("c-dark", None, {"numbers": [31, 32]})),
    "split": ({"cluster": "c-dark", "numbers": "31"}, ("c-dark", None, {"numbers": [31]})),
    "merge": ({"cluster": "c-dark", "into": "c-mixed"}, ("c-dark", None, {"into": "c-mixed"})),
    "undo-edit": ({"edit": "3"}, (None, None, {"edit": 3})),
    "undo": ({"act": "1"}, ("c-dark", None, {})),  # about what the act was about
    "confirm": ({"number": "4", "other": "1"}, (None, 4, {"other": 1})),
    "dismiss": ({"number": "4"}, (None, 4, {})),
    "rerun": ({"number": "4"}, (None, 4, {})),
    "rerun-cluster": ({"cluster": "c-dark"}, ("c-dark", None, {})),
    "broadcast": ({"cluster": "c-dark", "value": "Fixed soon"}, ("c-dark", None, {"value": "Fixed soon"})),
    "refit": ({}, (None, None, {})),
    "rollback": ({"to": "1"}, (None, None, {"to": 1})),
    "pause": ({}, (None, None, {})),
    "resume": ({}, (None, None, {})),
}
MAY_BE_EMPTY = {"refit", "rollback", "pause", "resume"}


@pytest.mark.parametrize("kind", sorted(GOOD))
async def test_an_act_is_kept_with_who_and_when_and_handed_to_a_worker(
    world: tuple[FastAPI, DashboardRuntime], maintainer: httpx.AsyncClient, kind: str
) -> None:
    fields, (cluster, number, details) = GOOD[kind]
    answer = await do(maintainer, kind, **fields)
    assert answer.status_code == 303
    (act, *_) = world[1].storage.acts(SHOP)
    assert (act.kind, act.actor, act.cluster_id, act.number, act.details) == (kind, "local", cluster, number, details)
    assert answer.headers["location"].endswith(f"act={act.id}")
    delivery = world[1].inbox.kept[delivery_id(act.id or 0, act.at)]
    assert (delivery.workflow, delivery.action, delivery.details) == ("follow_act", kind, {"act": act.id})


async def test_confirming_without_another_issue_is_refused_in_words(maintainer: httpx.AsyncClient) -> None:
    answer = await do(maintainer, "confirm", number="4")
    assert (answer.status_code, "The other issue is missing" in answer.text) == (400, True)


@pytest.mark.parametrize("number", ["9" * 16, "0" * 19 + "1" + "9" * 30, "-1", "0"])
async def test_a_number_that_nothing_has_is_refused_in_words(maintainer: httpx.AsyncClient, number: str) -> None:
    answer = await do(maintainer, "rerun", number=number)
    assert (answer.status_code, "must be a number like 123" in answer.text) == (400, True)


async def test_every_kind_of_act_has_a_form_that_is_tried_here() -> None:
    assert set(GOOD) <= set(ACTS)


@pytest.mark.parametrize("kind", sorted(set(GOOD) - MAY_BE_EMPTY))
async def test_a_form_that_says_too_little_is_refused(
    world: tuple[FastAPI, DashboardRuntime], maintainer: httpx.AsyncClient, kind: str
) -> None:
    answer = await do(maintainer, kind)
    assert answer.status_code == 400
    assert "is missing" in answer.text or "Choose a report first" in answer.text
    assert [act.kind for act in world[1].storage.acts(SHOP)] == ["rename"]  # the seeded one


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rename", {"cluster": "c-dark", "value": "x" * 121}),
        ("label", {"cluster": "c-dark", "value": "x" * 51}),
        ("pin", {"cluster": "c-dark", "numbers": "12; DROP"}),
        ("canonical", {"cluster": "c-dark", "numbers": "-1"}),
        ("confirm", {"number": "4", "other": "one"}),
        ("rollback", {"to": "yesterday"}),
    ],
)
async def test_a_form_with_a_wrong_value_is_refused(
    maintainer: httpx.AsyncClient, kind: str, fields: dict[str, str]
) -> None:
    assert (await do(maintainer, kind, **fields)).status_code == 400


async def test_what_nobody_can_do_is_not_there(maintainer: httpx.AsyncClient) -> None:
    assert (await do(maintainer, "delete-everything")).status_code == 404


def test_an_act_whose_id_was_given_before_the_repository_was_forgotten_is_other_work() -> None:
    assert delivery_id(1, datetime(2026, 4, 11, 9, tzinfo=UTC)) != delivery_id(
        1, datetime(2026, 4, 11, 9, 1, tzinfo=UTC)
    )


async def test_two_issues_are_not_taken_for_one_canonical(maintainer: httpx.AsyncClient) -> None:
    answer = await do(maintainer, "canonical", cluster="c-dark", numbers=["30", "31"])
    assert (answer.status_code, "choose one" in answer.text) == (400, True)
    assert (await do(maintainer, "canonical", cluster="c-dark", numbers="31")).status_code == 303
