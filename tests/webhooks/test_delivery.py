from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.records import DeliveryRecord
from tests.fakes.deliveries import issue_payload
from webhooks.delivery import MOST_REPOSITORIES, BadDelivery, Ignored, Ping, read

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REPOSITORY = {"id": 11, "full_name": "octo/widgets"}


def sent(payload: Any, event: str = "issues", delivery: str = "d-1") -> DeliveryRecord | Ping | Ignored:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read({"x-github-event": event, "x-github-delivery": delivery}, body, NOW)


def record(payload: Any, event: str = "issues") -> DeliveryRecord:
    found = sent(payload, event)
    assert isinstance(found, DeliveryRecord)
    return found


def test_an_opened_issue_becomes_a_record_of_names_and_ids() -> None:
    assert record(issue_payload()) == DeliveryRecord(
        id="d-1",
        event="issues",
        action="opened",
        workflow="triage_issue",
        received_at=NOW,
        repository="octo/widgets",
        repository_id=11,
        issue=7,
        installation_id=3,
        details={"sender": "ann", "sender_type": "User"},
    )


def test_inv_41_nothing_that_a_person_wrote_is_kept() -> None:
    edited = issue_payload("edited", changes={"title": {"from": "PROSE"}, "body": {"from": "PROSE"}})
    transferred = issue_payload(
        "transferred", changes={"new_issue": {"number": 9, "title": "PROSE"}, "new_repository": REPOSITORY}
    )
    for payload in (issue_payload(), edited, transferred):
        assert "PROSE" not in repr(record(payload))


@pytest.mark.parametrize(
    ("action", "workflow"),
    [
        ("opened", "triage_issue"),
        ("closed", "observe_issue"),
        ("reopened", "observe_issue"),
        ("deleted", "observe_issue"),
    ],
)
def test_each_action_names_its_workflow(action: str, workflow: str) -> None:
    assert record(issue_payload(action)).workflow == workflow


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00+00:00"),
        ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00+00:00"),
        ("2026-05-01T10:00:00", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("PROSE", None),
        (12, None),
        (None, None),
    ],
)
def test_when_it_happened_is_kept_where_github_says_so(given: Any, kept: str | None) -> None:
    payload = issue_payload("reopened")
    payload["issue"]["updated_at"] = given
    assert record(payload).details.get("at") == kept


def test_an_edit_of_title_or_body_is_triaged_and_says_which() -> None:
    assert record(issue_payload("edited", changes={"body": {"from": "x"}})).details["changed"] == ["body"]


@pytest.mark.parametrize("changes", [{}, {"labels": {}}, None, "title"])
def test_an_edit_of_anything_else_is_ignored(changes: Any) -> None:
    found = sent(issue_payload("edited", changes=changes))
    assert found == Ignored("d-1", "issues", "edited", "neither title nor body changed", "octo/widgets", 7)


def test_a_pull_request_posing_as_an_issue_is_ignored() -> None:
    for link in ({"url": "https://example.org"}, {}):
        payload = issue_payload()
        payload["issue"]["pull_request"] = link
        found = sent(payload)
        assert isinstance(found, Ignored)
        assert found.reason == "it is a pull request"


def test_an_issue_whose_pull_request_is_null_is_an_issue() -> None:
    payload = issue_payload()
    payload["issue"]["pull_request"] = None
    assert record(payload).issue == 7


def test_an_issue_opened_by_a_bot_is_left_to_the_worker_to_judge() -> None:
    payload = issue_payload(sender={"login": "dependabot[bot]", "type": "Bot"})
    assert record(payload).details == {"sender": "dependabot[bot]", "sender_type": "Bot"}


@pytest.mark.parametrize("body", [None, "", "a\u0000b\u202ec", "x" * 1_000_000])
def test_the_body_of_the_issue_does_not_matter(body: str | None) -> None:
    payload = issue_payload()
    payload["issue"]["body"] = body
    assert record(payload).issue == 7


def test_a_payload_of_a_repository_hook_has_no_installation() -> None:
    payload = issue_payload()
    del payload["installation"]
    assert record(payload).installation_id is None


def test_a_transferred_issue_names_where_it_went() -> None:
    target = {"id": 12, "full_name": "octo/gadgets", "description": "x"}
    payload = issue_payload("transferred", changes={"new_issue": {"number": 9}, "new_repository": target})
    details = record(payload).details
    assert details["new_issue"] == 9
    assert details["new_repository"] == {"id": 12, "full_name": "octo/gadgets"}


def test_a_renamed_repository_says_what_it_was_called() -> None:
    payload = {"action": "renamed", "repository": REPOSITORY, "changes": {"repository": {"name": {"from": "old"}}}}
    assert record(payload, "repository").details["renamed_from"] == "octo/old"


@pytest.mark.parametrize("kind", ["user", "organization"])
def test_a_transferred_repository_says_whose_it_was(kind: str) -> None:
    changes = {"owner": {"from": {kind: {"login": "before"}}}}
    payload = {"action": "transferred", "repository": REPOSITORY, "changes": changes}
    assert record(payload, "repository").details["renamed_from"] == "before/widgets"


def test_an_old_name_that_is_no_name_is_left_out() -> None:
    payload = {"action": "renamed", "repository": REPOSITORY, "changes": {"repository": {"name": {"from": "a b\n"}}}}
    assert "renamed_from" not in record(payload, "repository").details


def test_an_installation_names_its_repositories() -> None:
    payload = {"action": "created", "installation": {"id": 3}, "repositories": [{**REPOSITORY, "private": True}]}
    found = record(payload, "installation")
    assert (found.installation_id, found.repository, found.details) == (3, None, {"repositories": [REPOSITORY]})


def test_added_and_removed_repositories_are_told_apart() -> None:
    payload = {
        "action": "added",
        "installation": {"id": 3},
        "repositories_added": [REPOSITORY],
        "repositories_removed": [],
    }
    found = record(payload, "installation_repositories")
    assert found.details == {"repositories_added": [REPOSITORY], "repositories_removed": []}


def test_repositories_over_the_limit_are_counted() -> None:
    many = [REPOSITORY] * (MOST_REPOSITORIES + 5)
    details = record({"action": "created", "installation": {"id": 3}, "repositories": many}, "installation").details
    assert len(details["repositories"]) == MOST_REPOSITORIES
    assert details["repositories_left_out"] == 5


def test_a_ping_is_a_ping() -> None:
    assert sent({"zen": "x", "hook_id": 1}, "ping") == Ping("d-1")


@pytest.mark.parametrize("event", ["push", "star", "an_event_of_the_future"])
def test_an_event_that_is_not_used_is_ignored_by_name(event: str) -> None:
    assert sent({}, event) == Ignored("d-1", event, None, f"{event} events are not used")


def test_an_action_in_words_of_its_senders_own_does_not_matter_where_the_event_is_not_used() -> None:
    found = sent({"action": "on-demand test"}, "repository_dispatch")
    assert found == Ignored("d-1", "repository_dispatch", None, "repository_dispatch events are not used")


def test_an_action_that_is_not_used_is_ignored_by_name() -> None:
    found = sent(issue_payload("assigned"))
    assert isinstance(found, Ignored)
    assert found.reason == "issues.assigned is not used"


def without(key: str) -> dict[str, Any]:
    payload = issue_payload()
    del payload[key]
    return payload


def numbered(number: Any) -> dict[str, Any]:
    payload = issue_payload()
    payload["issue"]["number"] = number
    return payload


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "empty": (b"", "not JSON"),
    "truncated": (json.dumps(issue_payload()).encode()[:-20], "not JSON"),
    "text": (b"hello", "not JSON"),
    "form": (b"payload=%7B%7D", "not JSON"),
    "byte order mark": (b"\xef\xbb\xbf{}", "not JSON"),
    "latin-1": ('{"action": "opened", "x": "é"}'.encode("latin-1"), "not UTF-8"),
    "utf-16": (json.dumps(issue_payload()).encode("utf-16"), "not UTF-8"),
    "array": (b"[]", "not a JSON object"),
    "string": (b'"issues"', "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "nested arrays": (b"[" * 100_000, "nested too deeply"),
    "nested objects": (b'{"a":' * 100_000, "nested too deeply"),
    "same key twice": (b'{"action": "opened", "action": "closed"}', "same key twice"),
    "same key twice inside": (b'{"action": "opened", "issue": {"number": 1, "number": 2}}', "same key twice"),
    "NaN": (b'{"x": NaN}', "not numbers"),
    "endless number": (b'{"x": ' + b"9" * 5000 + b"}", "too long"),
    "no action": (without("action"), "no action"),
    "action is no word": (issue_payload(3), "no action"),  # type: ignore[arg-type]
    "action with a line break": (issue_payload("opened\nx"), "no action"),
    "no issue": (without("issue"), "no issue"),
    "issue is null": (issue_payload(issue=None), "no issue"),
    "issue is a list": (issue_payload(issue=[]), "no issue"),
    "no issue, not even interesting": ({"action": "labeled"}, "no issue"),
    "number missing": (numbered(None), "issue.number"),
    "number is text": (numbered("7"), "issue.number"),
    "number is true": (numbered(True), "issue.number"),
    "number is a fraction": (numbered(7.0), "issue.number"),
    "number is zero": (numbered(0), "issue.number"),
    "number is negative": (numbered(-7), "issue.number"),
    "number is huge": (numbered(10**30), "issue.number"),
    "no repository": (without("repository"), "no repository"),
    "repository without id": (issue_payload(repository={"full_name": "a/b"}), "repository.id"),
    "repository without name": (issue_payload(repository={"id": 1}), "repository.full_name"),
    "repository name with prose": (issue_payload(repository={"id": 1, "full_name": "a/b c"}), "repository.full_name"),
    "repository name with a lone surrogate": (
        issue_payload(repository={"id": 1, "full_name": "a/\ud800"}),
        "repository.full_name",
    ),
    "installation without id": (issue_payload(installation={}), "installation.id"),
    "installation is text": (issue_payload(installation="3"), "no installation"),
}


@pytest.mark.parametrize(("body", "reason"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_malformed_body_is_refused_with_its_reason(body: Any, reason: str) -> None:
    with pytest.raises(BadDelivery, match=reason) as caught:
        sent(body)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("delivery", ["", " ", "a b", "é", "a\nb", "x" * 101, "a/b"])
def test_a_delivery_id_that_is_not_sane_is_refused(delivery: str) -> None:
    with pytest.raises(BadDelivery, match="X-GitHub-Delivery"):
        sent(issue_payload(), delivery=delivery)


@pytest.mark.parametrize("event", ["", "Issues", "is sues", "issues\n", "x" * 65])
def test_an_event_name_that_is_not_sane_is_refused(event: str) -> None:
    with pytest.raises(BadDelivery, match="X-GitHub-Event"):
        sent(issue_payload(), event)


@pytest.mark.parametrize("missing", ["x-github-event", "x-github-delivery"])
def test_a_missing_header_is_refused(missing: str) -> None:
    present = {"x-github-event": "issues", "x-github-delivery": "d-1"}
    del present[missing]
    with pytest.raises(BadDelivery):
        read(present, json.dumps(issue_payload()).encode(), NOW)


@pytest.mark.parametrize("event", ["installation", "installation_repositories"])
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"action": "created"}, "no installation"),
        ({"action": "created", "installation": {"id": 3}, "repositories": "all"}, "not a list"),
        ({"action": "created", "installation": {"id": 3}, "repositories": [{"id": 1}]}, "full_name"),
    ],
)
def test_an_installation_that_is_not_sound_is_refused(event: str, payload: Any, reason: str) -> None:
    with pytest.raises(BadDelivery, match=reason):
        sent(payload, event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["action", "issue", "repository", "installation", "changes", "sender", "repositories"]), JSON
    ),
    st.sampled_from(["issues", "repository", "installation", "installation_repositories", "ping", "push"]),
)
def test_any_payload_is_read_or_refused(payload: dict[str, Any], event: str) -> None:
    with contextlib.suppress(BadDelivery):
        assert sent(payload, event).id == "d-1"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        sent(body)
