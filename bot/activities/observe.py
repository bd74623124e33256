"""GitHub → database: the repository, its configuration file, one issue, or the whole history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.activities.reading import recipe_in_force
from bot.errors import ConfigError, Gone, Permanent, TriageError
from bot.github.protocol import RepositoryInfo
from bot.repo_config import RepoConfig, in_force, parse
from bot.services import Services
from bot.storage.records import ConfigRecord, RepositoryRecord
from models.issue import Issue

CONFIG_AGE = timedelta(minutes=1)  # how old the last look at the configuration may be when an event arrives

FORGOTTEN = "the repository was forgotten meanwhile"
NOT_INSTALLED = "there is no such repository, or the App is not installed there"

log = structlog.get_logger(__name__)


class Stopped(TriageError):
    """Nothing is to be done in this repository now; the reason is for the operator."""


def open_repository(
    services: Services,
    full_name: str,
    *,
    repository_id: int | None = None,
    installation_id: int | None = None,
    told_by: str | None = None,
) -> RepositoryRecord:
    """The repository's record, created or brought up to date; raises Stopped where nothing may be done in it.

    `told_by` is the delivery that tells of it (None: a person named it). Once it was forgotten, no delivery from before
    brings it back (INV 45).
    """
    known = _known(services, full_name, repository_id)
    if known is not None and _is_settled(known, full_name, installation_id):
        return known
    record = _look(services, known, full_name, installation_id)
    if not _kept(services, record, told_by):
        raise Stopped(FORGOTTEN)
    if record.state == "archived":
        raise Stopped("the repository is archived")
    return record


def _kept(services: Services, record: RepositoryRecord, told_by: str | None) -> bool:
    if told_by is None:
        services.storage.save_repository(record)
        return True
    return services.storage.update_repository(record) or services.storage.add_repository(record, told_by)


def _known(services: Services, full_name: str, repository_id: int | None) -> RepositoryRecord | None:
    if repository_id is not None:
        return services.storage.repository_by_id(repository_id)  # another may have had the name before
    return services.storage.repository(full_name)


def _is_settled(known: RepositoryRecord, full_name: str, installation_id: int | None) -> bool:
    same = known.full_name.casefold() == full_name.casefold()
    return same and known.state == "active" and installation_id in {None, known.installation_id}


def _look(
    services: Services, known: RepositoryRecord | None, full_name: str, installation_id: int | None
) -> RepositoryRecord:
    """Ask GitHub for the present name and state: after a rename, a stop, a new installation, or at first sight."""
    installation = _installation(services, known, full_name, installation_id)
    try:
        info = _info(services, known, full_name, installation)
    except Permanent as error:
        stop_repository(services, known, str(error))
        raise Stopped(str(error)) from error
    known = known or services.storage.repository_by_id(info.id)
    return replace(
        known or RepositoryRecord(info.id, info.full_name),
        full_name=info.full_name,
        installation_id=installation,
        state="archived" if info.archived else "active",
        state_reason="archived on GitHub" if info.archived else None,
    )


def _installation(services: Services, known: RepositoryRecord | None, full_name: str, named: int | None) -> int | None:
    """Whose repository it is: the delivery says so, but where we know another installation, or none, GitHub does.

    A delivery that waited while the repository moved must not write with the token of those who had it (INV 29).
    """
    before = known.installation_id if known else None
    if not services.settings.is_app or (known is not None and len({named, before} - {None}) == 1):
        return named or before
    try:
        return services.github.installation_of(full_name)
    except Gone:
        if known is None:
            raise Stopped(NOT_INSTALLED) from None  # a token for others could read it all the same
        if named is None:
            raise
        return named  # and its token will be refused


def _info(
    services: Services, known: RepositoryRecord | None, full_name: str, installation: int | None
) -> RepositoryInfo:
    """The repository by the event's name, or the one that we know whoever has that name by now (INV 29)."""
    return services.github.reader(full_name, installation, known.id if known is not None else None).repository()


@contextmanager
def stopping(services: Services, repository: RepositoryRecord) -> Iterator[None]:
    """Inside, a failure that everything else in this repository would meet too stops the repository (INV 36)."""
    try:
        yield
    except Permanent as error:
        if not error.stops_repository:
            raise
        stop_repository(services, repository, str(error))
        raise Stopped(str(error)) from error


def stop_repository(services: Services, known: RepositoryRecord | None, reason: str) -> None:
    """Remember why nothing more is tried here (INV 36); the next delivery looks again."""
    if known is not None and known.state == "active":
        services.storage.update_repository(replace(known, state="stopped", state_reason=reason))
        log.warning("repository.stopped", repository=known.full_name, reason=reason)


def current_config(services: Services, repository: RepositoryRecord, *, anew: bool = False) -> RepoConfig:
    """The configuration in force; looks at GitHub with a conditional request where the last look is over a minute old,
    or `anew`, because a person asks who may have changed it just now.

    A file that cannot be read or is wrong leaves the last valid one in force, with the error kept (INV 27); where
    there is none, the bot records and does not write.
    """
    record = services.storage.config(repository.id)
    if anew or record.checked_at is None or services.clock() - record.checked_at > CONFIG_AGE:
        with stopping(services, repository):
            record = _looked_at(services, repository, record)
        services.storage.save_config(repository.id, record)
    return _in_force(record)


def config_ahead(services: Services, repository: RepositoryRecord) -> RepoConfig:
    """The configuration that GitHub has now; nothing of the look is kept."""
    return _in_force(_looked_at(services, repository, services.storage.config(repository.id)))


def _looked_at(services: Services, repository: RepositoryRecord, record: ConfigRecord) -> ConfigRecord:
    """The record after a look at GitHub; raises Permanent where that stops the repository."""
    fresh = replace(record, checked_at=services.clock())
    try:
        seen = services.reader(repository).config(record.etag if _is_accepted(record) else None)
    except Permanent as error:
        if error.stops_repository:
            raise
        seen, fresh = None, replace(_failing(services, fresh), error=str(error), etag=None)
        log.warning("config.unreadable", repository=repository.full_name, problem=str(error))
    if seen is not None:
        try:
            parse(seen.text or "")
            fresh = replace(
                fresh, etag=seen.etag, valid_text=seen.text, error=None, source=seen.source, failed_since=None
            )
        except ConfigError as error:
            fresh = replace(_failing(services, fresh), etag=seen.etag, error="\n".join(error.problems))
            log.warning("config.invalid", repository=repository.full_name, problems=error.problems)
    return fresh


def _is_accepted(record: ConfigRecord) -> bool:
    """False where what was found valid is so no more, since this version came: it is read anew, and told."""
    if record.error is not None or record.valid_text is None:
        return True
    try:
        parse(record.valid_text)
    except ConfigError:
        return False
    return True


def _failing(services: Services, record: ConfigRecord) -> ConfigRecord:
    """The record with since when the file is not what is in force."""
    return replace(record, failed_since=record.failed_since or services.clock())


def observe_issue(services: Services, repository: RepositoryRecord, number: int) -> Issue | None:
    """Read one issue from GitHub and keep it; None where it is gone (and then forgotten)."""
    try:
        with stopping(services, repository):
            issue = services.reader(repository).issue(number)
    except Gone:
        services.storage.delete_issue(repository.id, number)
        return None
    recipe = recipe_in_force(services, repository.id, config_in_force(services, repository))
    services.storage.save_issues(repository.id, [recipe.stored(issue)])
    return issue


def config_in_force(services: Services, repository: RepositoryRecord) -> RepoConfig:
    """The last valid configuration, without asking GitHub."""
    return _in_force(services.storage.config(repository.id))


def _in_force(record: ConfigRecord) -> RepoConfig:
    return in_force(record.valid_text, record.error)
