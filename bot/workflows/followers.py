"""Who has to be looked at again after something happened to an issue: found by one step, enqueued each by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import structlog

from bot.activities.config_notice import due
from bot.activities.held_back import MOST, held_back
from bot.activities.live_canonical import wanted
from bot.activities.observe import config_in_force
from bot.activities.saying import acts_taken_back
from bot.activities.taking_back import unheard
from bot.activities.unseen import unseen_by
from bot.activities.upkeep import named_by_people, named_in, stale, told_apart
from bot.activities.words import UNDONE
from bot.case import root_of
from bot.errors import StorageError
from bot.inbox import to_input
from bot.repo_config import RepoConfig
from bot.storage.records import DecisionRecord, DeliveryRecord, RepositoryRecord
from bot.vetoes import SEPARATED_BY_PERSON
from bot.workflows.enqueue import enqueue
from bot.workflows.steps import services, step

TRIAGE = "triage_issue"
FOLLOW = "follow_canonical"
KEEP = "keep_canonical"
CLOSE = "close_in_repository"
TELL_CONFIG = "tell_config"
FEW = 10  # issues told late that one event sends on: each of them sends the next ones, and the hourly look all
QUIET = frozenset({FOLLOW, KEEP, TELL_CONFIG})  # whose edits nobody waits for

log = structlog.get_logger(__name__)


def follow_after(repository_id: int | None, number: int | None) -> None:
    """After something happened to an issue: its members' comments, and its canonical issue's, follow.

    Whatever fails to be found here is found by the hourly look.
    """
    if repository_id is not None and number is not None:
        send(followers(repository_id, number))


def send(payloads: Iterable[dict[str, Any]], *, behind: bool = True) -> None:
    """Enqueue each in its repository's place in the queue, `behind` what people and new reports wait for; each once,
    by its id, whoever finds it."""
    for payload in payloads:
        enqueue(payload["workflow"], payload["id"], payload["partition"], payload, behind=behind)


@step
def followers(repository_id: int, number: int) -> list[dict[str, Any]]:
    """The workflows' inputs."""
    try:
        repository = services().storage.repository_by_id(repository_id)
        if repository is None or repository.state != "active":
            return []
        config = config_in_force(services(), repository)
        duplicates = services().storage.duplicates(repository_id)
        root = root_of(number, duplicates)
        pointed_at = [root] if root in duplicates.values() else []
        return [
            *members(repository, config, number),
            *foes(repository, config, number),
            *after_undoing(repository, number),
            *unseen(repository, number),
            *said_to_be(repository, config, number, duplicates),
            *silenced(repository, config, FEW),
            *left_alone(repository, config, {number}),
            *canonical_of(repository, config, pointed_at),
            *notice_of(repository, config),
        ]
    except StorageError as error:
        log.warning("followers.not_looked_for", reason=str(error))
        return []


def members(repository: RepositoryRecord, config: RepoConfig, number: int | None = None) -> list[dict[str, Any]]:
    """The members (all, or those of one canonical issue) whose comments say what is no longer so."""
    return _to_follow(repository, stale(services().storage, repository.id, config, number))


def foes(repository: RepositoryRecord, config: RepoConfig, number: int) -> list[dict[str, Any]]:
    """The later issues that people told apart from this one by a word on this one (INV 8): they named it, or are in
    its cluster."""
    apart = told_apart(services().storage.feedback(repository.id)).get(number, ())
    later = {one for one in apart if one > number}
    if not later:
        return []
    found = stale(services().storage, repository.id, config, among=later)
    return [*_to_follow(repository, found), *left_alone(repository, config, later)]


def after_undoing(repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
    """The later issues that rest on a word on this one that was taken back since, in a comment or on the dashboard:
    they were told apart from it, or point where it pointed and name it."""
    storage = services().storage
    said = storage.feedback(repository.id, number)
    gone = {one.other: one.said_at for one in said if one.kind == UNDONE and one.other is not None}
    gone |= acts_taken_back(storage, repository.id, number)
    found = {other: storage.last_decision(repository.id, other) for other in sorted(gone) if other > number}
    parted = [(one, gone[other]) for other, one in found.items() if one is not None and _is_parted(one)]
    followed = [
        (one, gone[other])
        for other in sorted(gone)
        if other < number
        for one in storage.pointing(repository.id, other)
        if one.number > number and number in named_in(one.body)
    ]
    waiting = [one for one, undone_at in (*parted, *followed) if one.decided_at < undone_at]
    return [payload(repository, FOLLOW, f"{one.number}/{one.id}/undone", one.number) for one in waiting]


def _is_parted(decision: DecisionRecord) -> bool:
    return SEPARATED_BY_PERSON in decision.body.get("vetoes", ())


def unseen(repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
    """The later issues that were decided before this one was there, and resemble it: decided as if they were new, or
    silently where the bot answered."""
    return [
        payload(repository, FOLLOW if answered else TRIAGE, f"{one.number}/{one.id}/unseen", one.number)
        for one, answered in unseen_by(services(), repository.id, number)
    ]


def said_to_be(
    repository: RepositoryRecord, config: RepoConfig, number: int, duplicates: Mapping[int, int]
) -> list[dict[str, Any]]:
    """The issues that people called duplicates of this one, or of such: they go where it goes."""
    below: set[int] = set()
    for one, to in sorted(duplicates.items()):
        if to == number or to in below:
            below.add(one)
    if below:
        below &= named_by_people(services().storage.feedback(repository.id)).keys()
    return _to_follow(repository, stale(services().storage, repository.id, config, among=below)) if below else []


def left_alone(
    repository: RepositoryRecord, config: RepoConfig, among: Collection[int] | None = None
) -> list[dict[str, Any]]:
    """The issues (all, or those `among` them) that the bot left alone, or could not write to, and has to look at."""
    found = unheard(services().storage, repository.id, config, services().clock(), among)
    return [payload(repository, FOLLOW, f"{one.number}/{one.id}/again", one.number) for one in found]


def silenced(repository: RepositoryRecord, config: RepoConfig, most: int = MOST) -> list[dict[str, Any]]:
    """The issues (`most` of them) that wait to be told since the configuration allowed no comments, each decided as if
    it were new."""
    found = held_back(services().storage, repository.id, config, services().clock(), most)
    return [payload(repository, TRIAGE, f"{one.number}/{one.id}/held-back", one.number) for one in found]


def _to_follow(repository: RepositoryRecord, found: Iterable[tuple[DecisionRecord, str]]) -> list[dict[str, Any]]:
    return [payload(repository, FOLLOW, f"{one.number}/{one.id}/{mark}", one.number) for one, mark in found]


def canonical_of(repository: RepositoryRecord, config: RepoConfig, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Those of the canonical issues whose own comment is to be written or edited now; none before all the reports that
    point there were read."""
    if repository.imported_at is None:
        return []
    now = services().clock()
    found = wanted(services().storage, repository.id, config, numbers, now)
    return [payload(repository, KEEP, f"{one}/{now:%Y%m%dT%H}", one) for one in found]


def notice_of(repository: RepositoryRecord, config: RepoConfig, *, hourly: bool = False) -> list[dict[str, Any]]:
    """The comment that tells what is wrong with the configuration, where it is to be written or edited now.

    `hourly`: where one stands, the file is looked at even if nothing else happened.
    """
    found = due(services().storage, repository.id, config)
    standing = services().storage.config(repository.id).notice_number if hourly else None
    if found is None and standing is not None:
        found = (standing, "look")
    if found is None:
        return []
    number, mark = found
    return [payload(repository, TELL_CONFIG, f"{number}/{mark}/{services().clock():%Y%m%dT%H}", number)]


def payload(repository: RepositoryRecord, workflow: str, identity: str, number: int | None) -> dict[str, Any]:
    """A workflow's input, framed like a delivery's, so that it waits, is postponed and is recorded like one."""
    record = DeliveryRecord(
        id=f"{workflow}/{repository.id}/{identity}",
        event="follow",
        action=None,
        workflow=workflow,
        received_at=services().clock(),
        repository=repository.full_name,
        repository_id=repository.id,
        issue=number,
        installation_id=repository.installation_id,
    )
    return to_input(record)
