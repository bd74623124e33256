"""The receiver against the payloads that GitHub really sent (npm @octokit/webhooks-examples)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fakes.deliveries import app, client, post
from tests.fakes.inbox import FakeRuntime
from tests.fakes.webhook_examples import examples
from webhooks.routing import ROUTES

NOTHING_TO_DO = {
    "neither title nor body changed",
    "the comment is no command",
    "the comment is not ours",
    "the comment is by a bot",
    "a bot did it",
}

pytestmark = pytest.mark.npm


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
async def http(runtime: FakeRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app(runtime)) as opened:
        yield opened


async def test_every_real_payload_is_understood(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    outcomes: dict[str, int] = {}
    for number, (event, action, payload) in enumerate(examples()):
        answer = await post(http, payload, event, f"example-{number}")
        said = answer.json().get("status", answer.text)
        outcomes[said] = outcomes.get(said, 0) + 1
        record = runtime.inbox.kept.get(f"example-{number}")
        if record is not None:
            assert record.workflow == ROUTES[event, action or ""]
        elif event != "ping":
            assert said == "ignored", (event, action, answer.text)
            assert (event, action) not in ROUTES or answer.json()["reason"] in NOTHING_TO_DO
    assert set(outcomes) == {"accepted", "ignored", "pong"}
    assert outcomes["accepted"] > 20


async def test_a_real_issue_is_recorded_under_its_own_numbers(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    for number, (_, _, payload) in enumerate(examples("issues", "opened")):
        await post(http, payload, "issues", f"example-{number}")
        record = runtime.inbox.kept[f"example-{number}"]
        assert record.issue == payload["issue"]["number"]
        assert (record.repository, record.repository_id) == (
            payload["repository"]["full_name"],
            payload["repository"]["id"],
        )
        assert record.installation_id == payload.get("installation", {}).get("id")


async def test_inv_41_no_title_or_body_of_a_real_payload_is_kept(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    for number, (_, _, payload) in enumerate(examples("issues")):
        await post(http, payload, "issues", f"example-{number}")
        kept = repr(runtime.inbox.kept.get(f"example-{number}"))
        assert payload["issue"]["title"] not in kept
        assert not payload["issue"]["body"] or payload["issue"]["body"] not in kept
