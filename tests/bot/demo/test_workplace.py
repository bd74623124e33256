"""The demo's folder: empty, or one that a demo wrote; and its processes end with it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from bot.demo.processes import Process, ProcessEnded, Processes, ended_together, free_port
from bot.demo.workplace import prepare
from bot.errors import TriageError
from bot.settings import child_environment


def test_a_temporary_folder_is_removed_and_a_kept_one_stays(tmp_path):
    temporary, kept = prepare(None), prepare(tmp_path / "new" / "kept")
    temporary.remove()
    kept.remove()
    assert not temporary.folder.exists()
    assert kept.private_key.is_file()


def test_the_private_key_is_for_its_owner_only(tmp_path):
    assert stat.S_IMODE(prepare(tmp_path / "kept").private_key.stat().st_mode) == 0o600


def test_a_folder_of_an_earlier_demo_is_emptied(tmp_path):
    first = prepare(tmp_path)
    for name in ("triage.db", "triage.db-wal", "server.log"):
        (tmp_path / name).write_text("old")
    second = prepare(tmp_path)
    assert second.webhook_secret != first.webhook_secret
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".triage-demo",
        "app.private-key.pem",
        "app.public-key.pem",
    ]


def test_a_folder_with_files_of_somebody_else_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "triage.db").write_text("mine")
    with pytest.raises(TriageError, match="no demo wrote"):
        prepare(tmp_path)
    assert (tmp_path / "triage.db").read_text() == "mine"


def test_a_strange_file_in_a_demo_s_folder_is_never_deleted(tmp_path):
    prepare(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "a.log").symlink_to(tmp_path / "notes.txt")
    with pytest.raises(TriageError, match="not written by a demo"):
        prepare(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_an_expected_failure(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TriageError, match="--keep"):
        prepare(tmp_path / "file" / "below")


SLEEP = "import time; time.sleep(600)"


def python(processes: Processes, code: str, log) -> Process:
    return processes.start("child", [sys.executable, "-c", code], child_environment(), log)


def begin(started: list[Process], folder, then) -> None:
    """Start two children, then do what ends the block."""
    with ended_together() as processes:
        for name in ("a", "b"):
            started.append(python(processes, SLEEP, folder / f"{name}.log"))
        then()


def fail(error: Exception) -> None:
    raise error


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_process_ends_with_the_block_even_after_an_error(tmp_path):
    started: list[Process] = []
    with pytest.raises(RuntimeError):
        begin(started, tmp_path, lambda: fail(RuntimeError()))
    assert [is_alive(process.pid) for process in started] == [False, False]


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.demo.processes.GRACE", 0.2)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    with ended_together() as processes:
        child = python(processes, code, tmp_path / "deaf.log")
        while "deaf" not in (tmp_path / "deaf.log").read_text():
            processes.check()
    assert not is_alive(child.pid)


def test_sigterm_ends_the_processes_too(tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]  # a shell's `&` ignores SIGINT
    started: list[Process] = []
    with pytest.raises(SystemExit) as left:
        begin(started, tmp_path, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert left.value.code == 128 + signal.SIGTERM
    assert [is_alive(process.pid) for process in started] == [False, False]
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


@pytest.mark.parametrize(("number", "left"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_in_the_very_moment_of_a_start_leaves_no_process_behind(tmp_path, monkeypatch, number, left):
    born: list[int] = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            born.append(self.pid)
            os.kill(os.getpid(), number)

    monkeypatch.setattr("bot.demo.processes.subprocess.Popen", Interrupted)
    with pytest.raises(left):
        begin([], tmp_path, lambda: fail(AssertionError("the signal was lost")))
    assert [is_alive(pid) for pid in born] == [False]


def test_a_second_ctrl_c_does_not_interrupt_the_stopping(tmp_path):
    started: list[Process] = []

    def twice() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        begin(started, tmp_path, twice)
    assert [is_alive(process.pid) for process in started] == [False, False]


CAUGHT_IN_EXEC = """
import os, signal, sys
from bot.demo.processes import ended_together
try:
    with ended_together():
        exec("os.kill(os.getpid(), signal.SIGINT)")
except KeyboardInterrupt:
    sys.exit(1)
"""


def test_a_ctrl_c_amid_an_import_ends_the_command_with_its_own_exit_code(tmp_path):
    (tmp_path / "caught.py").write_text(CAUGHT_IN_EXEC, encoding="utf-8")
    environment = child_environment(PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    assert subprocess.run([sys.executable, "-m", "caught"], env=environment, check=False).returncode == 1


def test_a_process_that_ended_is_reported_with_the_end_of_its_log(tmp_path):
    with ended_together() as processes:
        python(processes, "print('first'); print('last words'); raise SystemExit(4)", tmp_path / "a.log")
        processes.started[0]._process.wait()
        with pytest.raises(ProcessEnded, match="exit code 4") as caught:
            processes.check()
    assert "last words" in str(caught.value)
    assert str(tmp_path / "a.log") in str(caught.value)


def test_a_free_port_is_free():
    assert 0 < free_port() < 65536


def test_a_child_has_none_of_our_settings(monkeypatch):
    monkeypatch.setenv("TRIAGE_GITHUB_TOKEN", "t")
    environment = child_environment(TRIAGE_PORT="1")
    assert environment["TRIAGE_PORT"] == "1"
    assert "TRIAGE_GITHUB_TOKEN" not in environment
    assert "PATH" in environment
