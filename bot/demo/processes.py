"""Child processes that end with us: started with a log file each, watched, and ended by their id."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.errors import TriageError

GRACE = 15.0  # seconds that a process has to end by itself
TAIL_LINES = 12
LONGEST_LINE = 240  # characters of a log's line that are shown
HOST = "127.0.0.1"


class ProcessEnded(TriageError):
    """A process that should run does not; the message ends with the last lines of its log."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. A class of its own, since `python -m` ends by SIGINT where a plain one went through exec or eval (as in
    a library's import), even if it was caught later (CPython 3.11, run_eval_code_obj)."""


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


class Processes:
    """The children of one block. A signal that arrives while one starts waits until that one is known."""

    def __init__(self) -> None:
        self.started: list[Process] = []
        self._starting = False
        self._leaving = False
        self._waiting: int | None = None

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
        """Start a child that ends with the block."""
        self._starting = True
        try:
            self.started.append(Process(name, command, environment, log))
        finally:
            self._starting = False
        if self._waiting is not None:
            self.leave(self._waiting)
        return self.started[-1]

    def check(self) -> None:
        """Raise ProcessEnded where one does not run any more."""
        for process in self.started:
            process.check()

    def leave(self, number: int, _frame: object = None) -> None:
        """A signal: raise Interrupted or SystemExit, once; later ones must not leave half of them behind."""
        if self._leaving:
            return
        if self._starting:
            self._waiting = number
            return
        self._leaving = True
        if number == signal.SIGINT:
            raise Interrupted
        raise SystemExit(128 + number)

    def stop(self) -> None:
        """End all of them, the last one first."""
        self._leaving = True
        for process in reversed(self.started):
            process.stop()


@contextmanager
def ended_together() -> Iterator[Processes]:
    """Children that all end when the block is left: by its end, an error, Ctrl-C, SIGTERM or SIGHUP."""
    processes = Processes()
    before = {name: signal.signal(name, processes.leave) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield processes
    finally:
        processes.stop()
        for name, handler in before.items():
            signal.signal(name, handler)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
