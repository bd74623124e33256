"""`triage rerun`: decide again, show the difference, and change GitHub only where the conclusion changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.activities.again import Again, decide_again
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import current_config, observe_issue
from bot.activities.refit import refit_at_once
from bot.cli.opened import (
    NOT_ASKED,
    can_ask,
    err,
    named_repository,
    out,
    print_json,
    services_for,
    settings_for_command,
)
from bot.cli.progress import Shown, progress
from bot.errors import GitHubError, NotFound, RetryAfter, TriageError
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord

_TARGET = re.compile(r"(?P<repository>[^/\s#]+/[^/\s#]+)(#(?P<first>[1-9][0-9]{0,9})(-#?(?P<last>[1-9][0-9]{0,9}))?)?")

Target = Annotated[
    str, typer.Argument(help="OWNER/REPO, OWNER/REPO#12 or OWNER/REPO#12-40", metavar="OWNER/REPO[#N[-M]]")
]
Since = Annotated[str | None, typer.Option(help="Issues opened on or after this day (2026-05-01).", metavar="DATE")]
InCluster = Annotated[str | None, typer.Option("--cluster", help="The members of this cluster.", metavar="SLUG")]
Everything = Annotated[bool, typer.Option("--all", help="Every open issue.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference to the last decision; change nothing.")]
Notify = Annotated[bool, typer.Option("--notify", help="Let a run over many issues write new comments.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person asked for; `scope` names it, so that an interrupted run is found again."""

    repository: str
    first: int | None
    last: int | None
    since: datetime | None
    cluster: str | None

    @property
    def single(self) -> bool:
        """One issue, named by its number."""
        return self.first is not None and self.last is None

    @property
    def scope(self) -> str:
        """The same words for the same selection."""
        return f"rerun {self.first}-{self.last} since {self.since} cluster {self.cluster}"


def rerun(
    target: Target,
    since: Since = None,
    cluster: InCluster = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    notify: Notify = False,
    as_json: AsJson = False,
) -> int:
    """Decide again. A run over many issues resumes where it was interrupted, and stays silent without --notify."""
    chosen = _selection(target, since, cluster, everything)
    settings = settings_for_command()
    if not can_ask(settings):
        raise TriageError(
            f"a rerun, --dry-run too, reads the issues as they are now, and without credentials {NOT_ASKED}; "
            "`triage explain` needs only the database"
        )
    with services_for(settings) as services:
        repository = named_repository(services, chosen.repository)
        config = current_config(services, repository)
        with progress(show=not as_json) as shown:
            numbers = _refreshed(services, repository, config, chosen, shown)
        run = _Run(services, repository, config, chosen, notify=notify or chosen.single, dry_run=dry_run)
        results, stopped = run.over(numbers, show=not as_json)
    _report(results, stopped, as_json=as_json, dry_run=dry_run)
    return 1 if stopped or any(one.failure for one in results) else 0


def _selection(target: str, since: str | None, cluster: str | None, everything: bool) -> Selection:
    found = _TARGET.fullmatch(target)
    if found is None:
        raise typer.BadParameter(f"{target!r} is not OWNER/REPO, OWNER/REPO#12 or OWNER/REPO#12-40")
    first, last = (int(found[name]) if found[name] else None for name in ("first", "last"))
    if last is not None and first is not None and last < first:
        raise typer.BadParameter(f"#{first}-{last} ends before it begins")
    if first is None and since is None and cluster is None and not everything:
        raise typer.BadParameter("say which issues: a number, a range, --since, --cluster or --all")
    if first is not None and (since or cluster or everything):
        raise typer.BadParameter("a number or range goes with none of --since, --cluster and --all")
    return Selection(found["repository"], first, last, _day(since), cluster)


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--since {text!r} is not a date like 2026-05-01") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _refreshed(
    services: Services, repository: RepositoryRecord, config: RepoConfig, chosen: Selection, shown: Shown
) -> Sequence[int]:
    """The chosen issues' numbers, after reading from GitHub what changed."""
    first_time = repository.imported_at is None
    if first_time or not chosen.single:
        read_history(services, repository, shown.reading)
    one = chosen.first if chosen.single else None
    if one is not None and observe_issue(services, repository, one) is None:
        raise NotFound(f"{repository.full_name}#{one} does not exist on GitHub (any more)")
    embed_missing(services, repository.id, shown.embedding(services, repository.id))
    if first_time:
        refit_at_once(services, repository, config, progress=shown.step)
    return [one] if one is not None else _chosen(services, repository, chosen)


def _chosen(services: Services, repository: RepositoryRecord, chosen: Selection) -> list[int]:
    members = _members(services, repository, chosen.cluster)
    numbers = [
        row.issue.number
        for row in services.storage.issues(repository.id)
        if not row.issue.is_pull_request
        and (chosen.first is not None or row.issue.state == "open")
        and (chosen.first is None or chosen.first <= row.issue.number <= (chosen.last or chosen.first))
        and (chosen.since is None or row.issue.created_at >= chosen.since)
        and (members is None or row.issue.number in members)
    ]
    if not numbers:
        raise NotFound("no issue of the repository is in that selection")
    return numbers


def _members(services: Services, repository: RepositoryRecord, cluster: str | None) -> set[int] | None:
    if cluster is None:
        return None
    generation = services.storage.current_generation(repository.id)
    clusters = {name: one for one in (generation.clusters if generation else ()) for name in (one.slug, one.id)}
    if cluster not in clusters:
        known = ", ".join(sorted(name for name in clusters if name)) or "none yet"
        raise NotFound(f"{repository.full_name} has no cluster {cluster!r} (known: {known})")
    return set(clusters[cluster].members)


@dataclass(slots=True)
class _Run:
    services: Services
    repository: RepositoryRecord
    config: RepoConfig
    chosen: Selection
    notify: bool
    dry_run: bool

    def over(self, numbers: Sequence[int], *, show: bool) -> tuple[list[Again], str | None]:
        """Each issue's result, and why the run stopped early if it did; what was done is not done again."""
        batch, todo = self._begin(numbers)
        results: list[Again] = []
        with _progress(len(numbers), len(numbers) - len(todo), show=show and len(numbers) > 1) as advance:
            for number in todo:
                try:
                    results.append(self._one(number))
                except RetryAfter as wait:
                    return results, f"{wait}; run the same command again in {wait.seconds:.0f} s to go on"
                except GitHubError as error:
                    return results, f"{error}; run the same command again to go on at #{number}"
                self._done(batch, number)
                advance()
        if batch is not None:
            self.services.storage.close_batch(batch)
        return results, None

    def _begin(self, numbers: Sequence[int]) -> tuple[int | None, Sequence[int]]:
        if self.dry_run or self.chosen.single:
            return None, numbers
        return self.services.storage.open_batch(self.repository.id, self.chosen.scope, numbers)

    def _done(self, batch: int | None, number: int) -> None:
        if batch is not None:
            self.services.storage.batch_done(batch, number)

    def _one(self, number: int) -> Again:
        return decide_again(
            self.services,
            self.repository,
            number,
            self.config,
            asked=self.chosen.single,
            notify=self.notify,
            dry_run=self.dry_run,
        )


@contextmanager
def _progress(total: int, done: int, *, show: bool) -> Iterator[Any]:
    columns = (TextColumn("deciding again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not (show and err.is_terminal), transient=True) as progress:
        task = progress.add_task("rerun", total=total, completed=done)
        yield lambda: progress.advance(task)


def _report(results: Sequence[Again], stopped: str | None, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        print_json({"dry_run": dry_run, "stopped": stopped, "issues": [one.to_data() for one in results]})
        return
    for one in results:
        if one.changed or one.effects or one.failure:
            out.print(one.sentence(), markup=False, soft_wrap=True)
    changed = sum(one.changed for one in results)
    same = len(results) - changed
    left = sum(one.left_silent for one in results)
    out.print(f"{len(results)} decided again: {changed} changed, {same} the same" + (" (dry run)" if dry_run else ""))
    if left:
        out.print(f"{left} would get a new comment: a run over many issues writes none without --notify")
    if stopped:
        raise TriageError(stopped)
