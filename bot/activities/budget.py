"""Budgets of comments: of a repository and of an installation, in an hour and in a day; who waits keeps their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import RetryAfter
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class BudgetSpent(RetryAfter):
    """A limit of comments of ours is reached; `seconds` until there is room for this one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit, and what was written under it: times of the last `span`, the oldest first."""

    whose: str  # repository | installation
    span: timedelta
    limit: int
    written: Sequence[datetime]

    @property
    def words(self) -> str:
        """`60 comments were written in the last hour`, and whose."""
        where = "" if self.whose == "repository" else " by this installation"
        return f"{self.limit} comments were written in the last {'hour' if self.span == HOUR else 'day'}{where}"

    def frees_at(self, now: datetime) -> datetime | None:
        """When there will be room for one more; None where there is."""
        return free_from(self.written, self.limit, 0, now, self.span)


def budgets(services: Services, repository: RepositoryRecord, config: RepoConfig) -> Iterator[Budget]:
    """Every limit under which a comment in the repository is written (INV 30)."""
    return limits_of(services.settings, services.storage, repository, config, services.clock())


def limits_of(
    settings: Settings, storage: Storage, repository: RepositoryRecord, config: RepoConfig, now: datetime
) -> Iterator[Budget]:
    """The same without GitHub and the model."""
    today = storage.comment_times(now - DAY, repository_id=repository.id)
    yield Budget("repository", HOUR, config.limits.comments_per_hour, _within(today, now - HOUR))
    yield Budget("repository", DAY, config.limits.comments_per_day, today)
    if repository.installation_id is None:
        return
    together = storage.comment_times(now - DAY, installation_id=repository.installation_id)
    yield Budget("installation", HOUR, settings.installation_comments_per_hour, _within(together, now - HOUR))
    yield Budget("installation", DAY, settings.installation_comments_per_day, together)


def check_budgets(
    services: Services, repository: RepositoryRecord, config: RepoConfig, ahead: int, *, quiet: bool = False
) -> None:
    """Let a comment pass, or raise BudgetSpent for the longest wait of all; `ahead` others waited before it.

    `quiet`: an edit that nobody waits for has half of each limit, so that it never stands in a new report's way.
    """
    now = services.clock()
    spent = _longest_wait(budgets(services, repository, config), ahead, now, quiet=quiet)
    if spent is not None:
        free, one = spent
        raise BudgetSpent(one.words, max(1.0, (free - now).total_seconds()))


def last_edit_at(limits: Iterable[Budget], edits: int, now: datetime) -> datetime | None:
    """When the last of so many edits that nobody waits for can be made, if nothing else is written; None: now."""
    spent = _longest_wait(limits, edits - 1, now, quiet=True) if edits else None
    return None if spent is None else spent[0]


def _longest_wait(
    limits: Iterable[Budget], ahead: int, now: datetime, *, quiet: bool
) -> tuple[datetime, Budget] | None:
    spent = [
        (free, one)
        for one in limits
        if (free := free_from(one.written, -(-one.limit // 2) if quiet else one.limit, ahead, now, one.span))
        is not None
    ]
    return max(spent, key=lambda pair: pair[0], default=None)


def free_from(
    written: Sequence[datetime], limit: int, ahead: int, now: datetime, span: timedelta = HOUR
) -> datetime | None:
    """When a comment may be written that `ahead` others go before: None for at once. `written`: those of the last
    `span`, the oldest first. Each makes room when it is so old, for those who wait in their order."""
    behind = len(written) - limit + ahead
    if behind < 0:
        return None
    rounds = max(0, -(-(behind + 1 - len(written)) // limit))  # of those ahead, each a span after the one before
    place = behind - rounds * limit
    return now + span * rounds if place < 0 else written[place] + span * (1 + rounds)


def _within(times: Sequence[datetime], since: datetime) -> Sequence[datetime]:
    return [one for one in times if one >= since]
