"""Progress on a terminal, while a repository is read, embedded and its clusters are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from bot.cli.opened import err
from bot.services import Services
from bot.storage.records import ImportRecord


class Shown:
    """One line for each thing that is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self.embedded = 0  # by the first reading

    def importing(self, record: ImportRecord) -> None:
        """How far a first reading is: issues, and of those that are to be embedded, how many are."""
        self._progress.update(self._task("reading issues", None), completed=record.read, total=record.total)
        if record.to_embed:
            self.embedded = record.embedded
            task = self._task("embedding", record.to_embed)
            self._progress.update(task, completed=record.embedded, total=record.to_embed)

    def reading(self, count: int) -> None:
        """So many issues more were read; nobody knows of how many."""
        self._progress.advance(self._task("reading what changed", None), count)

    def embedding(self, services: Services, repository_id: int, more: int = 0) -> Callable[[int], None]:
        """Counts the issues that are embedded, of those that lack a vector of the model in force, and so many more."""
        missing = more + len(services.storage.unembedded(repository_id, str(services.embedder.model_id)))
        task = self._task("embedding what is new", missing)
        return lambda count: self._progress.advance(task, count)

    def step(self, what: str, done: int, whole: int) -> None:
        """So much of it is done."""
        self._progress.update(self._task(what, whole), completed=done, total=whole)

    def _task(self, what: str, total: int | None) -> TaskID:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        return self._tasks[what]


@contextmanager
def progress(*, show: bool) -> Iterator[Shown]:
    """On standard error, and only where that is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, disable=not (show and err.is_terminal), transient=True) as lines:
        yield Shown(lines)
