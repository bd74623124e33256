"""Steps that note the runs of scheduled tasks, so that their age can be seen (INV 35)."""

from __future__ import annotations

from bot.workflows.steps import services, step


@step
def begin_task(task: str) -> int:
    """Note the start; returns the run's id."""
    return services().storage.start_task(task, None)


@step
def end_task(run: int, error: str | None) -> None:
    """Note the end, and why it failed if it did."""
    services().storage.finish_task(run, error)
