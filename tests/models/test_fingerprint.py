from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fingerprint import fingerprint, fingerprints, service_fingerprints
from models.text import normalise

SAME = (
    ("Error: request 12 failed after 300 ms on shard 7", "Error: request 99 failed after 4 ms on shard 1"),
    ("Cannot open /home/a/b.txt for reading", "cannot open C:\\Users\\b\\c.txt for reading!"),
    ("panicked at src/lib.rs:10:5: lamp index out of range", "panicked at src/other.rs:99:1: lamp index out of range"),
    ("Connection to lamp 0xdeadbeef was refused", "Connection to lamp 0x0000ffff was refused"),
    (
        "2026-01-02T03:04:05Z ERROR the dimmer does not answer",
        "2027-12-31 23:59:59,123 ERROR the dimmer does not answer",
    ),
    ("Unknown key 'colour' in the lamp file", 'Unknown key "shade" in the lamp file'),
    ("You are out of credits · resets 8am (Europe/Berlin)", "You are out of credits · resets 11:30pm (Asia/Tokyo)"),
    (
        "job 73355090-5ee2-4e86-8762-360f79f899ab was not found",
        "job 00000000-1111-2222-3333-444444444444 was not found",
    ),
    ("We added a $20 credit to your plan", "We added a $200 credit to your plan"),
    ("request [redacted:id] could not be served", "request [redacted:key] could not be served"),
    ("ERROR:   the dimmer\u200b does not answer", "error: The Dimmer does not answer."),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_changes_from_run_to_run_does_not_count(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Error: the lamp is too hot", "Error: the lamp is too cold"),
        ("Could not process image of the lamp", "Could not process video of the lamp"),
        ("'lamp' is not defined in this house", "'lamp' is not allowed in this house"),
    ],
)
def test_other_words_are_another_error(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("text", ["", "Error", "404", "Error: 500", "{}", "\x00", "....", "0x1234 12:30"])
def test_what_tells_nothing_has_none(text: str) -> None:
    assert fingerprint(text) is None


def test_a_json_error_is_unwrapped_however_deep_it_lies() -> None:
    message = "Your credits are used up, please add more"
    bare = fingerprint(message)
    body = {"type": "error", "error": {"type": "billing_error", "message": message}, "request_id": "req_1"}
    inner = json.dumps(body)
    assert fingerprint(inner) == bare
    assert fingerprint(f"API Error: 402 {inner}") == bare
    assert fingerprint(json.dumps([{"error": f"Error: 402 {inner}\n    at run (cli.js:1:2)"}])) == bare
    assert fingerprint(inner.replace('"', '\\"')) == bare


def test_an_issues_messages_are_the_same_quoted_printed_or_in_json() -> None:
    message = "Your credits are used up"
    texts = (
        normalise(f'It says "{message}" all day', ""),
        normalise("Lamp", f"```\nError: {message}\n```"),
        normalise(
            "Lamp", f'API Error: 402 {{"type":"error","error":{{"type":"billing_error","message":"{message}."}}}}'
        ),
        normalise("Lamp", f"I only see `{message}` there"),
    )
    assert len(frozenset.intersection(*(fingerprints(text) for text in texts))) == 1


def test_only_a_services_answer_is_a_service_error() -> None:
    answered = normalise(
        "Lamp", 'API Error: 402 {"error":{"type":"billing_error","message":"Your credits are used up"}}'
    )
    assert service_fingerprints(answered) == fingerprints(answered)
    assert not service_fingerprints(normalise("Lamp", "```\nError: your credits are used up\n```"))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read_and_gives_the_same_twice(text: str) -> None:
    made = fingerprint(text)
    assert made == fingerprint(text)
    assert made is None or (len(made) == 16 and int(made, 16) >= 0)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_never_count(one: int, other: int) -> None:
    template = "Error: dimmer {} of the house lost its power"
    assert fingerprint(template.format(one)) == fingerprint(template.format(other))


@pytest.mark.parametrize(
    "bait", ["a/", "1:", "'a", '"', "{", '{"error":"', "a.", "0x", "error ", "· ", "<", "-", "ab1"]
)
def test_a_megabyte_of_bait_is_read_to_its_end(bait: str) -> None:
    fingerprint(bait * (1_000_000 // len(bait)))
    fingerprints(normalise("t", f"```\nError: {bait * (1_000_000 // len(bait))}\n```"))
