"""The one table from what GitHub (or the network) answered to the failures of `bot.errors`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from bot.errors import GitHubError, Gone, Permanent, RetryAfter, Unaccepted, Unavailable

SECONDARY_LIMIT_SECONDS = 60.0  # GitHub: "wait for at least one minute" where a secondary limit names no time
LONGEST_WAIT_SECONDS = 86_400.0

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
_LIMIT_PHRASES = ("rate limit", "abuse detection", "submitted too quickly")

# What a 403 or 410 says, the sentence for it, and whether the whole repository would fail the same way.
_PHRASES: tuple[tuple[str, str, bool], ...] = (
    ("suspended", "the installation of the App is suspended", True),
    ("archived", "the repository is archived and read-only", True),
    ("resource not accessible", "the App's permission does not cover this", True),
    ("must have", "the token's owner lacks the right to do this", True),
    ("ip allow list", "the organisation's IP allow list does not contain this machine", True),
    ("saml", "the organisation asks for single sign-on, and the token is not authorised for it", True),
    ("repository access blocked", "GitHub has blocked the repository", True),
    ("locked", "the issue is locked", False),
    ("blocked", "a user has blocked the App", False),
    ("has been disabled", "issues are switched off in the repository", True),
    ("are disabled", "issues are switched off in the repository", True),
)

_PASSING = (408, 409, 425)
_STOPPING = {
    401: "the credentials are not accepted",
    451: "the repository is unavailable for legal reasons",
}
_GONE = (404, 410)
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Forbidden(Permanent):
    """A 403 that no patience cures: a Permanent that a fall-back place may take as "nothing to see here"."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success: `headers` with names in lower case, `data` the parsed JSON (None where none)."""

    what: str
    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def message(self) -> str:
        """GitHub's own message in lower case, for recognition only; it may hold a user's text, so it is not shown."""
        message = self.data.get("message") if isinstance(self.data, dict) else None
        return message.lower() if isinstance(message, str) else ""


def failure(refusal: Refusal, *, now: float) -> GitHubError:
    """The failure for a status of 300 or more; `now` in seconds since 1970, where GitHub does not say what time it
    has."""
    status = refusal.status
    if _is_limit(refusal):
        return RetryAfter(f"{refusal.what}: GitHub asks for patience ({status})", _wait(refusal.headers, now))
    if status >= 500 or status in _PASSING:
        return Unavailable(f"{refusal.what}: GitHub answered {status}")
    if _is_page(refusal.headers):
        return Unavailable(f"{refusal.what}: a web page came back ({status}), not GitHub's API")
    if status in _STOPPING:
        kind = Unaccepted if status == 401 else Permanent
        return kind(f"{refusal.what}: {_STOPPING[status]} ({status})", stops_repository=True)
    return _by_phrase(refusal) or _by_status(refusal)


def connection_failure(what: str, error: requests.RequestException) -> GitHubError | None:
    """The failure for a broken exchange; None where the exception is not one (then it is a bug and stays one)."""
    if isinstance(error, requests.Timeout):
        return Unavailable(f"{what}: GitHub did not answer in time")
    broken = (
        requests.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    if isinstance(error, broken):
        return Unavailable(f"{what}: the connection to GitHub failed ({type(error).__name__})")
    return None


def malformed(what: str) -> Unavailable:
    """The failure for a success whose body is not what GitHub documents."""
    return Unavailable(f"{what}: GitHub's answer is malformed")


def _is_limit(refusal: Refusal) -> bool:
    if refusal.status == 429:
        return True
    if refusal.status != 403:
        return False
    spent = refusal.headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in refusal.headers or any(phrase in refusal.message for phrase in _LIMIT_PHRASES)


def _wait(headers: Mapping[str, str], now: float) -> float:
    now = time_there(headers, now)
    seconds = _retry_after(headers.get("retry-after", ""), now)
    reset = headers.get("x-ratelimit-reset", "")
    if seconds is None and headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        seconds = float(reset) - now
    if seconds is None:
        seconds = SECONDARY_LIMIT_SECONDS
    return min(max(seconds, 1.0), LONGEST_WAIT_SECONDS)


def _retry_after(value: str, now: float) -> float | None:
    value = value.strip()
    if value.isdecimal():
        return float(value)
    moment = _moment(value)
    return None if moment is None else moment - now


def time_there(headers: Mapping[str, str], now: float) -> float:
    """GitHub's own clock, in seconds since 1970: what it says of times is meant by that, and ours may be wrong."""
    there = _moment(headers.get("date", ""))
    return now if there is None else there


def _moment(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_page(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("text/html")


def _by_phrase(refusal: Refusal) -> GitHubError | None:
    if refusal.status not in (403, 410):
        return None
    for phrase, sentence, stops in _PHRASES:
        if phrase in refusal.message:
            kind = Forbidden if refusal.status == 403 else Permanent
            return kind(f"{refusal.what}: {sentence} ({refusal.status})", stops_repository=stops)
    return None


def _by_status(refusal: Refusal) -> GitHubError:
    what, status = refusal.what, refusal.status
    if status in _GONE:
        return Gone(f"{what}: not there, or not visible to the App ({status})")
    if status == 403:
        return Forbidden(f"{what}: GitHub refuses this (403)")
    if status == 422:
        return Permanent(f"{what}: GitHub finds the request invalid (422{_invalid(refusal.data)})")
    if status < 400:
        return Permanent(f"{what}: GitHub points elsewhere ({status}); check TRIAGE_GITHUB_API_URL")
    return Permanent(f"{what}: GitHub answered {status}")


def _invalid(data: Any) -> str:
    """The enumerated parts of a validation error (resource, field, code), never a text that was sent."""
    errors = data.get("errors") if isinstance(data, dict) else None
    if not isinstance(errors, list):
        return ""
    parts = [_words(error) for error in errors[:5] if isinstance(error, dict)]
    return "".join(f"; {part}" for part in parts if part)


def _words(error: Mapping[str, Any]) -> str:
    values = (error.get(key) for key in ("resource", "field", "code"))
    return " ".join(value for value in values if isinstance(value, str) and _WORD.fullmatch(value))


def epoch() -> float:
    """Seconds since 1970, UTC."""
    return datetime.now(UTC).timestamp()
