"""How a workflow takes a step: expected failures become outcomes, waiting is durable, surrender is counted."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypedDict

import structlog
from dbos import DBOS

from bot.activities.budget import BudgetSpent
from bot.activities.observe import Stopped
from bot.errors import Permanent, RetryAfter, StorageError, TriageError, Unavailable, where
from bot.services import Services
from models.embedder import ModelUnavailable

MAX_RECOVERIES = 10  # times that one workflow may be alive when its process dies before it is set aside (INV 33)
PATIENCE = (1.0, 2.0, 4.0, 8.0)  # seconds between tries of a step while GitHub is unavailable
ACTIVE = 4  # steps that run at the same time in one process; a workflow that waits takes no one's place (INV 33)
BULK = 2  # of those, steps that read or embed a whole history; single issues keep the rest
LONGEST_WAIT = 3600.0  # seconds; a longer delay named by GitHub is asked about again after this
IN_PLACE = 10.0  # seconds that a workflow may wait for GitHub in its repository's place in the queue; for longer, and
# for the repository's own budget, it steps aside, so that people's acts and others go first


log = structlog.get_logger(__name__)


class Outcome(TypedDict, total=False):
    """What a step leaves in the engine's journal: numbers and enumerated words, never a text."""

    value: Any
    wait: float
    for_budget: bool
    reason: str
    unavailable: str
    stopped: str
    refused: str


class StepStopped(Exception):
    """The workflow ends here, because the repository cannot be worked on now; the reason is for the operator."""


class StepRefused(StepStopped):
    """This alone cannot be done, now or later; the reason is a sentence for the operator."""


class StepWaits(Exception):
    """There is a time to wait that is too long to wait in the queue: others of the repository go first meanwhile.

    `for_budget`: it is the repository's own limit that is spent, so that those who wait keep their order (INV 30).
    """

    def __init__(self, reason: str, seconds: float, *, for_budget: bool) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.for_budget = for_budget


class StepPostponed(Exception):
    """GitHub stayed unavailable; the workflow is to be tried again later, after others had their turn (INV 33)."""


class StepFailed(Exception):
    """A bug, by its type and place; its message is left behind."""


class ProcessEnds(BaseException):
    """Leaves a workflow as it stands, to be recovered at the next start; no `except Exception` takes it for an end."""


_ending = threading.Event()
_room = threading.BoundedSemaphore(ACTIVE)
_bulk = threading.BoundedSemaphore(BULK)


class _Installed:
    services: Services | None = None


def install(services: Services | None) -> None:
    """Give the workflows of this process their services; called by the engine before it launches."""
    _Installed.services = services
    if services is not None:
        _ending.clear()


def end_waiting() -> None:
    """Let the workflows that wait leave, because the process is to end."""
    _ending.set()


def services() -> Services:
    """The services of this process; raises RuntimeError before the engine installed them."""
    if _Installed.services is None:
        raise RuntimeError("the engine has not been started in this process")
    return _Installed.services


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """A durable step that is tried again while GitHub asks for patience.

    The function's value must be JSON-able. A call raises StepWaits, StepStopped, StepRefused, StepPostponed, or (a bug)
    StepFailed.
    """
    return _durable(function, lambda: _room)


def bulk_step(function: Callable[..., Any]) -> Callable[..., Any]:
    """A step that may take minutes: only BULK of them run at a time, so that an issue need not wait for imports."""
    return _durable(function, _in_bulk)


@contextmanager
def _in_bulk() -> Iterator[None]:
    with _bulk, _room:
        yield


def _durable(function: Callable[..., Any], place: Callable[[], AbstractContextManager[Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def guarded(*args: Any) -> Outcome:
        with place():
            return _outcome(function, args)

    file = function.__module__.rpartition(".")[2]
    durable = DBOS.step(name=f"{file}.{function.__name__}")(guarded)  # two files may name a step alike

    @functools.wraps(function)
    def patient(*args: Any) -> Any:
        tries, waited = iter(PATIENCE), 0.0
        while "value" not in (outcome := durable(*args)):
            pause = _pause(outcome, tries)
            if "wait" in outcome and (outcome["for_budget"] or waited + pause > IN_PLACE):
                raise StepWaits(outcome["reason"], pause, for_budget=outcome["for_budget"])
            waited += pause
            _wait(pause)
        return outcome["value"]

    return patient


def now() -> float:
    """Seconds since the epoch; what a wait is measured by, so that it outlasts its process."""
    return time.time()


def _wait(seconds: float) -> None:
    """Wait, durably: a process that takes over waits for the rest. Raises ProcessEnds at once when this one is to end;
    the engine's own sleep would hold it up for the whole hour that GitHub may name."""
    if _ending.wait(max(0.0, _until(seconds) - now())):
        raise ProcessEnds


@DBOS.step(name="steps.until")
def _until(seconds: float) -> float:
    return now() + seconds


def _outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    try:
        return Outcome(value=function(*args))
    except RetryAfter as error:
        log.warning("waits", seconds=error.seconds, reason=str(error))  # INV 35: noise to operators
        return Outcome(wait=error.seconds, reason=str(error), for_budget=isinstance(error, BudgetSpent))
    except (Unavailable, ModelUnavailable, StorageError) as error:
        log.warning("unavailable", reason=str(error))
        return Outcome(unavailable=str(error))
    except TriageError as error:
        stops = isinstance(error, Stopped) or (isinstance(error, Permanent) and error.stops_repository)
        return Outcome(stopped=str(error)) if stops else Outcome(refused=str(error))
    except Exception as error:  # the engine would journal its message, which may quote a text (INV 41)
        raise StepFailed(*where(error)) from None


def _pause(outcome: Mapping[str, Any], tries: Any) -> float:
    """Seconds to sleep before the next try, or the exception that ends the trying."""
    if "stopped" in outcome:
        raise StepStopped(outcome["stopped"])
    if "refused" in outcome:
        raise StepRefused(outcome["refused"])
    if "wait" in outcome:
        return float(min(outcome["wait"], LONGEST_WAIT))
    pause = next(tries, None)
    if pause is None:
        raise StepPostponed(outcome["unavailable"])
    return float(pause)
