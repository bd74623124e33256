"""`triage import`: read a repository's whole history, silently."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from bot.activities.backtest import AFTER_IMPORT, backtest
from bot.activities.draw_map import draw_map
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.import_progress import Shown
from bot.activities.importing import advance
from bot.activities.learn import learn
from bot.activities.observe import current_config
from bot.activities.refit import PUBLISHED, refit_at_once
from bot.activities.waves import learn_waves
from bot.cli.opened import err, named_repository, out, print_json, services_for, settings_for_command
from bot.cli.progress import progress
from bot.errors import RetryAfter, Unavailable
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord

TRIES = 6  # while GitHub is unavailable, each after twice as long
PAUSE = 2.0  # seconds before the second one

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
T = TypeVar("T")


def import_history(repository: Repository, as_json: AsJson = False) -> None:
    """Read every issue and what people called duplicates, embed it, and make the clusters. Nobody is notified.

    Interrupted, it goes on at its page when it is called again; after its end, it reads what changed.
    """
    with services_for(settings_for_command()) as services, progress(show=not as_json) as shown:
        record, config = patiently(lambda: _opened(services, repository), tries=1)
        before = len(services.storage.unembedded(record.id, str(services.embedder.model_id)))
        read_to_its_end(services, record, shown.importing)
        record = patiently(lambda: read_history(services, named_repository(services, repository), shown.reading))
        learn(services, record)
        missing = embed_missing(services, record.id, shown.embedding(services, record.id))
        ended = refit_at_once(services, record, config, progress=shown.step)
        generation = services.storage.current_generation(record.id)
        shown.step("map", 0, 1)
        draw_map(services, record)
        learn_waves(services, record)
        backtest(services, record, sample=AFTER_IMPORT, progress=lambda done, whole: shown.step("replay", done, whole))
        total = services.storage.issue_count(record.id)
        learned = len([one for one in services.storage.feedback(record.id) if one.kind == "duplicate"])
    found = generation.clusters if generation else ()
    known = {cluster.id: len(cluster.members) for cluster in found if cluster.slug}
    embedded = max(missing, before, shown.embedded)
    if as_json:
        data = {"repository": record.full_name, "issues": total, "embedded": embedded, "duplicates": learned}
        print_json(data | {"clusters": known})
        return
    out.print(f"{record.full_name}: {total} issues, {embedded} embedded now, {learned} called duplicates by people")
    if ended.outcome != PUBLISHED:
        out.print(f"  the clusters were not made anew: {ended.reason}", markup=False)
    for name, members in known.items():
        out.print(f"  {name}: {members} members", markup=False)
    if len(found) > len(known):
        out.print(f"  and {len(found) - len(known)} clusters that nobody named (`triage clusters list`)")


def _opened(services: Services, full_name: str) -> tuple[RepositoryRecord, RepoConfig]:
    record = named_repository(services, full_name)
    return record, current_config(services, record)


def read_to_its_end(services: Services, repository: RepositoryRecord, shown: Shown) -> None:
    """The first reading, with patience for GitHub; nothing where it was done."""
    known = services.storage.import_progress(repository.id)
    if repository.imported_at is not None and (known is None or known.ended_at is not None):
        return

    def pages() -> int:
        progress = services.storage.import_progress(repository.id)
        return 0 if progress is None else progress.pages

    patiently(lambda: advance(services, repository, shown=shown), pages)


def patiently(act: Callable[[], T], done: Callable[[], int] = lambda: 0, *, tries: int = TRIES) -> T:
    """What `act` returns: a limit of GitHub's is waited for, and while GitHub is unavailable it is tried a few times,
    counted anew where more of it was `done` meanwhile."""
    failed, before = 0, done()
    while True:
        try:
            return act()
        except RetryAfter as error:
            err.print(f"{error}; it goes on in {error.seconds:.0f} s", markup=False, soft_wrap=True)
            time.sleep(error.seconds)
        except Unavailable as error:
            failed, before = (failed + 1 if done() == before else 1), done()
            if failed == tries:
                raise
            err.print(f"{error}; tried again in {PAUSE * 2**failed:.0f} s", markup=False, soft_wrap=True)
            time.sleep(PAUSE * 2**failed)
