"""`triage demo` in full: the real server, the real model, a played GitHub, and nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cli.demo import _with_budget
from bot.demo.screen import Screen
from bot.settings import child_environment
from bot.storage.open import open_storage

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "bot" / "sample" / "issues.jsonl"
COMMAND = [sys.executable, "-m", "bot.cli", "demo"]
PATIENCE = 240  # seconds until a demo that hangs fails its test

CRASH = "thread 'sync' panicked at src/sync/merge.rs:88:17: called `Option::unwrap()` on a `None` value"
PRINTER = "PrinterError E-4417: the spooler refused the job because the page size A5 is not loaded"
TEXTS = [
    ("Sync panics while merging", f"Every sync ends like this.\n```\n{CRASH}\n```\nKestrel 3.1.0 on Linux", "crash"),
    ("Printing on A5 is refused", f"```\n{PRINTER}\n```\nThe printer has A5 in its second tray.", "printer"),
    ("Sync crashed again today", f"Same as last week for me:\n```\n{CRASH}\n```\nKestrel 3.1.0, Fedora", "crash"),
    ("Cannot print A5 labels", f"The job is gone and the log says\n```\n{PRINTER}\n```", "printer"),
    ("merge.rs panic on first sync", f"Fresh profile, first sync.\n```\n{CRASH}\n```\nKestrel 3.1.0", "crash"),
    ("Dark colours for the calendar", "The calendar is white even when everything else is dark.", None),
    ("Export contacts as vCard 4", "Only vCard 3 is offered when I export the address book.", None),
    ("Typing lags with the spelling check on", "Letters appear half a second late in long notes.", None),
    ("Swipe to archive on the tablet", "The phone has the gesture, the tablet does not.", None),
    ("Wrong week numbers in January", "The first week of the year is shown as week 53.", None),
    ("The tray icon is blurred at 150 %", "It looks fine at 100 % and at 200 %.", None),
    ("Search does not find umlauts", "Searching for ü finds nothing, u finds both.", None),
    ("Attachments over 20 MB are dropped", "No error is shown, the file is simply not there.", None),
    ("Reminder rings twice", "Once on the minute and once ten seconds later.", None),
    ("Undo after moving a folder", "Moving a folder by accident cannot be undone.", None),
    ("Keyboard shortcut for the side bar", "I would like to hide it without the mouse.", None),
    ("Signature is added twice", "When I answer from the preview there are two signatures.", None),
    ("Time zone of invitations", "An invitation from Lisbon is shown an hour late.", None),
    ("Sort notes by colour", "There are colours, but no way to sort by them.", None),
    ("Spanish translation of the wizard", "Two buttons of the wizard are still English.", None),
    ("Import from a CSV with semicolons", "Everything lands in the first column.", None),
    ("Fonts look thin on Windows", "Since the last update the text is hard to read.", None),
    ("Lock the app with a PIN", "My children open my notes.", None),
    ("Proxy with a password", "There is no field for the proxy's password.", None),
    ("Panic in merge.rs after the update", f"Since this morning:\n```\n{CRASH}\n```\nKestrel 3.1.0", "crash"),
    ("A5 pages are never printed", f"From the log:\n```\n{PRINTER}\n```\nA4 works.", "printer"),
    ("Widgets for the lock screen", "A small list of today's appointments would be enough.", None),
    ("sync dies, merge.rs:88", f"```\n{CRASH}\n```\nKestrel 3.1.0, it dies at once", "crash"),
    ("Map view of contacts", "Show where everybody lives.", None),
    ("Label printer gives up", f"```\n{PRINTER}\n```\nA5 sheets, two rows of labels.", "printer"),
]


def issue(place: int, **more: Any) -> dict[str, Any]:
    title, body, cluster = TEXTS[place]
    day = f"2026-04-{place + 1:02d}"
    return {"number": 100 + place, "title": title, "body": body, "created_at": day, "gold_cluster": cluster, **more}


def written(path: Path, *, truth: bool = True, bad_lines: tuple[str, ...] = ()) -> Path:
    rows = [issue(place) for place in range(len(TEXTS))]
    if not truth:
        rows = [{name: value for name, value in row.items() if name != "gold_cluster"} for row in rows]
    path.write_text("\n".join([*bad_lines, *map(json.dumps, rows)]), encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    return child_environment(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1")


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo that goes on, its output in `folder`; ended at the latest with the block."""
    with (folder / "said.txt").open("w") as said, (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen([*COMMAND, *arguments], env=environment(), stdout=said, stderr=errors, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def at_work_in(folder: Path) -> list[int]:
    """The processes whose working folder is that one: a demo's children."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve() == folder.resolve():
                found.append(int(link.parent.name))
        except OSError:
            continue  # it ended meanwhile, or is not ours
    return found


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "the demo ended too early"
        assert time.monotonic() < deadline, "the demo does not get there"
        time.sleep(0.05)


def assert_dashboard_opens(lines: list[str]) -> None:
    address, token = next(line for line in lines if "/sign-in?token=" in line).split("/sign-in?token=")
    with httpx.Client(base_url=address, trust_env=False, headers={"accept": "text/html"}) as browser:
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
        assert "demo/my-issues" in browser.get("/").text


@pytest.mark.model
def test_the_sample_is_played_to_its_end_and_no_planted_secret_is_left_anywhere(tmp_path):
    place = tmp_path / "kept"
    ran = demo("--once", "--json", "--keep", str(place))
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    rows = {row["number"]: row for row in summary["issues"]}
    assert (summary["failed"], summary["delivered"], summary["left_out"]) == (0, 40, [])
    duplicates = [row for row in rows.values() if row["verdict"] == "duplicate"]
    assert duplicates
    for row in duplicates:
        (comment,) = row["comments"]
        assert f"#{row['canonical']}" in comment
        assert "possible-duplicate" in row["labels"]
    assert summary["truth"]["duplicate"]["said"] == len(duplicates)
    assert set(summary["truth"]) == {"duplicate", "naming", "cluster"}
    assert rows[4374]["verdict"] == "ignored"  # a bot's issue
    assert at_work_in(place) == []
    assert waves_on(place) == ["extra-usage-400"]
    assert_no_planted_secret(place, ran.stdout + ran.stderr)


def waves_on(place: Path) -> list[str]:
    """The clusters whose wave is on in the database that a demo left."""
    storage = open_storage(f"sqlite:///{place / 'triage.db'}")
    try:
        return [row.cluster_id for row in storage.waves(on=True)]
    finally:
        storage.close()


def assert_no_planted_secret(place: Path, said: str) -> None:
    notes = [json.loads(line)["note"] or "" for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    (note,) = (note for note in notes if note.startswith("planted secrets (all fake): "))
    secrets = note.partition(": ")[2].split(" | ")
    assert len(secrets) >= 6
    kept = [path for path in place.iterdir() if path.is_file()]
    assert {"triage.db", "server.log", "github.log"} <= {path.name for path in kept}
    for secret in secrets:
        assert secret not in said
        for path in kept:
            assert secret.encode() not in path.read_bytes(), path.name


@pytest.mark.model
def test_a_file_is_played_then_served_until_ctrl_c_and_nothing_is_left(tmp_path):
    place = tmp_path / "kept"
    bad = ("{not json", json.dumps(issue(0, number=-1)))
    file = written(tmp_path / "my issues.v2.jsonl", bad_lines=bad)
    said = tmp_path / "said.txt"
    with running(tmp_path, "--issues", str(file), "--deliver", "6", "--keep", str(place)) as process:
        wait_for(lambda: re.search(r"http://\S+/issues\n\Z", said.read_text(encoding="utf-8")), process)
        lines = said.read_text(encoding="utf-8").splitlines()
        listing = httpx.get(lines[-1], trust_env=False)
        server = next(line.split()[1] for line in lines if line.startswith("server "))
        assert httpx.get(f"{server}/readyz", trust_env=False).status_code == 200
        assert len(at_work_in(place)) == 2
        assert_dashboard_opens(lines)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert at_work_in(place) == []
    assert "demo/my-issues" in lines[-1]
    assert listing.status_code == 200
    assert "A5 pages are never printed" not in (tmp_path / "errors.txt").read_text(encoding="utf-8")
    text = "\n".join(lines)
    assert "left out: line 1: not JSON" in text
    assert "left out: line 2: number" in text
    assert "24 issues of history" in text
    assert "6 delivered" in text
    assert "nothing failed" in text
    assert "cluster label" not in text  # without --config no cluster is known
    assert "\x1b" not in text
    assert sum(line.startswith("#1") for line in lines) == 6


@pytest.mark.model
def test_a_file_without_truth_gets_no_precision(tmp_path):
    file = written(tmp_path / "plain.jsonl", truth=False)
    ran = demo("--once", "--issues", str(file), "--deliver", "3")
    assert ran.returncode == 0, ran.stderr
    assert "holds no truth" in ran.stdout
    assert "3 delivered" in ran.stdout
    assert "recall" not in ran.stdout.replace("precision and recall are unknown", "")


@pytest.mark.model
def test_a_stop_in_the_middle_leaves_no_process_and_no_folder(tmp_path):
    place = tmp_path / "kept"
    with running(tmp_path, "--once", "--keep", str(place)) as process:
        wait_for(lambda: len(at_work_in(place)) == 2, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 1
    assert at_work_in(place) == []
    assert "interrupted" in (tmp_path / "errors.txt").read_text(encoding="utf-8")


def test_a_port_that_is_taken_fails_with_the_server_s_own_words(tmp_path):
    place = tmp_path / "kept"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = demo("--once", "--port", port, "--keep", str(place))
    assert ran.returncode == 1
    assert "the server ended" in ran.stderr
    assert str(place / "server.log") in ran.stderr
    assert at_work_in(place) == []


def test_what_cannot_be_played_is_said_before_anything_starts(triage, tmp_path):
    empty, full = tmp_path / "empty.jsonl", tmp_path / "full"
    empty.write_text("\n")
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    assert "no issue in it" in triage("demo", "--issues", str(empty)).err
    assert "no demo wrote" in triage("demo", "--keep", str(full)).err
    assert triage("demo", "--issues", str(tmp_path / "none.jsonl")).code == 2
    assert triage("demo", "--config", str(empty)).code == 2
    assert triage("demo", "--deliver", "0").code == 2


def test_a_wrong_configuration_is_told_with_its_lines(triage, tmp_path):
    config = tmp_path / "triage.yml"
    config.write_text("version: 1\nmod: shadow\n")
    ran = triage("demo", "--issues", str(written(tmp_path / "i.jsonl")), "--config", str(config))
    assert ran.code == 1
    assert "line 2: mod" in ran.err


def test_the_budget_of_comments_is_raised_only_where_the_deliveries_need_it(capsys):
    text, config = _with_budget(Screen(), "limits: {comments_per_hour: 10, links: 2}\n", 10)
    assert text == "limits: {comments_per_hour: 10, links: 2}\n"
    assert capsys.readouterr().out == ""
    text, config = _with_budget(Screen(), text, 11)
    assert (config.limits.comments_per_hour, config.limits.links) == (11, 2)
    raised = _with_budget(Screen(), "limits: {comments_per_hour: 90}\n", 80)[1].limits
    assert (raised.comments_per_hour, raised.wave_comments_per_hour) == (90, 80)
    assert "not 10" in capsys.readouterr().out
    assert _with_budget(Screen(), "limits: {comments_per_hour: 0}", 11)[1].limits.comments_per_hour == 0
