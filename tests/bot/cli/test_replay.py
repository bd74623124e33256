"""`triage replay`: recorded deliveries reach the real receiver, signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.demo.recorded import read_deliveries
from bot.errors import TriageError
from tests.fakes.deliveries import issue_payload


def file(folder: Path, content: Any, name: str = "delivery.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def recorded(delivery: str = "guid-1") -> dict[str, Any]:
    headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": "sha256=old"}
    return {"headers": headers, "payload": issue_payload()}


def from_github() -> dict[str, Any]:
    """As GET /app/hook/deliveries/ID shows one."""
    return {"id": 12, "guid": "guid-2", "event": "issues", "action": "opened", "request": recorded("guid-2")}


def test_a_bare_payload_is_posted_with_a_fresh_id_and_its_inferred_event(triage, receiver, tmp_path):
    path = file(tmp_path, issue_payload())
    for _ in range(2):
        assert triage("replay", path, "--url", receiver.url).code == 0
    kept = list(receiver.runtime.inbox.kept.values())
    assert [(one.event, one.action, one.issue) for one in kept] == [("issues", "opened", 7)] * 2


def test_a_recorded_delivery_keeps_its_id_so_that_a_second_time_is_known(triage, receiver, tmp_path):
    path = file(tmp_path, recorded())
    first, second = (triage("replay", path, "--url", receiver.url) for _ in range(2))
    assert (first.code, second.code) == (0, 0)
    assert "accepted" in first.out
    assert "duplicate" in second.out
    assert list(receiver.runtime.inbox.kept) == ["guid-1"]


def test_new_ids_make_known_deliveries_new(triage, receiver, tmp_path):
    path = file(tmp_path, recorded())
    for _ in range(2):
        assert "accepted" in triage("replay", path, "--new-ids", "--url", receiver.url).out
    assert len(receiver.runtime.inbox.kept) == 2


def test_github_s_own_record_an_array_and_json_lines_are_understood(triage, receiver, tmp_path):
    array = file(tmp_path, [from_github(), recorded()], "array.json")
    lines = file(tmp_path, "\n".join(json.dumps(one) for one in (recorded("l-1"), recorded("l-2"))) + "\n", "l.jsonl")
    assert triage("replay", array, lines, "--url", receiver.url).code == 0
    assert list(receiver.runtime.inbox.kept) == ["guid-2", "guid-1", "l-1", "l-2"]


def test_json_tells_each_delivery_with_its_answer(triage, receiver, tmp_path):
    (row,) = json.loads(triage("replay", file(tmp_path, recorded()), "--url", receiver.url, "--json").out)
    assert (row["delivery"], row["event"], row["status"], row["taken"]) == ("guid-1", "issues", 202, True)
    assert row["answer"] == {"status": "accepted", "delivery": "guid-1"}


def test_a_refused_delivery_makes_the_exit_code_1_and_the_others_are_still_posted(triage, receiver, tmp_path):
    wrong = issue_payload(issue=None)
    ran = triage("replay", file(tmp_path, [wrong, issue_payload()]), "--event", "issues", "--url", receiver.url)
    assert ran.code == 1
    assert "400" in ran.out
    assert "202" in ran.out
    assert len(receiver.runtime.inbox.kept) == 1


def test_a_wrong_secret_is_refused_by_the_receiver(triage, receiver, tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", "another")
    ran = triage("replay", file(tmp_path, recorded()), "--url", receiver.url)
    assert ran.code == 1
    assert "401" in ran.out


def test_without_a_secret_nothing_is_posted(triage, receiver, tmp_path, monkeypatch):
    monkeypatch.delenv("TRIAGE_WEBHOOK_SECRET")
    ran = triage("replay", file(tmp_path, recorded()), "--url", receiver.url)
    assert ran.code == 1
    assert "TRIAGE_WEBHOOK_SECRET" in ran.err


def test_a_server_that_is_not_there_is_an_expected_failure(triage, receiver, tmp_path):
    ran = triage("replay", file(tmp_path, recorded()), "--url", "http://127.0.0.1:9")
    assert ran.code == 1
    assert "cannot be reached" in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1, column 2"),
        ('{"zen": 1}\n{"b": ', "line 2, column 7"),
        ("", "line 1, column 1"),
        ("[]", "no delivery"),
        ("[1]", "entry 1: not a JSON object"),
        ('[{"issue": {}}, "x"]', "entry 2"),
        ('{"hello": 1}', "--event"),
        ('{"payload": [], "headers": {"X-GitHub-Event": "issues"}}', "the payload is not a JSON object"),
        ('{"payload": {}, "headers": []}', "the headers are not"),
        ('{"payload": {"issue": {}}, "headers": {"X-GitHub-Event": "NOT AN EVENT"}}', "not the name of an event"),
        ('{"payload": {"issue": {}}, "headers": {"X-GitHub-Delivery": "a b"}}', "X-GitHub-Delivery"),
        ("[" * 100_000, "not JSON that can be read"),
    ],
)
def test_a_bad_file_is_named_with_the_place(tmp_path, content, words):
    path = Path(file(tmp_path, content))
    with pytest.raises(TriageError, match=r"delivery\.json") as caught:
        read_deliveries(path, None)
    assert words in str(caught.value)


def test_a_file_that_is_missing_or_not_utf_8_is_named(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    for name in ("x.json", "none.json"):
        with pytest.raises(TriageError, match=name):
            read_deliveries(tmp_path / name, None)


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"zen": "…", "hook": {}}, "ping"),
        ({"action": "created", "issue": {}, "comment": {}, "repository": {}}, "issue_comment"),
        ({"action": "renamed", "repository": {}, "installation": {}}, "repository"),
        ({"action": "created", "installation": {}, "repositories": []}, "installation"),
        ({"action": "added", "installation": {}, "repositories_added": []}, "installation_repositories"),
    ],
)
def test_the_event_is_seen_in_the_payload(tmp_path, payload, event):
    (found,) = read_deliveries(Path(file(tmp_path, payload)), None)
    assert found.event == event


def test_the_payload_s_characters_arrive_as_they_were(tmp_path):
    payload = {"action": "opened", "issue": {"title": "Grüße 漢字 🎉 \u2028"}}
    (found,) = read_deliveries(Path(file(tmp_path, payload)), None)
    assert json.loads(found.body) == payload
