"""Commands run in this process, as the console script would, in an empty folder without any setting of the machine."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
import uvicorn

from bot import wiring
from bot.cli.main import main
from models.hashing_embedder import HashingEmbedder
from tests.fakes.databases import prepared
from tests.fakes.deliveries import SECRET, app
from tests.fakes.inbox import FakeRuntime
from tests.fakes.played import Played, played


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _clean_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("TRIAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def triage(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `triage` with these arguments."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(list(arguments))
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@dataclass(frozen=True, slots=True)
class Receiving:
    """The real receiver on a real socket, over an inbox in memory."""

    url: str
    runtime: FakeRuntime


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiving]:
    runtime = FakeRuntime()
    monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app(runtime), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield Receiving(f"http://127.0.0.1:{listening.getsockname()[1]}", runtime)
        server.should_exit = True
        thread.join()


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """A repository on the GitHub double, the App's settings, an empty database, and the embedder without weights."""
    with played() as github:
        github.add_repository()
        for name, value in github.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "build_embedder", lambda _: HashingEmbedder())
        shutil.copyfile(prepared(), tmp_path / "triage.db")
        yield github
