"""Log lines: names and numbers, one JSON object each, and never a secret or a text of an issue."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.log import LONGEST_VALUE, NEVER, discreet

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
ADDRESS = "jane.doe@customer.example.org"


def line(**event: Any) -> dict[str, Any]:
    return dict(discreet(None, "info", event))


def test_names_and_numbers_stay_as_they_are() -> None:
    event = {
        "event": "effect",
        "issue": 12,
        "milliseconds": 1.5,
        "done": True,
        "reason": None,
        "repository": "acme/shop",
    }
    assert line(**event) == event


@pytest.mark.parametrize("name", [*sorted(NEVER), "Authorization", "BODY"])
def test_inv_41_what_is_never_logged_is_left_out_whatever_it_holds(name: str) -> None:
    assert line(**{name: "anything"}) == {name: "[left out]"}


def test_inv_41_a_visitors_address_is_redacted_and_this_machines_own_is_not() -> None:
    assert line(peer="84.112.33.7", host="127.0.0.1") == {"peer": "[redacted:ip]", "host": "127.0.0.1"}


@pytest.mark.parametrize("secret", [TOKEN, ADDRESS])
def test_inv_41_secrets_and_addresses_are_redacted_wherever_they_stand(secret: str) -> None:
    event = line(
        event=f"failed with {secret}",
        problems=[f"line 1: {secret}"],
        details={"inner": {"deep": (secret,)}},
        error=ValueError(f"quoted {secret}"),
        raw=secret.encode(),
    )
    assert secret not in json.dumps(event)


def test_a_forbidden_name_is_left_out_inside_of_a_mapping_too() -> None:
    assert line(details={"title": "My words", "number": 3}) == {"details": {"title": "[left out]", "number": 3}}


def test_a_long_value_is_cut() -> None:
    assert len(line(reason="word " * 1000)["reason"]) <= LONGEST_VALUE


def test_a_secret_across_the_cut_leaves_no_half() -> None:
    kept = line(reason="x" * (LONGEST_VALUE - 12) + " " + TOKEN)["reason"]
    assert "ghp_" not in kept


def test_what_the_chain_needs_of_its_own_is_handed_on_untouched() -> None:
    record = object()
    assert line(_record=record, event="x")["_record"] is record


SCRIPT = """
import logging
import structlog
from bot.log import configure
configure({log_format!r}, "info")
structlog.contextvars.bind_contextvars(delivery="d-1", repository="acme/shop", issue=7)
structlog.get_logger("triage.test").info("decided", verdict="new", body="PROSE")
logging.getLogger("some.library").warning("token %s", {token!r})
logging.getLogger("httpx").info("not shown")
try:
    raise ValueError("it says " + {token!r})
except ValueError:
    structlog.get_logger("triage.test").exception("failed")
"""


def logged(log_format: str) -> str:
    script = SCRIPT.format(log_format=log_format, token=TOKEN)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == ""
    return run.stderr


def test_json_lines_carry_delivery_repository_and_issue_and_no_secret() -> None:
    output = logged("json")
    lines = [json.loads(one) for one in output.splitlines()]
    assert lines[0]["event"] == "decided"
    assert (lines[0]["delivery"], lines[0]["repository"], lines[0]["issue"]) == ("d-1", "acme/shop", 7)
    assert [one["event"] for one in lines][2] == "failed"
    assert "ValueError" in lines[2]["exception"]
    assert "PROSE" not in output
    assert TOKEN not in output
    assert "not shown" not in output


def test_console_lines_hold_no_secret_either() -> None:
    output = logged("console")
    assert "decided" in output
    assert "acme/shop" in output
    assert "PROSE" not in output
    assert TOKEN not in output
