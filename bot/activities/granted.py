"""What GitHub still grants the App: who tells that something was taken away may tell late, or once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.errors import GitHubError, Gone, RetryAfter
from bot.services import Services

ASK_AGAIN = 900.0  # seconds until GitHub is asked again where it could not answer
SETTLING = timedelta(minutes=1)  # by so much GitHub's answers may lag behind its deliveries


def still_granted(
    services: Services, installation_id: int, named: Sequence[Mapping[str, Any]], told_at: datetime
) -> frozenset[int] | None:
    """Which of these repositories (`id`, `full_name`) the installation covers now; None where it is over.

    `told_at` is when a delivery said that they are taken away. Raises RetryAfter where GitHub cannot be asked now, and
    where it says otherwise so soon that it may not have heard itself.
    """
    try:
        with _asking():
            covered = _covered(services, installation_id, named)
    except Gone:
        return None
    found = frozenset(one["id"] for one in named if one["id"] in covered)
    if found:
        _let_settle(services, told_at)
    return found


def is_suspended(services: Services, installation_id: int, told_at: datetime, *, told: bool) -> bool:
    """Whether the installation is suspended now, as a delivery told or not; raises RetryAfter in the same way, and Gone
    where it is over."""
    with _asking():
        found = services.github.is_suspended(installation_id)
    if found != told:
        _let_settle(services, told_at)
    return found


def _covered(services: Services, installation_id: int, named: Sequence[Mapping[str, Any]]) -> set[int]:
    """By their ids, since another may have the name by now; of a suspended installation GitHub lists none."""
    github = services.github
    if github.is_suspended(installation_id):
        return {one["id"] for one in named if _is_under(services, one["full_name"], installation_id)}
    return {one.id for one in github.installation_repositories(installation_id)}


def _is_under(services: Services, full_name: str, installation_id: int) -> bool:
    try:
        return services.github.installation_of(full_name) == installation_id
    except Gone:
        return False


def _let_settle(services: Services, told_at: datetime) -> None:
    left = told_at + SETTLING - services.clock()
    if left > timedelta():
        raise RetryAfter("GitHub does not say yet what it told", left.total_seconds())


@contextmanager
def _asking() -> Iterator[None]:
    """Inside, every failure but Gone and a limit becomes a wait: what is not known is neither kept nor deleted."""
    try:
        yield
    except (Gone, RetryAfter):
        raise
    except GitHubError as error:
        raise RetryAfter(str(error), ASK_AGAIN) from error
