"""Installations and rate limits as GitHub shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.github.mapping import Malformed
from bot.github.standing import RateLimit, installation, rate_limit


def shown(**changes: Any) -> dict[str, Any]:
    return {
        "id": 3,
        "account": {"login": "octo"},
        "permissions": {"issues": "write"},
        "single_file_name": None,
        "suspended_at": None,
        **changes,
    }


def test_an_installation_has_its_account_permissions_and_files():
    found = installation(shown(single_file_paths=["a.yml", "b.yml"]))
    assert (found.id, found.account, found.permissions) == (3, "octo", {"issues": "write"})
    assert found.single_files == ("a.yml", "b.yml")
    assert not found.suspended


def test_one_file_may_stand_by_its_name_and_none_is_none():
    assert installation(shown(single_file_name="a.yml")).single_files == ("a.yml",)
    assert installation(shown()).single_files == ()


def test_a_suspended_installation_and_one_without_an_account_are_read():
    found = installation(shown(suspended_at="2026-05-01T00:00:00Z", account=None))
    assert (found.suspended, found.account) == (True, "?")


def test_the_rate_limit_is_that_of_the_core():
    core = {"limit": 5000, "remaining": 4321, "reset": 1_800_000_000}
    found = rate_limit({"resources": {"core": core, "search": {}}})
    assert found == RateLimit(5000, 4321, datetime.fromtimestamp(1_800_000_000, UTC))


@pytest.mark.parametrize(
    "core", [{}, {"limit": "many", "remaining": 1, "reset": 1}, {"limit": 1, "remaining": 1, "reset": 10**30}]
)
def test_a_malformed_rate_limit_is_named(core):
    with pytest.raises(Malformed):
        rate_limit({"resources": {"core": core}})


@pytest.mark.parametrize("data", [{}, shown(id="3"), shown(permissions=None), []])
def test_a_malformed_installation_is_named(data):
    with pytest.raises(Malformed):
        installation(data)
