"""The few names of failure; each says what to do about it."""

from __future__ import annotations

import traceback
from pathlib import Path


class TriageError(Exception):
    """An expected failure: its message is a sentence for the person who reads it."""


class SettingsError(TriageError):
    """A setting is missing or wrong; names the variable, what it was and what it may be."""


class ConfigError(TriageError):
    """A repository's configuration file is wrong; `problems` are lines that a maintainer can read."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StorageError(TriageError):
    """The database cannot be used as it is (schema too old or too new, unreachable)."""


class NotFound(TriageError):
    """Something that was named does not exist."""


class GitHubError(TriageError):
    """GitHub did not do what was asked; the subclasses say whether trying again can help."""


class RetryAfter(GitHubError):
    """GitHub asked for patience: primary or secondary rate limit. `seconds` is the delay that it named."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unavailable(GitHubError):
    """A passing fault: 5xx, time-out, broken connection, malformed answer."""


class Gone(GitHubError):
    """The issue, comment or label is not there (404, 410): deleted, transferred, or never visible to us."""


class Permanent(GitHubError):
    """Trying again cannot help (401, 403 without a limit, 422, suspended, archived, permission missing).

    `stops_repository` is true where everything else in this repository would fail the same way.
    """

    def __init__(self, message: str, *, stops_repository: bool = False) -> None:
        super().__init__(message)
        self.stops_repository = stops_repository


class Unaccepted(Permanent):
    """401: GitHub does not take the credentials (any more)."""


def where(error: BaseException) -> tuple[str, str]:
    """An exception's type, and the file and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return type(error).__name__, f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
