"""Delivery → comment against a played GitHub with 10,000 issues, beside the bot's own work without the model."""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.activities.judge import judge
from bot.activities.observe import config_in_force
from bot.github.offline import Offline
from bot.settings import load
from bot.storage.open import open_storage
from bot.wiring import build_services
from models.embedder import Vectors

PARTS = ["invoice", "cursor", "upload", "proxy", "login", "renderer", "cache", "scheduler", "exporter", "parser"]
FAULTS = ["hangs", "returns 500", "shows the wrong total", "crashes", "is ignored", "times out", "loses the last line"]
WHEN = ["after an upgrade", "on a slow network", "with two accounts", "when the disk is full", "in dark mode"]
WORDS = "while the second window was open I pressed save and waited a minute then tried again without any change"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class TimedEmbedder:
    """Passes on to the real embedder and counts its seconds."""

    def __init__(self, real: object) -> None:
        self._real = real
        self.seconds = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def embed(self, texts: list[str]) -> Vectors:
        """The real vectors."""
        started = time.perf_counter()
        vectors: Vectors = self._real.embed(texts)  # type: ignore[attr-defined]
        self.seconds += time.perf_counter() - started
        return vectors


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--issues", type=int, default=10_000)
    options.add_argument("--deliver", type=int, default=25)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        file, kept = Path(folder) / "issues.jsonl", Path(folder) / "kept"
        file.write_text("".join(f"{json.dumps(one)}\n" for one in written(chosen.issues + chosen.deliver)))
        command = [sys.executable, "-m", "bot.cli", "demo", "--once", "--json", "--keep", str(kept)]
        command += ["--issues", str(file), "--deliver", str(chosen.deliver)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(ended.stderr)
        took = [one["milliseconds"] for one in json.loads(ended.stdout)["issues"]]
        print(f"{chosen.issues:,} issues, {len(took)} deliveries one after the other")
        print(f"202 → recorded effects: median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")
        own_work(kept / "triage.db", [one["number"] for one in json.loads(ended.stdout)["issues"]])


def own_work(database: Path, numbers: list[int]) -> None:
    """Everything from the stored issue to the decision, in this process, on the database that the demo kept."""
    settings = load(database_url=f"sqlite:///{database}")
    storage = open_storage(settings.database_url)
    services = build_services(settings, storage, github=Offline())
    timed = TimedEmbedder(services.embedder)
    services = build_services(settings, storage, github=Offline(), embedder=timed)  # type: ignore[arg-type]
    repository = storage.repositories()[0]
    config = config_in_force(services, repository)
    started = time.perf_counter()
    judge(services, repository, numbers[0], config)
    print(f"first decision after a start, with the history read into memory: {time.perf_counter() - started:.1f} s")
    took = []
    for number in numbers:
        timed.seconds = 0.0
        started = time.perf_counter()
        judge(services, repository, number, config)
        took.append((time.perf_counter() - started - timed.seconds) * 1000)
    print(f"own work without the model: median {statistics.median(took):.1f} ms, longest {max(took):.1f} ms")
    storage.close()


def written(count: int) -> list[dict[str, object]]:
    """Issues of a made-up product: a vocabulary thrown together, so that candidates and clusters abound."""
    draw = random.Random(7)  # the same issues at every run
    issues: list[dict[str, object]] = []
    for number in range(1, count + 1):
        part, fault, when = draw.choice(PARTS), draw.choice(FAULTS), draw.choice(WHEN)
        status = draw.choice([400, 401, 429, 500])
        prose = " ".join(draw.choices(WORDS.split(), k=40))
        version = f"1.{draw.randrange(30)}.0"
        body = f"### What happened?\n\n{prose}\n\n### Version\n\n{version}\n\n```\nError {status}: {part}\n```"
        created = FIRST + timedelta(minutes=10 * number)
        issues.append(
            {"number": number, "title": f"{part} {fault} {when}", "body": body, "created_at": created.isoformat()}
        )
    return issues


if __name__ == "__main__":
    main()
