"""A cluster's page says who or what decided on its canonical issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.protocol import Storage
from bot.storage.records import ConfigRecord
from models.curation import Edit
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime
from tests.fakes.stored import stored_issue

KNOWN = "extra-usage-400"  # its canonical issue is #1; of the reports here #3 was called a duplicate of it
AT = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = "people named it as the one that others duplicate"
CONFIGURED = "set in the configuration"
BY_MIA = "set by mia on 1 Mar 2026"


@pytest.fixture
def storage(world: tuple[FastAPI, DashboardRuntime]) -> Storage:
    """What the page reads; the texts of #1 and #2 say enough for a canonical issue."""
    body = "Every request fails with API Error: 400 invalid_request_error although the balance shows 42 dollars."
    world[1].storage.save_issues(SHOP, [stored_issue(number, body=body, created_at=AT) for number in (1, 2)])
    return world[1].storage


def configure(storage: Storage, canonical: int | None) -> None:
    """The known cluster is in the file, with this canonical issue or without one."""
    lines = ["clusters:", f"  - slug: {KNOWN}", "    title: Extra usage 400", "    examples: [out of extra usage]"]
    lines += [] if canonical is None else [f"    canonical: {canonical}"]
    storage.save_config(SHOP, ConfigRecord("f", AT, "\n".join(lines), None))


async def shown(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get(f"/r/{NAME}/clusters/{KNOWN}.json")).json()["canonical"])


@pytest.mark.parametrize(
    ("configured", "why", "is_set"), [(1, CONFIGURED, True), (None, POLICY, False), (2, POLICY, False)]
)
async def test_it_is_set_in_the_configuration_only_where_the_configuration_names_it(
    storage: Storage, maintainer: httpx.AsyncClient, configured: int | None, why: str, *, is_set: bool
) -> None:
    configure(storage, configured)
    found = await shown(maintainer)
    assert (found["number"], found["why"], found["is_set"], found["instead"]) == (1, why, is_set, None)


async def test_a_person_who_set_it_is_named_until_that_is_taken_back(
    storage: Storage, maintainer: httpx.AsyncClient
) -> None:
    configure(storage, 1)
    act = storage.save_edit(SHOP, Edit("canonical", AT, "mia", KNOWN, (1,)))
    assert (await shown(maintainer))["why"] == BY_MIA
    storage.save_edit(SHOP, Edit("undo", AT, "mia", KNOWN, value=str(act)), undoes=act)
    assert (await shown(maintainer))["why"] == CONFIGURED
    configure(storage, None)
    assert (await shown(maintainer))["why"] == POLICY


async def test_one_that_was_given_back_to_the_policy_is_no_persons(
    storage: Storage, maintainer: httpx.AsyncClient
) -> None:
    configure(storage, None)
    storage.save_edit(SHOP, Edit("canonical", AT, "mia", KNOWN, (1,)))
    storage.save_edit(SHOP, Edit("canonical", AT.replace(day=2), "mia", KNOWN))
    assert (await shown(maintainer))["why"] == POLICY
