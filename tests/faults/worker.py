"""Worker processes for the tests beside it: each works until it is killed, or kills itself at a point."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from bot.workflows import steps

steps.MAX_RECOVERIES = int(os.environ.get("RECOVERIES", steps.MAX_RECOVERIES))  # before the workflows are made with it

from bot import engine, log  # noqa: E402
from bot.github.repository import RepositoryWriter  # noqa: E402
from bot.settings import load  # noqa: E402
from bot.storage.clusters import Clusters  # noqa: E402
from bot.storage.decisions import Decisions  # noqa: E402
from bot.storage.deliveries import Deliveries  # noqa: E402
from bot.storage.issues import Issues  # noqa: E402
from bot.storage.refits import Refits  # noqa: E402
from bot.storage.tasks import Tasks  # noqa: E402
from bot.wiring import BotRuntime  # noqa: E402
from models.hashing_embedder import HashingEmbedder  # noqa: E402

POINTS: dict[str, tuple[type, str, bool]] = {  # name → class, method, whether the call is let through first
    "in the history": (Issues, "save_issues", True),
    "before the vectors": (Issues, "save_vectors", False),
    "after the generation": (Clusters, "publish", True),
    "before the decision": (Decisions, "save_decision", False),
    "after the decision": (Decisions, "save_decision", True),
    "after the cluster": (Clusters, "join_cluster", True),
    "before the comment": (RepositoryWriter, "create_comment", False),
    "after the comment": (RepositoryWriter, "create_comment", True),
    "after the comment was recorded": (Decisions, "finish_effect", True),
    "before the label": (RepositoryWriter, "add_label", False),
    "after the label": (RepositoryWriter, "add_label", True),
    "before the end": (Deliveries, "finish_delivery", False),
    "after the end": (Deliveries, "finish_delivery", True),
}

REFIT_POINTS: dict[str, tuple[type, str, bool]] = {
    "after the attempt began": (Refits, "start_refit", True),
    "before the new vectors": (Issues, "save_vectors", False),
    "before the generation": (Clusters, "publish", False),
    "after the generation was switched to": (Clusters, "publish", True),
    "before the ledger": (Refits, "save_missed", False),
    "before the run's end": (Tasks, "finish_task", False),
}


def die_at(point: str) -> None:
    """From the next call of the point's method on, this process is no more."""
    owner, name, after = (POINTS | REFIT_POINTS)[point]
    call = getattr(owner, name)

    def deadly(self: Any, *arguments: Any, **named: Any) -> None:
        if after:
            call(self, *arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def work(point: str) -> None:
    """Start, say so on standard output, and work."""
    log.configure("console", "error")
    engine.WATCH_SECONDS = 0.1
    if point:
        die_at(point)
    runtime = BotRuntime(load(), worker=True, embedder=HashingEmbedder())
    runtime.start()
    say("working")
    threading.Event().wait()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """For each line of standard input, a point or nothing, one worker: a copy of this process, which has loaded what it
    needs and opened nothing. Says the worker's process id, and how it ended."""
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work(line.strip())
        say(str(worker))
        _, status = os.waitpid(worker, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
