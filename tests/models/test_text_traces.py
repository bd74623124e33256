"""Stack traces of many languages, in a code block and without one: frames and messages are found, the prose stays."""

from __future__ import annotations

import pytest

from models.facts import extract
from models.text import normalise

BEFORE, AFTER = "The lamp breaks at dusk.", "Please look at the wiring."
# language → trace, a part of its message, a frame
TRACES = {
    "python": (
        'Traceback (most recent call last):\n  File "/srv/lamp/room.py", line 12, in enter\n'
        "lamp.errors.LampError: no light in room 7",
        "no light in room",
        "enter room.py",
    ),
    "python, by a signal": (
        "Fatal Python error: Segmentation fault\n\nThread 0x00007f00 (most recent call first):\n"
        '  File "/srv/lamp/room.py", line 12 in enter',
        "Segmentation fault",
        "enter room.py",
    ),
    "java": (
        'Exception in thread "main" java.lang.IllegalStateException: Lamp is off\n'
        "\tat com.acme.Lamp.light(Lamp.java:42)\nCaused by: java.io.IOException: Stream closed\n\t... 12 more",
        "Lamp is off",
        "com.acme.Lamp.light",
    ),
    "kotlin": (
        'Exception in thread "main" kotlin.KotlinNullPointerException\n\tat com.acme.LampKt.light(Lamp.kt:5)',
        "KotlinNullPointerException",
        "com.acme.LampKt.light",
    ),
    "javascript": (
        "TypeError: Cannot read properties of undefined (reading 'lamp')\n"
        "    at async Room.light (webpack-internal:///(rsc)/./app/room.js:10:15)",
        "Cannot read properties",
        "Room.light room.js",
    ),
    "go": (
        "panic: runtime error: index out of range [5]\n\ngoroutine 1 [running]:\nlamp.(*Room).Light(0x0)\n"
        "\t/home/[redacted:user]/lamp/room.go:12 +0x1d\nmain.main()\n\t/srv/main.go:20 +0x2a\nexit status 2",
        "index out of range",
        "lamp.Room.Light",
    ),
    "rust": (
        "thread 'main' panicked at src/lamp.rs:10:5:\nstack backtrace:\n   0: rust_begin_unwind\n"
        "   1: lamp::room::light\n             at /home/[redacted:user]/lamp/src/room.rs:10:5",
        "panicked at",
        "lamp::room::light",
    ),
    "c#": (
        "Unhandled exception. System.InvalidOperationException: Sequence contains no elements\n"
        "   at Acme.Lamp.Light(Int32 room) in C:\\src\\Acme\\Lamp.cs:line 42\n   at Program.<Main>$(String[] args)",
        "Sequence contains no elements",
        "Acme.Lamp.Light",
    ),
    "ruby": (
        "NoMethodError: undefined method 'on' for nil\n\tfrom /home/[redacted:user]/room.rb:7:in `block in enter'",
        "undefined method",
        "block in enter room.rb",
    ),
    "php": (
        "PHP Fatal error:  Uncaught TypeError: Lamp::light() takes an int\nStack trace:\n"
        "#0 /home/[redacted:user]/room.php(7): Lamp->light('x')\n#1 {main}\n  thrown in /srv/lamp.php on line 12",
        "takes an int",
        "Lamp->light room.php",
    ),
    "swift": (
        "Fatal error: Index out of range: file Lamp.swift, line 60\n"
        "0   Lamp                          \t0x0000000104e1c2f0 $sRoomClightyyF + 120",
        "Index out of range",
        "Lamp $sRoomClightyyF",
    ),
    "c++": (
        "Program received signal SIGSEGV, Segmentation fault.\n"
        "#0  0x00007ffff7a42428 in Lamp::light (this=0x0) at lamp.cpp:12",
        "Segmentation fault",
        "Lamp::light",
    ),
}


@pytest.mark.parametrize("fence", ["", "```", "~~~text"])
@pytest.mark.parametrize("language", TRACES)
def test_a_trace_is_told_from_prose(language: str, fence: str) -> None:
    trace, message, frame = TRACES[language]
    text = normalise("It breaks", f"{BEFORE}\n\n{fence}\n{trace}\n{fence[:3]}\n\n{AFTER}".replace("\n", "\r\n"))
    assert text.prose == f"{BEFORE}\n{AFTER}"
    assert message in text.error
    assert frame in text.frames
    assert not text.code


def test_a_frame_is_known_whoever_has_the_file() -> None:
    one, other = (
        extract(normalise("t", f"```\npanic: oh no\nlamp.Light(0x1)\n\t{path}/lamp/room.go:12 +0x1d\n```"))
        for path in ("/home/[redacted:user]", "/srv")
    )
    assert one["frames"] == other["frames"] == {"lamp.light", "room.go"}


def test_functions_of_a_program_called_main_count() -> None:
    body = "```\npanic: oh no\nmain.(*Lamp).Light(0x1)\n\t/srv/main.go:12 +0x1d\n```"
    assert extract(normalise("t", body))["frames"] == {"main.lamp.light", "main.go"}


def test_an_error_in_a_block_of_code_is_an_error() -> None:
    text = normalise("t", "```js\nlamp.light()\n// TypeError: not this\nTypeError: lamp is not a function\n```")
    assert text.error == "TypeError: lamp is not a function"
    assert "lamp.light()" in text.code


def test_strings_that_a_terminal_broke_are_joined() -> None:
    body = 'API Error: 400 {"error":{"type":"invalid_request_er\n      ror","message":"no lamp in this r\n      oom"}}'
    assert normalise("t", body).error == "400 invalid_request_error: no lamp in this room"


def test_an_exception_before_a_json_answer_keeps_its_name() -> None:
    body = 'LampServiceError: 401 {"error":{"type":"authentication_error","message":"No key for the lamp"}}'
    text = normalise("t", body)
    assert "401 authentication_error: No key for the lamp" in text.error.split("\n")
    assert extract(text)["exception"] == {"lampserviceerror"}


@pytest.mark.parametrize(
    "line", ["× No lamp found for room 7", "  ╰─▶ Because room 7 has no lamp", "HTTP/2 503", "killed by SIGKILL"]
)
def test_what_tools_print_of_errors_is_error_text(line: str) -> None:
    assert normalise("t", f"```\n$ lamp on\n{line}\n```").error == line.strip()
