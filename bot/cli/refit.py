"""`triage refit`: the nightly job by hand, its difference beforehand, and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Timer
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.activities.ahead import hold_ahead, read_ahead
from bot.activities.assign import DEFINITIONS
from bot.activities.draw_map import draw_map
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.learn import learn
from bot.activities.ledger import close_ledger
from bot.activities.observe import config_ahead, config_in_force, current_config
from bot.activities.refit import FAILED, IN_TURN, PUBLISHED, REFUSED, plan_refit, refit_at_once, told
from bot.activities.refit_plan import Plan
from bot.activities.rollback import COPY_OF, roll_back
from bot.activities.waves import learn_waves
from bot.cli.cluster_tables import cut
from bot.cli.opened import err, known_repository, named_repository, out, print_json, services_for, settings_for_command
from bot.cli.progress import Shown, progress
from bot.errors import TriageError
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RefitRecord, RepositoryRecord
from models.share import percent

NUMBERS_SHOWN = 8
SAID_AFTER = 2.0  # seconds that another refit is waited for in silence

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the difference; write nothing at all.")]
Force = Annotated[bool, typer.Option("--force", help="Publish although more moves than limits.churn allows.")]
Rollback = Annotated[bool, typer.Option("--rollback", help="Go back to the generation before the one in force.")]
To = Annotated[int | None, typer.Option("--to", help="With --rollback: to this generation.", metavar="N", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What became of a refit, or would."""

    outcome: str
    reason: str | None
    generation: int | None
    churn: float | None
    changes: Sequence[Mapping[str, Any]]
    figures: Mapping[str, Any]
    problems: Sequence[str] = ()
    missed: Sequence[Mapping[str, Any]] = ()


def refit(
    repository: Repository,
    dry_run: DryRun = False,
    force: Force = False,
    rollback: Rollback = False,
    to: To = None,
    as_json: AsJson = False,
) -> int:
    """Bring the repository up to date and make its clusters anew; prints what changes. Exit 1 where it is refused."""
    if to is not None and not rollback:
        raise typer.BadParameter("--to goes with --rollback")
    if rollback and (dry_run or force):
        raise typer.BadParameter("--rollback goes with neither --dry-run nor --force")
    with services_for(settings_for_command(), offline=rollback) as services:
        if rollback:
            record = known_repository(services, repository)
            seen = _rolled_back(services, record, to)
        else:
            record = known_repository(services, repository) if dry_run else named_repository(services, repository)
            with progress(show=not as_json) as shown:
                seen = _foreseen(services, record, shown) if dry_run else _made(services, record, shown, force=force)
    _report(record, seen, dry_run=dry_run, as_json=as_json)
    return 0 if seen.outcome == PUBLISHED or dry_run else 1


def _rolled_back(services: Services, record: RepositoryRecord, to: int | None) -> _Seen:
    """A step back from the generation that is in force as it is asked for, or to the one that is named."""
    asked = _newest(services, record)
    with _waiting(record) as timer:
        timer.start()
        with services.storage.lock(record.id, refit=True), services.storage.lock(record.id):
            timer.cancel()
            if to is None and (now := _newest(services, record)) != asked:
                raise TriageError(f"generation {now} was published meanwhile: look at it, or name one with --to")
            return _of(roll_back(services, record, config_in_force(services, record), to))


def _newest(services: Services, record: RepositoryRecord) -> int | None:
    return next((one.number for one in services.storage.generations(record.id, limit=1)), None)


@contextmanager
def _waiting(record: RepositoryRecord) -> Iterator[Timer]:
    """What tells, once it was started and until it is cancelled, that another refit is waited for."""
    words = f"another refit of {record.full_name} is running: waiting for its end"
    timer = Timer(SAID_AFTER, lambda: err.print(words, markup=False))
    timer.daemon = True
    try:
        yield timer
    finally:
        timer.cancel()


def _foreseen(services: Services, record: RepositoryRecord, shown: Shown) -> _Seen:
    """What a refit would do; nothing is written, of what is read and embedded for it neither."""
    config = config_ahead(services, record)
    news = read_ahead(services, record, config, shown.reading)
    hold_ahead(services, record.id, news, shown.embedding(services, record.id, more=len(news)))
    return _planned(plan_refit(services, record, config, progress=shown.step))


def _made(services: Services, record: RepositoryRecord, shown: Shown, *, force: bool) -> _Seen:
    config = current_config(services, record, anew=True)
    record = read_history(services, record, shown.reading)
    learn(services, record)
    embed_missing(services, record.id, shown.embedding(services, record.id))
    seen = _refitted(services, record, config, shown, force=force)
    shown.step("map", 0, 1)
    draw_map(services, record)
    return seen


def _refitted(services: Services, record: RepositoryRecord, config: RepoConfig, shown: Shown, *, force: bool) -> _Seen:
    with _waiting(record) as timer:

        def step(what: str, done: int, whole: int) -> None:
            (timer.start if what == IN_TURN else timer.cancel)()
            shown.step(what, done, whole)

        ended = refit_at_once(services, record, config, force=force, progress=step)
    learn_waves(services, record)
    with services.storage.lock(record.id):
        return _of(ended, [asdict(one) for one in close_ledger(services, record)])


def _of(ended: RefitRecord, missed: Sequence[Mapping[str, Any]] = ()) -> _Seen:
    figures = _shown(ended.figures)
    problems = ended.figures.get("problems", ())
    outcome = str(ended.outcome)
    return _Seen(outcome, ended.reason, ended.generation, ended.churn, ended.changes, figures, tuple(problems), missed)


def _planned(plan: Plan) -> _Seen:
    outcome = "would be refused" if plan.refusal else "would be published"
    return _Seen(outcome, plan.refusal, None, plan.churn, told(plan.changes), _shown(plan.figures), plan.problems)


def _shown(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name not in {"problems", DEFINITIONS}}


def _report(record: RepositoryRecord, seen: _Seen, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"repository": record.full_name, "published": seen.outcome == PUBLISHED} | asdict(seen))
        return
    if seen.changes:
        table = Table("cluster", "change", "joined", "left", "why", box=None, header_style="bold", pad_edge=False)
        for one in seen.changes:
            others = f" ({', '.join(one['others'])})" if one["others"] else ""
            joined, left = _numbers(one["joined"]), _numbers(one["left"])
            table.add_row(one["cluster"], f"{one['kind']}{others}", joined, left, cut(one["reason"]))
        out.print(table, markup=False)
    if seen.outcome != FAILED:  # nothing was compared
        out.print(_counted(record, seen), markup=False)
    for problem in seen.problems:
        out.print(f"note: {problem}", markup=False)
    for miss in seen.missed:
        out.print(f"missed: #{miss['number']} is a duplicate of #{miss['other']} ({miss['cause']})", markup=False)
    _print_outcome(seen, dry_run=dry_run)


def _counted(record: RepositoryRecord, seen: _Seen) -> str:
    count = seen.figures.get("clusters", 0)
    kinds = Counter(str(one["kind"]) for one in seen.changes)
    changed = ", ".join(f"{many} {kind}" for kind, many in sorted(kinds.items())) or "nothing changed"
    moved = "" if seen.churn is None else f"; {percent(seen.churn)} of the settled members moved"
    return f"{record.full_name}: {count} {'cluster' if count == 1 else 'clusters'}, {changed}{moved}"


def _print_outcome(seen: _Seen, *, dry_run: bool) -> None:
    if seen.generation is not None:
        copied = f", a copy of {seen.figures[COPY_OF]}" if COPY_OF in seen.figures else ""
        out.print(f"{seen.outcome} as generation {seen.generation}{copied}")
    else:
        out.print(f"{seen.outcome}: {seen.reason}" if seen.reason else seen.outcome, markup=False)
    if dry_run:
        out.print("nothing was published (dry run)")
    elif seen.outcome != PUBLISHED:
        way_out = "; `triage refit --force` publishes all the same" if seen.outcome == REFUSED else ""
        out.print(f"the last generation stays in force{way_out}")


def _numbers(numbers: Sequence[int]) -> str:
    more = f" +{len(numbers) - NUMBERS_SHOWN}" if len(numbers) > NUMBERS_SHOWN else ""
    return " ".join(f"#{number}" for number in numbers[:NUMBERS_SHOWN]) + more
