"""How long each page of the dashboard takes at 100,000 issues and 2,000 clusters: medians over HTTP, one by one."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.page_seed import REPOSITORY, seed
from bot.settings import Settings
from bot.storage.open import open_storage
from bot.wiring import BotRuntime, prepare_database
from webhooks.app import create_app
from webhooks.dashboard.every import PAGES
from webhooks.github_double.serving import listen

TOKEN = "the benchmark's own token"
LIMIT_MS = 150.0
ROOT = f"/r/{REPOSITORY}"
SPECIAL = (  # addresses beside each page's own: filters, sorting, deep pages, one of each; a late issue and cluster
    f"{ROOT}/clusters?q=login",
    f"{ROOT}/clusters?sort=last",
    f"{ROOT}/clusters?held=any",
    f"{ROOT}/clusters?page=30",
    f"{ROOT}/clusters/c0000",
    f"{ROOT}/clusters/{{cluster}}",
    f"{ROOT}/issues?q=login+slow",
    f"{ROOT}/issues?q=zebra",
    f"{ROOT}/issues?verdict=duplicate&state=open",
    f"{ROOT}/issues?verdict=none",
    f"{ROOT}/issues?cluster=c0000",
    f"{ROOT}/issues?cluster=none",
    f"{ROOT}/issues?sort=probability",
    f"{ROOT}/issues?page=1900",
    f"{ROOT}/issues/{{issue}}",
    f"{ROOT}/review?kind=near",
    f"{ROOT}/review?kind=missed",
    f"{ROOT}/map?by=version",
    f"{ROOT}/map.json",
    f"{ROOT}/map.json?issue={{issue}}",
    f"{ROOT}/refits/30",
    f"{ROOT}/quality?page=12",
    f"{ROOT}/activity?kind=comment&state=done",
    f"{ROOT}/activity?page=700",
    f"{ROOT}/activity?view=people&actor=user7",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of one address: what a browser waits, and what this process (server and client) worked."""

    median: float
    slowest: float
    cpu: float
    kilobytes: float


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--issues", type=int, default=100_000)
    options.add_argument("--clusters", type=int, default=2_000)
    options.add_argument("--runs", type=int, default=15, help="requests of each, of which the median is printed")
    options.add_argument("--url", help="a database to fill and keep, instead of a new SQLite file")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        url = chosen.url or f"sqlite:///{Path(folder) / 'triage.db'}"
        settings = Settings(database_url=url, webhook_secret="secret", github_token="none")
        fill(settings, chosen.issues, chosen.clusters)
        runtime = BotRuntime(settings, worker=False)
        runtime.start()
        try:
            with listen(create_app(settings, runtime=runtime, token=TOKEN)) as address:
                late = {"issue": chosen.issues * 99 // 100, "cluster": f"c{chosen.clusters * 3 // 4:04}"}
                special = [path.format(**late) for path in SPECIAL]
                show(measure(address, [*own_addresses(), *special], chosen.runs))
        finally:
            runtime.stop()


def fill(settings: Settings, issues: int, clusters: int) -> None:
    """Migrate, and seed unless that was done before."""
    prepare_database(settings)
    storage = open_storage(settings.database_url)
    known = storage.repository(REPOSITORY)
    storage.close()
    if known is not None:
        return
    started = time.perf_counter()
    seed(settings.database_url, issues, clusters, datetime.now(UTC))
    print(f"{issues:,} issues and {clusters:,} clusters, filled in {time.perf_counter() - started:.0f} s")


def own_addresses() -> list[str]:
    """The address of every page that needs nothing more than a repository."""
    plain = [page for page in PAGES if "{" not in page.path]
    return [f"{ROOT}{page.path}" if page.about == "repository" else page.path for page in plain]


def measure(address: str, paths: Sequence[str], runs: int) -> dict[str, Taken]:
    """Each address, one after the other; the first request of each is not counted."""
    found = {}
    with httpx.Client(base_url=address, trust_env=False, timeout=60, headers={"accept": "text/html"}) as http:
        http.post("/sign-in", data={"token": TOKEN})
        for path in paths:
            size = len(http.get(path).raise_for_status().content)
            taken, worked = [], []
            for _ in range(runs):
                started, before = time.perf_counter(), time.process_time()
                http.get(path).raise_for_status()
                taken.append((time.perf_counter() - started) * 1000)
                worked.append((time.process_time() - before) * 1000)
            found[path] = Taken(statistics.median(taken), max(taken), statistics.median(worked), size / 1000)
    return found


def show(found: dict[str, Taken]) -> None:
    """A line for each, and whether all are within the limit."""
    print(f"{'page':48}{'median ms':>12}{'slowest ms':>12}{'cpu ms':>10}{'KB':>8}")
    for path, one in found.items():
        print(f"{path:48}{one.median:12.1f}{one.slowest:12.1f}{one.cpu:10.1f}{one.kilobytes:8.0f}")
    slow = [path for path, one in found.items() if one.median > LIMIT_MS]
    print(f"over {LIMIT_MS:.0f} ms: {', '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
