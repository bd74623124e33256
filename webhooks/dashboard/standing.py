"""How a repository stands, in one word and one sentence, and what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.storage.records import ConfigRecord, RepositoryRecord
from webhooks.dashboard.page import Asked

STOPPED = {
    "suspended": "the installation of the App is suspended",
    "archived": "the repository is archived on GitHub",
    "removed": "the App was uninstalled",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """`word`: at work | in shadow mode | reading | paused | stopped | wrong configuration; `silent`: why nothing is
    written, so that what is done is only recorded."""

    word: str
    sentence: str = ""
    silent: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether nobody has to do anything."""
        return self.word in {"at work", "reading", "in shadow mode"}


def standing_of(repository: RepositoryRecord, config: ConfigRecord, *, is_paused: bool) -> Standing:
    """What holds the bot up there, the weightiest first."""
    if repository.state != "active":
        reason = repository.state_reason or STOPPED.get(repository.state, "GitHub does not let the bot work here")
        return Standing("stopped", reason, reason)
    silent = _silent(config, is_paused=is_paused)
    if is_paused:
        return Standing("paused", "it decides and records, and writes nothing until somebody resumes it", silent)
    if config.error is not None:
        return Standing("wrong configuration", held(config), silent)
    if repository.imported_at is None:
        return Standing("reading", "the history is being read; decisions begin when it is there", silent)
    if silent is not None:
        return Standing("in shadow mode", "it decides and records, and writes nothing", silent)
    return Standing("at work")


def standing_at(asked: Asked) -> Standing:
    """The same of the repository that a page is about."""
    storage, repository = asked.storage, asked.repository
    is_paused = repository.id in storage.pauses(repository.id)
    return standing_of(repository, storage.config(repository.id), is_paused=is_paused)


def _silent(config: ConfigRecord, *, is_paused: bool) -> str | None:
    from bot.activities.words import why_silent  # noqa: PLC0415 - the receiver starts without it

    return why_silent(in_force(config).mode, is_paused=is_paused)


def is_unknown(config: ConfigRecord) -> bool:
    """Whether there is a file, and none was ever valid, or none that is understood by now."""
    from bot import repo_config  # noqa: PLC0415 - the receiver starts without it

    return config.error is not None and repo_config.is_unknown(config.valid_text, config.error)


def held(config: ConfigRecord) -> str:
    """What holds while the file is wrong."""
    if is_unknown(config):
        return "no valid one was read before, so the bot records what it would do and writes nothing"
    return "the last valid one stays in force"


def in_force(config: ConfigRecord) -> Any:
    """The configuration in force, as it is understood now."""
    from bot import repo_config  # noqa: PLC0415 - the receiver starts without it

    return repo_config.in_force(config.valid_text, config.error)
