"""Durable 202s a second of the real receiver under wrk, beside its floor; resident memory and start of the process."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.github.signature import sign

SECRET = "the benchmark's own secret"
CONNECTIONS = 32
BODY_BYTES = 20_000
BODIES = 64
HERE = Path(__file__).parent

REAL = "triage serve --web-only"
FLOORS = {"verify only": "verify_only", "verify + one durable insert": "verify_and_insert"}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk measured; latencies in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5, help="runs of each, of which the median is printed")
    options.add_argument("--seconds", type=int, default=5, help="length of a run")
    chosen = options.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        bodies = write_bodies(Path(folder) / "bodies.txt")
        print(f"{'':32}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}   ({CONNECTIONS} connections, 20 KB bodies)")
        for name, handler in FLOORS.items():
            with serving(Path(folder) / handler, floor_command(handler)) as (port, _, _):
                show(name, [wrk(port, bodies, f"{handler}{run}", chosen.seconds) for run in range(chosen.runs)])
        measure_real(Path(folder), bodies, chosen.runs, chosen.seconds)


def measure_real(folder: Path, bodies: Path, runs: int, seconds: int) -> None:
    """The real server: starts over a prepared database, then load; fails where a 202 was not durable."""
    starts, idle = [], []
    for run in range(runs + 1):
        with serving(folder / "real", real_command()) as (_, process, started):
            if run > 0:  # the first one creates the tables
                starts.append(started)
                idle.append(resident_megabytes(process.pid))
    with serving(folder / "real", real_command()) as (port, process, _):
        wrk(port, bodies, "warm", 1)
        loads = [wrk(port, bodies, f"real{run}", seconds) for run in range(runs)]
        show(REAL, loads)
        loaded = resident_megabytes(process.pid)
    durable = count_deliveries(folder / "real" / "triage.db")
    answered = sum(load.requests for load in loads)
    print(f"{durable:,} deliveries in the database, {answered:,} acknowledged in the measured runs")
    print(f"web process: starts in {statistics.median(starts):.2f} s, ", end="")
    print(f"{statistics.median(idle):.0f} MB resident, {loaded:.0f} MB after the load")
    if durable < answered:
        sys.exit("a 202 was not durable")


def write_bodies(path: Path) -> Path:
    """Signed payloads, one a line: signature, blank, JSON."""
    lines = []
    for number in range(1, BODIES + 1):
        payload = {
            "action": "opened",
            "issue": {"number": number, "title": "x" * 80, "body": "", "labels": [], "user": {"login": "ann"}},
            "repository": {"id": 11, "full_name": "octo/widgets"},
            "installation": {"id": 3},
            "sender": {"login": "ann", "type": "User"},
        }
        payload["issue"]["body"] = "y" * (BODY_BYTES - len(json.dumps(payload)))  # type: ignore[index]
        body = json.dumps(payload)
        lines.append(f"{sign(SECRET.encode(), body.encode())} {body}\n")
    path.write_text("".join(lines))
    return path


def wrk(port: int, bodies: Path, run: str, seconds: int) -> Load:
    """One run; fails where a request was not answered with a 2xx."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "wrk.lua")]
    command += [f"http://127.0.0.1:{port}", "--", str(bodies), run]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = next(line for line in printed.splitlines() if line.startswith("RESULT "))
    requests, microseconds, p50, p99, errors = (int(word) for word in result.split()[1:])
    if errors:
        sys.exit(f"{errors} of {requests} requests failed\n{printed}")
    return Load(requests, requests / (microseconds / 1e6), p50 / 1e3, p99 / 1e3)


def show(name: str, loads: list[Load]) -> None:
    """One row of medians."""
    columns = [statistics.median(getattr(load, field) for load in loads) for field in ("per_second", "p50", "p99")]
    print(f"{name:32}{columns[0]:>12,.0f}{columns[1]:>10.1f}{columns[2]:>10.1f}", flush=True)


def floor_command(handler: str) -> list[str]:
    """uvicorn over a bare handler, with the parser and the loop that the real server uses."""
    options = ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
    return [sys.executable, "-m", "uvicorn", f"benchmarks.bare_handlers:{handler}", *options]


def real_command() -> list[str]:
    """The console script of this environment."""
    return [str(Path(sys.executable).with_name("triage")), "serve", "--web-only"]


@contextmanager
def serving(folder: Path, command: list[str]) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """The running server: its port, its process, and the seconds until it first answered."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE.parent),
        "TRIAGE_WEBHOOK_SECRET": SECRET,
        "TRIAGE_DATABASE_URL": f"sqlite:///{folder / 'triage.db'}",
        "TRIAGE_LOG_FORMAT": "json",
        "BENCH_DATABASE": str(folder / "floor.db"),
    }
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(port, process, folder / "log")
        yield port, process, time.monotonic() - began
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until /healthz answers; ends the benchmark where the server ended first."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
        else:
            return
    sys.exit(f"the server ended at its start:\n{log.read_text()}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def resident_megabytes(pid: int) -> float:
    """VmRSS of the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def count_deliveries(database: Path) -> int:
    """How many deliveries are kept."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])


if __name__ == "__main__":
    main()
