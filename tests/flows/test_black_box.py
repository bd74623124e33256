"""`triage serve` as a process of its own, seen only from outside: requests in, comments and labels on GitHub out."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from bot.settings import child_environment
from tests.fakes.deliveries import PATH, SECRET, headers
from tests.fakes.played import CANONICAL, Played, Report, played
from tests.fakes.small_world import BODY, CLUSTER_LABEL, LABEL, NAME, TITLE

pytestmark = pytest.mark.model

DEADLINE = 120.0  # seconds that anything may take before the test fails
SHADOW, RENAMED = "acme/quiet", "acme/old-name"
SECRETS = ("ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "jane.doe@mail.example.org", "4111 1111 1111 1111")
PROSE = "zebrafish in my wardrobe"
ABOUT_ALL = {"deliveries.asked_again", "storage.pruned"}  # of the tasks of an hour and of a night: of no one repository

T = TypeVar("T")


def until(look: Callable[[], T | None], every: float = 0.05) -> T:
    """What `look` returns as soon as it returns something."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"{look} found nothing within {DEADLINE:.0f} s")


class Server:
    """The process, its database and its log; started again over the same ones after a kill."""

    def __init__(self, github: Played, folder: Path) -> None:
        self.github = github
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.environment = child_environment(
            **github.environment(),
            TRIAGE_DATABASE_URL="sqlite:///triage.db",
            TRIAGE_PORT=str(self.port),
            TRIAGE_LOG_FORMAT="json",
            PYTHONPATH=str(Path(__file__).parents[2]),
        )
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as sink:
            self.process = subprocess.Popen(self.command("serve"), cwd=self.folder, env=self.environment, stderr=sink)

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()[-2000:]
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bot.cli", *arguments]

    def triage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `triage` beside the server, with the same settings."""
        return subprocess.run(
            self.command(*arguments),
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    def post(self, report: Report) -> httpx.Response:
        return self.http.post(PATH, content=report.body, headers=report.headers)

    def insist(self, report: Report) -> None:
        """Post until it is acknowledged, as a redelivery would; seldom, so that a start has the processor."""
        until(lambda: self._acknowledged(report), every=0.5)

    def _acknowledged(self, report: Report) -> bool:
        try:
            return self.post(report).status_code == 202
        except httpx.TransportError:
            return False

    def outcome(self, report: Report) -> tuple[str, str]:
        """State and outcome of the delivery once it is finished."""
        return until(lambda: self._finished(report.headers["X-GitHub-Delivery"]))

    def _finished(self, delivery: str) -> tuple[str, str] | None:
        rows = self.rows("SELECT state, outcome FROM deliveries WHERE id = ?", delivery)
        return rows[0] if rows and rows[0][0] in {"done", "failed"} else None

    def rows(self, query: str, *values: Any) -> list[Any]:
        with sqlite3.connect(self.folder / "triage.db", timeout=30) as connection:
            found = connection.execute(query, values).fetchall()
        connection.close()
        return found

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with played() as github:
        for name in (NAME, RENAMED):
            github.add_repository(name)
        github.add_repository(SHADOW, "mode: shadow")
        one = Server(github, tmp_path_factory.mktemp("serve"))
        one.start()
        try:
            until(one.ready)
            yield one
        finally:
            one.kill()
            one.http.close()


def test_a_signed_delivery_becomes_one_comment_and_the_configured_labels(server: Server) -> None:
    report = server.github.report()
    answer = server.post(report)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert server.outcome(report) == ("done", "duplicate")
    [comment] = server.github.comments(report.number)
    assert f"#{CANONICAL}" in comment
    assert sorted(server.github.labels(report.number)) == sorted([LABEL, CLUSTER_LABEL])


def test_what_is_no_signed_delivery_is_refused_with_one_line(server: Server) -> None:
    report = server.github.report()
    wrong = {**report.headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}
    unsigned = {name: value for name, value in report.headers.items() if name != "X-Hub-Signature-256"}
    broken = report.body[:-9]
    form = {**headers(b"payload=x"), "Content-Type": "application/x-www-form-urlencoded"}
    too_large = b"{" + b" " * 30_000_000 + b"}"
    asked = [
        (401, report.body, wrong),
        (401, report.body, unsigned),
        (400, broken, headers(broken)),
        (400, b"\xff{}", headers(b"\xff{}")),
        (415, b"payload=x", form),
        (413, too_large, headers(too_large)),
    ]
    for status, body, sent in asked:
        answer = server.http.post(PATH, content=body, headers=sent)
        assert answer.status_code == status
        assert list(answer.json()) == ["error"]
        assert "\n" not in answer.text
    assert server.http.post(PATH, content=_pieces(), headers=headers(b"")).status_code == 413
    assert server.github.comments(report.number) == []


def _pieces() -> Iterator[bytes]:
    """30 MB of which no header tells the size."""
    for _ in range(30):
        yield b" " * 1_000_000


def test_inv_32_a_delivery_that_comes_twenty_times_at_once_is_handled_once(server: Server) -> None:
    report = server.github.report()
    with ThreadPoolExecutor(20) as senders:
        answers = list(senders.map(server.post, [report] * 20))
    assert sorted(one.json()["status"] for one in answers) == ["accepted"] + ["duplicate"] * 19
    assert server.outcome(report) == ("done", "duplicate")
    assert len(server.github.comments(report.number)) == 1


def test_inv_26_shadow_mode_asks_for_no_write_token_and_keeps_what_it_would_have_done(server: Server) -> None:
    report = server.github.report(name=SHADOW)
    server.post(report)
    assert server.outcome(report)[0] == "done"
    assert server.github.writes(SHADOW) == []
    assert {token["issues"] for token in server.github.tokens_for(SHADOW)} == {"read"}
    kept = server.rows(
        "SELECT e.kind, e.state FROM effects e JOIN decisions d ON d.id = e.decision_id WHERE d.delivery_id LIKE ?",
        report.headers["X-GitHub-Delivery"] + "%",
    )
    assert ("comment", "shadow") in kept
    assert {state for _, state in kept} == {"shadow"}


def test_inv_41_secrets_reach_neither_database_nor_log_nor_comment(server: Server) -> None:
    report = server.github.report(f"{TITLE} {SECRETS[0]}", "\n".join([BODY, PROSE, *SECRETS]))
    server.post(report)
    assert server.outcome(report) == ("done", "duplicate")
    [comment] = server.github.comments(report.number)
    kept = {path.name: path.read_bytes() for path in server.folder.iterdir()}
    for planted in (*SECRETS, SECRET, "PRIVATE KEY"):
        assert planted not in comment
        assert [name for name, content in kept.items() if planted.encode() in content] == []
    assert PROSE not in server.log()
    assert PROSE not in comment


def test_inv_17_the_authors_reply_withdraws_and_an_edit_does_not_bring_it_back(server: Server) -> None:
    github = server.github
    report = github.report()
    server.post(report)
    assert server.outcome(report) == ("done", "duplicate")
    said = github.comment(report.number, "/triage different\nmine has another cause", "reporter")
    reply = github.webhook("issue_comment", "created", issue=report.number, comment=said, sender="reporter")
    server.post(reply)
    assert server.outcome(reply)[0] == "done"
    withdrawn = github.comments(report.number)[0]
    assert "not counted as a duplicate" in withdrawn
    assert github.labels(report.number) == []
    edited = github.webhook("issues", "edited", issue=report.number, changes={"body": {"from": "shorter"}})
    server.post(edited)
    assert server.outcome(edited) == ("done", "new")
    assert github.comments(report.number)[0] == withdrawn
    assert github.labels(report.number) == []


def test_a_second_server_on_the_same_database_refuses_with_a_sentence(server: Server) -> None:
    ran = server.triage("serve", "--port", "0")
    assert ran.returncode == 1
    assert "another worker named 'worker' runs" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_inv_31_killed_again_and_again_in_a_burst_it_finishes_everything_once(server: Server) -> None:
    """The last kill meets a server that may not even be up yet; meanwhile another repository is renamed."""
    reports = [server.github.report(user=f"person-{number}") for number in range(20)]
    with ThreadPoolExecutor(8) as senders:
        waiting = [senders.submit(server.insist, report) for report in reports]
        until(lambda: server.rows("SELECT 1 FROM deliveries WHERE state = 'running'"))
        server.kill()
        server.start()
        last = reports[-1].number
        until(lambda: server.rows("SELECT 1 FROM effects WHERE number BETWEEN ? AND ?", reports[0].number, last))
        server.kill()
        late = server.github.report(name=RENAMED)
        server.github.change(RENAMED, full_name="acme/new-name")
        server.start()
        for one in waiting:
            one.result()
    server.insist(late)  # its payload was made under the old name
    for report in reports:
        assert server.outcome(report) == ("done", "duplicate")
        assert len(server.github.comments(report.number)) == 1
        assert sorted(server.github.labels(report.number)) == sorted([LABEL, CLUSTER_LABEL])
    assert server.outcome(late) == ("done", "duplicate")
    assert len(server.github.comments(late.number, "acme/new-name")) == 1


def test_inv_25_no_label_was_ever_written_before_its_comment(server: Server) -> None:
    commented: set[str] = set()
    labelled = 0
    for write in server.github.writes():
        found = re.fullmatch(r"POST /issues/(\d+)/(comments|labels) 20\d", write)
        if found and found[2] == "comments":
            commented.add(found[1])
        elif found:
            labelled += 1
            assert found[1] in commented
    assert labelled


def test_inv_35_an_outage_is_heard_in_the_log_and_waited_out(server: Server) -> None:
    until(server.ready)
    report = server.github.report()
    server.github.fault(f"/issues/{report.number}$", status=502)
    server.github.fault(f"/issues/{report.number}/comments$", method="POST", kind="secondary_limit", retry_after=1)
    server.post(report)
    assert server.outcome(report) == ("done", "duplicate")
    assert len(server.github.comments(report.number)) == 1
    lines = [json.loads(line) for line in server.log().splitlines()]
    heard = {line["event"] for line in lines if line.get("issue") == report.number and line["level"] == "warning"}
    assert heard == {"unavailable", "waits"}


def test_each_log_line_names_its_repository_and_the_delivery_and_issue_or_the_task(server: Server) -> None:
    until(lambda: "map.drawn" in server.log())
    lines = [json.loads(line) for line in server.log().splitlines()]
    work = [line for line in lines if line["logger"].startswith(("bot.activities", "bot.workflows"))]
    assert {"effect", "delivery", "map.drawn"} <= {line["event"] for line in work}
    work = [line for line in work if line["event"] not in ABOUT_ALL]
    tasks = [line for line in work if "delivery" not in line]  # a map, and a night's refit where one begins meanwhile
    assert [line for line in tasks if not {"task", "repository"} <= line.keys()] == []
    assert [line for line in work if line not in tasks and not {"repository", "issue"} <= line.keys()] == []


def test_health_readiness_and_metrics_tell_how_it_is(server: Server) -> None:
    assert server.http.get("/healthz").json() == {"status": "ok"}
    assert server.http.get("/readyz").json()["checks"] == {"schema": "ok", "model": "ok", "engine": "ok"}
    metrics = server.http.get("/metrics").text
    assert "triage_queue_depth 0.0" in metrics
    assert re.search(r'triage_decisions\{verdict="duplicate"\} \d', metrics)
    assert 'triage_task_last_success_age_seconds{task="refit_clusters"}' in metrics


def test_asked_to_end_it_ends_and_leaves_nothing_open(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) in {0, -signal.SIGTERM}
    assert "Traceback" not in server.log()
    assert server.rows("SELECT DISTINCT state FROM deliveries") == [("done",)]
