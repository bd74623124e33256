"""Progress on a terminal, while a repository is read, embedded and its clusters are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from bot.cli.opened import err
from bot.services import Services


class Shown:
    """One line for each thing that is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def reading(self, count: int) -> None:
        """So many issues more were read; nobody knows of how many."""
        self._progress.advance(self._task("reading issues", None), count)

    def embedding(self, services: Services, repository_id: int) -> Callable[[int], None]:
        """Counts the issues that are embedded, of those that lack a vector of the model in force."""
        missing = len(services.storage.unembedded(repository_id, str(services.embedder.model_id)))
        task = self._task("embedding", missing)
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
