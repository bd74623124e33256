"""Seconds to read a repository of 30,000 issues from a GitHub that answers in 50 ms, beside the floor of its pages."""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

from bot.activities.importing import advance
from bot.activities.observe import open_repository
from bot.settings import Settings
from bot.storage.open import open_storage
from bot.storage.records import ImportRecord
from bot.wiring import build_services
from models.hashing_embedder import HashingEmbedder

NAME = "octo/widgets"
PAGE = 100
LATENCY_MS = 50
SEEDED_AT_ONCE = 1000
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
TEXT = (
    "while the second window was open I pressed save and waited a minute then tried again without any change and the"
    " list of invoices showed the wrong total after the upgrade which the log explains with a timeout in the exporter"
)
WORDS = TEXT.split()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--issues", type=int, default=30_000)
    options.add_argument("--words", type=int, default=150, help="of one issue's body")
    options.add_argument("--at-once", type=int, nargs="*", default=[4, 1], help="pages asked for at the same time")
    chosen = options.parse_args()
    with double() as url:
        seed(url, chosen.issues, chosen.words)
        token = httpx.post(f"{url}/_double/tokens", json={"login": "operator"}).json()["token"]
        titles = ("requests", 10), ("seconds", 10), ("floor s", 10), ("share", 8), ("cpu s", 8)
        print(" " * 34 + "".join(f"{name:>{width}}" for name, width in titles) + f"   ({chosen.issues:,} issues)")
        bare(url, token)
        for at_once in chosen.at_once:
            measure(url, token, at_once)


def bare(url: str, token: str) -> None:
    """The same lists by a client that follows the links and looks at nothing: the floor as it is on this machine."""
    started, requests, burnt = time.perf_counter(), 0, time.process_time()
    with httpx.Client(headers={"authorization": f"token {token}"}, timeout=30) as client:
        for state in ("open", "closed"):
            page: str | None = f"{url}/repos/{NAME}/issues?state={state}&per_page={PAGE}"
            while page:
                answer = client.get(page).raise_for_status()
                requests += 1
                page = answer.links.get("next", {}).get("url")
    show("issues, a bare client", requests, time.perf_counter() - started, time.process_time() - burnt)


def measure(url: str, token: str, at_once: int) -> None:
    """The bot's own first reading, into a fresh database."""
    marks: dict[str, float] = {}

    def seen(record: ImportRecord) -> None:
        if (
            "issues" not in marks
            and record.cursors.get("open", "") is None
            and record.cursors.get("closed", "") is None
        ):
            marks["issues"] = time.perf_counter()
            marks["pages"] = record.pages
            marks["cpu"] = time.process_time()

    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
            github_token=token,
            github_api_url=url,
            import_requests=at_once,
        )
        storage = open_storage(f"sqlite:///{Path(folder) / 'triage.db'}", migrate=True)
        services = build_services(settings, storage, embedder=HashingEmbedder())
        repository = open_repository(services, NAME)
        before = len(httpx.get(f"{url}/_double/requests").json())
        started, burnt = time.perf_counter(), time.process_time()
        record = advance(services, repository, embeds=False, shown=seen)
        ended, burnt_all = time.perf_counter(), time.process_time() - burnt
        requests = len(httpx.get(f"{url}/_double/requests").json()) - before
        learned = len(storage.feedback(repository.id))
        storage.close()
    show(f"issues, {at_once} at once", int(marks["pages"]), marks["issues"] - started, marks["cpu"] - burnt)
    show(f"everything, {at_once} at once", requests, ended - started, burnt_all)
    print(f"{'':34}{record.read:,} issues read, {learned:,} past duplicates learned")


def show(name: str, requests: int, seconds: float, cpu: float) -> None:
    """One row; the floor is one request after the other, as a list's pages lead from one to the next. `cpu`: seconds of
    this process, which no machine can do without."""
    floor = requests * LATENCY_MS / 1000
    print(f"{name:34}{requests:>10,}{seconds:>10.1f}{floor:>10.1f}{floor / seconds:>8.0%}{cpu:>8.1f}", flush=True)


@contextmanager
def double() -> Iterator[str]:
    """A GitHub in a process of its own."""
    command = [sys.executable, "-m", "webhooks.github_double"]
    command += ["--latency-ms", str(LATENCY_MS), "--rate-limit", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def seed(url: str, issues: int, words: int) -> None:
    """The repository, with a comment on every third issue and a duplicate of an earlier one on every fortieth."""
    chance = random.Random(7)
    numbers = iter(range(1, issues + 1))
    with httpx.Client(timeout=120) as client:
        parts = range(0, issues, SEEDED_AT_ONCE)
        for _ in track(parts, description="seeding", transient=True):
            rows = [written(number, words, chance) for number in itertools.islice(numbers, SEEDED_AT_ONCE)]
            body: dict[str, Any] = {"full_name": NAME, "issues": rows, "collaborators": {"boss": "triage"}}
            client.post(f"{url}/_double/repositories", json=body).raise_for_status()


def written(number: int, words: int, chance: random.Random) -> dict[str, Any]:
    """One issue."""
    at = FIRST + timedelta(minutes=20 * number)
    is_duplicate = number > 1 and number % 40 == 0
    closed = {"state": "closed", "state_reason": "duplicate" if is_duplicate else "completed"}
    said = []
    if is_duplicate:
        said = [{"user": "boss", "body": f"Duplicate of #{chance.randrange(1, number)}"}]
    elif number % 3 == 0:
        said = [{"user": "ann", "body": " ".join(chance.choices(WORDS, k=60))}]
    return {
        "number": number,
        "title": " ".join(chance.choices(WORDS, k=8)),
        "body": "### What happened\n\n" + " ".join(chance.choices(WORDS, k=words)),
        "created_at": at.isoformat(),
        "comments": [{**one, "created_at": at.isoformat()} for one in said],
        **(closed if is_duplicate or chance.random() < 0.75 else {}),
    }


if __name__ == "__main__":
    main()
