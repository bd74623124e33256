"""Recorded deliveries out of files: bare payloads, GitHub's own records, arrays and JSON lines of either."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.demo.posting import Delivery
from bot.errors import TriageError

# The first key that a payload has tells its event; `installation` stands in every payload, so it comes last.
EVENT_KEYS = (
    ("zen", "ping"),
    ("comment", "issue_comment"),
    ("issue", "issues"),
    ("pull_request", "pull_request"),
    ("repositories_added", "installation_repositories"),
    ("repositories_removed", "installation_repositories"),
    ("label", "label"),
    ("repositories", "installation"),
    ("repository", "repository"),
    ("installation", "installation"),
)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_EVENT = re.compile(r"[a-z][a-z_]{0,63}")


class _Unclear(ValueError):
    """One entry is not a delivery."""


def read_deliveries(path: Path, event: str | None) -> list[Delivery]:
    """Every delivery of a file in its order; raises TriageError that names the file and the place in it.

    `event` is for entries that do not say their own.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TriageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TriageError(f"{path}: not UTF-8 (byte {error.start})") from None
    found = []
    for place, entry in _entries(path, text):
        try:
            found.append(_delivery(entry, event))
        except _Unclear as error:
            raise TriageError(f"{path}: {place}{error}") from None
    if not found:
        raise TriageError(f"{path}: no delivery in it")
    return found


def _entries(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Each entry with its place in words; the whole file as one document, or else line by line."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if len(lines) < 2 or not _is_json(lines[0][1]):
            raise TriageError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from None
        yield from _each_line(path, lines)
        return
    except (RecursionError, ValueError):
        raise TriageError(f"{path}: not JSON that can be read") from None
    if isinstance(data, list):
        yield from ((f"entry {place}: ", entry) for place, entry in enumerate(data, start=1))
    else:
        yield "", data


def _each_line(path: Path, lines: list[tuple[int, str]]) -> Iterator[tuple[str, Any]]:
    for number, line in lines:
        try:
            yield f"line {number}: ", json.loads(line)
        except json.JSONDecodeError as error:
            raise TriageError(f"{path}: line {number}, column {error.colno}: {error.msg}") from None
        except (RecursionError, ValueError):
            raise TriageError(f"{path}: line {number}: not JSON that can be read") from None


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (RecursionError, ValueError):
        return False
    return True


def _delivery(entry: Any, event: str | None) -> Delivery:
    if not isinstance(entry, dict):
        raise _Unclear("not a JSON object")
    headers, payload, guid = _parts(entry)
    if not isinstance(payload, dict):
        raise _Unclear("the payload is not a JSON object")
    name = headers.get("x-github-event") or _word(entry, "event", headers) or event or _inferred(payload)
    if _EVENT.fullmatch(name) is None:
        raise _Unclear(f"{name[:60]!r} is not the name of an event")
    identity = headers.get("x-github-delivery") or guid or str(uuid.uuid4())
    if _ID.fullmatch(identity) is None:
        raise _Unclear("X-GitHub-Delivery is not 1 to 100 letters, digits and . _ : -")
    action = payload.get("action")
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Delivery(identity, name, action if isinstance(action, str) else None, body)


def _parts(entry: Mapping[str, Any]) -> tuple[dict[str, str], Any, str | None]:
    """Headers in lower case, payload and guid of one entry, whichever of the three forms it has."""
    request = entry.get("request")
    record = request if isinstance(request, dict) and "payload" in request else entry
    if "payload" not in record or "action" in record:
        return {}, entry, None
    headers = record.get("headers")
    if headers is not None and not isinstance(headers, dict):
        raise _Unclear("the headers are not a JSON object")
    plain = {str(name).lower(): value for name, value in (headers or {}).items() if isinstance(value, str)}
    guid = entry.get("guid")
    return plain, _unfolded(record["payload"]), guid if isinstance(guid, str) and guid else None


def _unfolded(payload: Any) -> Any:
    """A payload that was kept as text."""
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except (RecursionError, ValueError):
        raise _Unclear("the payload is a text that is not JSON") from None


def _word(entry: Mapping[str, Any], key: str, headers: Mapping[str, str]) -> str | None:
    """A delivery's own `event`; a bare payload has none of its own."""
    value = entry.get(key) if headers or "payload" in entry or "request" in entry else None
    return value if isinstance(value, str) and value else None


def _inferred(payload: Mapping[str, Any]) -> str:
    for key, event in EVENT_KEYS:
        if key in payload:
            return event
    raise _Unclear("which event is it? Name it with --event")
