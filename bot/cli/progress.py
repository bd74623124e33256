"""Progress while a repository is read, embedded and its clusters are made: on a terminal, or in a log's few lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from bot.cli.opened import err
from bot.services import Services
from bot.storage.records import ImportRecord

SAID_EACH = 15.0  # seconds between two lines where no terminal draws bars


class Shown:
    """One line for each thing that is done; `say` is given a line from time to time in its place."""

    def __init__(
        self,
        progress: Progress,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._say, self._clock, self._said_at = say, clock, clock()
        self._tasks: dict[str, TaskID] = {}
        self.embedded = 0  # by the first reading

    def importing(self, record: ImportRecord) -> None:
        """How far a first reading is: issues, and of those that are to be embedded, how many are."""
        self._done("reading issues", record.read, record.total)
        if record.to_embed:
            self.embedded = record.embedded
            self._done("embedding", record.embedded, record.to_embed)

    def reading(self, count: int) -> None:
        """So many issues more were read; nobody knows of how many."""
        self._more("reading what changed", count, None)

    def embedding(self, services: Services, repository_id: int, more: int = 0) -> Callable[[int], None]:
        """Counts the issues that are embedded, of those that lack a vector of the model in force, and so many more."""
        missing = more + len(services.storage.unembedded(repository_id, str(services.embedder.model_id)))
        self._task("embedding what is new", missing)
        return lambda count: self._more("embedding what is new", count, missing)

    def step(self, what: str, done: int, whole: int) -> None:
        """So much of it is done."""
        self._done(what, done, whole)

    def _more(self, what: str, count: int, whole: int | None) -> None:
        task = self._task(what, whole)
        self._done(what, int(self._progress.tasks[task].completed) + count, whole)

    def _done(self, what: str, done: int, whole: int | None) -> None:
        self._progress.update(self._task(what, whole), completed=done, total=whole)
        if self._say is not None and self._clock() - self._said_at >= SAID_EACH:
            self._said_at = self._clock()
            self._say(what if whole == 1 else f"{what}: {done}" if whole is None else f"{what}: {done} of {whole}")

    def _task(self, what: str, total: int | None) -> TaskID:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        return self._tasks[what]


@contextmanager
def progress(*, show: bool) -> Iterator[Shown]:
    """On standard error; where that is no terminal, a line from time to time."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, disable=not (show and err.is_terminal), transient=True) as lines:
        plain = show and not err.is_terminal
        yield Shown(lines, (lambda line: err.print(line, markup=False)) if plain else None)
