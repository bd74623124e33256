"""After a repository was forgotten: the engine's own record of what was done for it goes too (INV 45)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

import structlog
from dbos import DBOS, WorkflowStatus

from bot.inbox import CLOCKS, SCHEDULES
from bot.workflows.delivery import Delivery
from bot.workflows.enqueue import enqueue
from bot.workflows.steps import MAX_RECOVERIES, services, step

TASK = "erase_traces"
PARTITION = "erase"
PAUSE = 10.0  # seconds until what runs at this moment will have ended
TRIES = 100
PAGE = 500  # workflows looked at, or deleted, at once
RUNNING = frozenset({"PENDING"})
UNBEGUN = frozenset({"ENQUEUED", "DELAYED"})

log = structlog.get_logger(__name__)


class Order(TypedDict):
    """What is to be erased, by salted hashes: the order itself must not be a trace."""

    salt: str
    marks: list[str]


def order_for(repository_ids: Iterable[int], installation_id: int | None = None) -> Order:
    """An order to erase what is about these repositories (and about an installation that is over)."""
    salt = secrets.token_hex(16)
    marks = [_mark(salt, "repository", one) for one in repository_ids]
    if installation_id is not None:
        marks.append(_mark(salt, "installation", installation_id))
    return Order(salt=salt, marks=marks)


def erase_later(delivery: Delivery, order: Order) -> None:
    """Erase when the workflow that forgets has ended itself."""
    enqueue(TASK, f"{delivery['id']}/erase", PARTITION, {**order, "tries": 0}, PAUSE)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def erase_traces(order: dict[str, Any]) -> str:
    """Delete the journal's workflows about them; come again while one of them still runs."""
    left = erase(order)
    if left and order["tries"] < TRIES:
        again = {**order, "tries": order["tries"] + 1}
        enqueue(TASK, f"{DBOS.workflow_id}+", PARTITION, again, PAUSE)
    return f"{left} still run" if left else "erased"


@step
def erase(order: dict[str, Any]) -> int:
    """Returns how many of them still run. Runs of scheduled tasks named every repository, and go as well."""
    found = [(one, _repositories(one, order)) for one in _journal()]
    back = {key for _, keys in found for key in keys if services().storage.repository_by_id(key) is not None}
    about = [one for one, keys in found if (keys and not keys <= back) or _is_installation(one, order)]
    tasks = [one for one, _ in found if one.name in {*SCHEDULES, *CLOCKS} and one.status not in RUNNING | UNBEGUN]
    gone = list(dict.fromkeys(one.workflow_id for one in (*about, *tasks) if one.status not in RUNNING))
    for start in range(0, len(gone), PAGE):
        DBOS.delete_workflows(gone[start : start + PAGE])
    for key in {key for _, keys in found for key in keys} - back:
        services().storage.forget_repository(key)  # what waited in the queue may have left rows since
    services().storage.compact()
    log.info("journal.erased", workflows=len(gone))
    return sum(one.status in RUNNING for one in about)


def _journal() -> Iterator[WorkflowStatus]:
    offset = 0
    while page := DBOS.list_workflows(limit=PAGE, offset=offset, load_output=False):
        yield from (one for one in page if one.name != TASK)
        offset += len(page)


def _repositories(workflow: WorkflowStatus, order: Mapping[str, Any]) -> set[int]:
    """The repositories of the order that the workflow's input names."""
    named = set(_ids(_arguments(workflow)))
    return {one for one in named if _mark(order["salt"], "repository", one) in order["marks"]}


def _is_installation(workflow: WorkflowStatus, order: Mapping[str, Any]) -> bool:
    payload = next(iter(_arguments(workflow)), None)
    if not isinstance(payload, Mapping) or not str(payload.get("event", "")).startswith("installation"):
        return False
    return _mark(order["salt"], "installation", payload.get("installation_id")) in order["marks"]


def _arguments(workflow: WorkflowStatus) -> tuple[Any, ...]:
    return tuple(workflow.input["args"]) if workflow.input else ()


def _ids(value: Any) -> Iterator[int]:
    """Every number in an input under the name of a repository's id."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            if name in {"id", "repository_id"} and isinstance(one, int):
                yield one
            else:
                yield from _ids(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _ids(one)


def _mark(salt: str, kind: str, key: int | None) -> str:
    return hashlib.sha256(f"{salt} {kind} {key}".encode()).hexdigest()
