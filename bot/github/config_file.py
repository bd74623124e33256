"""Where the configuration file is: the repository's `.github/triage.yml`, or else that of the owner's `.github`."""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Callable
from typing import Any

from bot.errors import Gone, Permanent
from bot.github import mapping
from bot.github.failures import Forbidden
from bot.github.line import Line, read
from bot.github.protocol import ConfigFile
from bot.github.wire import Answer

PATH = ".github/triage.yml"
LARGEST_FILE = 64 * 1024  # bytes

# The etag that we hand out names the place too: a file that appears nearer must win over an unchanged fall-back.
_HERE, _OWNER, _ABSENT, _OUT_OF_REACH = "repository", "owner", "absent", "out of reach"


def read_config(
    line: Line, fallback: Line | None, etag: str | None, is_outside: Callable[[], bool] = lambda: False
) -> ConfigFile | None:
    """The file in force; None where nothing changed since `etag`. Raises Permanent for a file that cannot be text.

    `is_outside`: whether the fall-back turned out to be outside the installation, which may then see it or not.
    """
    place, _, known = (etag or "").partition(":")
    answer = _ask(line, known if place == _HERE else None)
    if answer is not None:
        return _file(answer, _HERE)
    answer = None if fallback is None else _ask_owner(fallback, known if place == _OWNER else None)
    if answer is not None:
        return _file(answer, _OWNER)
    nowhere = _OUT_OF_REACH if fallback is not None and is_outside() else _ABSENT
    return None if place == nowhere else ConfigFile(text=None, etag=nowhere, source=nowhere)


def _ask(line: Line, etag: str | None) -> Answer | None:
    try:
        return line.call("GET", f"/contents/{PATH}", etag=etag or None, accept=(304,))
    except Gone:
        return None


def _ask_owner(line: Line, etag: str | None) -> Answer | None:
    try:
        return _ask(line, etag)
    except Forbidden:  # the token is for one repository: a private `.github` is then as good as none
        return None


def _file(answer: Answer, place: str) -> ConfigFile | None:
    if answer.status == 304:
        return None
    etag = answer.headers.get("etag", "")
    return ConfigFile(text=_text(answer), etag=f"{place}:{etag}" if etag else None, source=place)


def _text(answer: Answer) -> str:
    if not isinstance(answer.data, dict) or answer.data.get("type", "file") != "file":
        raise Permanent(f"{PATH} is not a file")
    content = read(answer, _content)
    if content is None or len(content) > LARGEST_FILE:
        raise Permanent(f"{PATH} is larger than {LARGEST_FILE // 1024} KiB")
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        raise Permanent(f"{PATH} is not UTF-8 text (byte {error.start})") from None


def decoded(content: bytes) -> str:
    """The file's text; UTF-16 with a byte order mark is what PowerShell writes. Raises UnicodeDecodeError."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def _content(data: Any) -> bytes | None:
    """The file's bytes; None where GitHub leaves them out because of their size."""
    encoding = data.get("encoding", "base64")
    if encoding == "none":
        return None
    if encoding != "base64":
        raise mapping.Malformed("encoding")
    try:
        return base64.b64decode("".join(mapping.string(data, "content").split()), validate=True)
    except (binascii.Error, ValueError):
        raise mapping.Malformed("content") from None
