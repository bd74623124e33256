"""Child processes that end with us: started with a log file each, watched, and ended by their id."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.errors import TriageError

GRACE = 15.0  # seconds that a process has to end by itself
TAIL_LINES = 12
LONGEST_LINE = 240  # characters of a log's line that are shown
HOST = "127.0.0.1"


class ProcessEnded(TriageError):
    """A process that should run does not; the message ends with the last lines of its log."""


class Process:
    """One child process in a session of its own, so that a Ctrl-C reaches only us and we end it in order."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own modules
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=log.parent,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def check(self) -> None:
        """Raise ProcessEnded where it does not run any more."""
        code = self._process.poll()
        if code is not None:
            raise ProcessEnded(f"the {self.name} ended with exit code {code}\n{self.last_words()}")

    def last_words(self) -> str:
        """Where its log is, and the last lines of it."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"the end of {self.log}:", *(f"  {line[:LONGEST_LINE]}" for line in lines)])

    def stop(self) -> None:
        """Ask it to end, wait, and end it by force where it does not."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def ended_together() -> Iterator[list[Process]]:
    """A list for processes, all ended when the block is left: by its end, an error, Ctrl-C, SIGTERM or SIGHUP."""
    started: list[Process] = []
    before = {name: signal.signal(name, _leave) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield started
    finally:
        before[signal.SIGINT] = signal.getsignal(signal.SIGINT)
        for name in before:
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them behind
        for process in reversed(started):
            process.stop()
        for name, handler in before.items():
            signal.signal(name, handler)


def _leave(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
