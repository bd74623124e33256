"""One demo from start to end: parts up, history in, deliveries posted one by one, summary."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

import bot
from bot.demo.figures import Truth, truth_of
from bot.demo.github import PlayedGitHub
from bot.demo.issues import Filed, IssueFile
from bot.demo.posting import Delivery, Poster
from bot.demo.processes import HOST, Processes, ended_together, free_port
from bot.demo.said import Said
from bot.demo.screen import Screen, shown_title
from bot.demo.track import Row, Watch, checked
from bot.demo.workplace import Workplace
from bot.errors import TriageError
from bot.repo_config import RepoConfig
from bot.settings import child_environment
from bot.storage.open import open_storage
from bot.storage.protocol import Storage

APP_ID = 4711
APP_SLUG = "triage"
START_SECONDS = 120.0
MOST_LATE = 3  # deliveries not finished in time, before the demo is given up
MANY_REQUESTS = 1_000_000  # an hour: the played GitHub is not to be what limits the demo
DASHBOARD = "dashboard: "  # how the server's line begins that names its address
ROOT = Path(bot.__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: the repository's name, its configuration file, its issues, how many of them are delivered, and
    what people say of them."""

    full_name: str
    config_text: str | None
    config: RepoConfig
    file: IssueFile
    deliver: int
    model: str
    threads: int
    port: int | None = None
    said: Sequence[Said] = ()

    @property
    def history(self) -> Sequence[Filed]:
        """What is there when the App is installed."""
        return self.file.issues[: len(self.file.issues) - self.delivered_count]

    @property
    def delivered(self) -> Sequence[Filed]:
        """What is opened afterwards, oldest first."""
        return self.file.issues[len(self.file.issues) - self.delivered_count :]

    @property
    def delivered_count(self) -> int:
        """At most as many as there are."""
        return min(self.deliver, len(self.file.issues))

    def said_of(self, issues: Sequence[Filed]) -> Sequence[Said]:
        """What people say of these."""
        numbers = {one.number for one in issues}
        return [one for one in self.said if one.number in numbers]

    def truth(self) -> Truth | None:
        """What the file says of the delivered issues."""
        return truth_of(self.file, self.delivered, self.config)


class Stage:
    """The running parts: the played GitHub, the server, and the server's database as we read it.

    `dashboard` is the address that opens the server's dashboard, once; it holds the token.
    """

    def __init__(
        self, github: PlayedGitHub, server: str, storage: Storage, processes: Processes, dashboard: str = ""
    ) -> None:
        self.github = github
        self.server = server
        self.dashboard = dashboard
        self.storage = storage
        self._processes = processes

    def check(self) -> None:
        """Raise ProcessEnded where a part does not run any more."""
        self._processes.check()

    def last_words(self) -> str:
        """The end of the server's log, where the bot's work is."""
        return self._processes.started[-1].last_words()


@contextlib.contextmanager
def on_stage(play: Play, place: Workplace, screen: Screen) -> Iterator[Stage]:
    """Start the parts and wait until they answer; all of them end with the block."""
    with ended_together() as processes, contextlib.ExitStack() as closing:
        with screen.progress("starting", 2) as advance:
            double = _start_double(place, processes)
            advance("loading the model", 1, 2)
            server = _start_server(play, place, double, processes)
        github = PlayedGitHub(double, play.full_name, APP_SLUG)
        closing.callback(github.close)
        storage = open_storage(f"sqlite:///{place.database}")
        closing.callback(storage.close)
        yield Stage(github, server, storage, processes, _dashboard(place))


def _start_double(place: Workplace, processes: Processes) -> str:
    command = [sys.executable, "-m", "webhooks.github_double", "--host", HOST, "--port", "0"]
    command += ["--app-id", str(APP_ID), "--app-slug", APP_SLUG, "--rate-limit", str(MANY_REQUESTS)]
    command += ["--public-key", str(place.public_key)]
    log = place.log("github")
    process = processes.start("played GitHub", command, _environment(), log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("http://"):
                return line.strip()
        process.check()
        time.sleep(0.05)
    raise TriageError(f"the played GitHub did not start in {START_SECONDS:.0f} s\n{process.last_words()}")


def _start_server(play: Play, place: Workplace, double: str, processes: Processes) -> str:
    port = play.port or free_port()
    environment = _environment(
        TRIAGE_WEBHOOK_SECRET=place.webhook_secret,
        TRIAGE_APP_ID=str(APP_ID),
        TRIAGE_PRIVATE_KEY_PATH=str(place.private_key),
        TRIAGE_DATABASE_URL=f"sqlite:///{place.database}",
        TRIAGE_GITHUB_API_URL=double,
        TRIAGE_HOST=HOST,
        TRIAGE_PORT=str(port),
        TRIAGE_LOG_FORMAT="console",
        TRIAGE_MODEL=play.model,
        TRIAGE_THREADS=str(play.threads),
    )
    processes.start("server", [sys.executable, "-m", "bot.cli", "serve"], environment, place.log("server"))
    url = f"http://{HOST}:{port}"
    _await_ready(url, processes)
    return url


def _dashboard(place: Workplace) -> str:
    """What the server printed at its start, for whoever sits at this machine."""
    lines = place.log("server").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.removeprefix(DASHBOARD) for line in lines if line.startswith(DASHBOARD)), "")


def _environment(**settings: str) -> dict[str, str]:
    return child_environment(PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1", **settings)


def _await_ready(url: str, processes: Processes) -> None:
    deadline = time.monotonic() + START_SECONDS
    said = "no answer"
    with httpx.Client(timeout=10.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            processes.check()
            with contextlib.suppress(httpx.HTTPError):
                answer = client.get(f"{url}/readyz")
                if answer.status_code == 200:
                    return
                said = answer.text
            time.sleep(0.1)
    raise TriageError(
        f"the server was not ready after {START_SECONDS:.0f} s: {said}\n{processes.started[-1].last_words()}"
    )


def install(play: Play, stage: Stage, place: Workplace, screen: Screen) -> Watch:
    """Fill the repository, tell the server that the App was installed on it, and wait for the import."""
    total = len(play.history)
    started = time.monotonic()
    with screen.progress("filling the repository", total) as advance:
        repository_id = stage.github.seed(play.config_text, play.history, play.said)
        installation = stage.github.installed()
        with _poster(stage, place) as poster:
            answer = poster.post(installation)
        if answer.data.get("status") != "accepted":
            raise TriageError(f"the server did not take the installation: {answer.status} {answer.said}")
        watch = Watch(stage.storage, repository_id, stage.check)
        try:
            for seen in watch.imported(installation):
                is_embedding = seen.read >= total
                words, done = ("embedding", seen.embedded) if is_embedding else ("importing", seen.read)
                advance(words, done, total)
        except TimeoutError as error:
            raise TriageError(f"{error}\n{stage.last_words()}") from None
    screen.say(f"{total} issues of history imported and embedded in {time.monotonic() - started:.1f} s")
    return watch


def deliver(play: Play, stage: Stage, place: Workplace, watch: Watch, screen: Screen) -> list[Row]:
    """Open each issue and post its delivery, the next one when the last one's effects are recorded."""
    truth = play.truth()
    rows: list[Row] = []
    screen.header()
    with screen.progress("delivering", len(play.delivered)) as advance, _poster(stage, place) as poster:
        for issue in play.delivered:
            row = _delivered(issue, stage, watch, poster)
            rows.append(row)
            screen.row(row, truth.mark(row) if truth is not None else "")
            advance("delivering", len(rows), len(play.delivered))
            if sum(one.outcome == "late" for one in rows) >= MOST_LATE:
                raise TriageError(f"{MOST_LATE} deliveries were not finished in time\n{stage.last_words()}")
    standing = stage.github.standing([row.number for row in rows])
    return [checked(row, standing.get(row.number)) for row in rows]


def speak(play: Play, stage: Stage, place: Workplace, watch: Watch, screen: Screen) -> int:
    """Write what people say of the delivered issues once the bot has answered; returns how many comments that were."""
    said = play.said_of(play.delivered)
    with screen.progress("people answer", len(said)) as advance, _poster(stage, place) as poster:
        for done, one in enumerate(said, 1):
            delivery = stage.github.say(one)
            if poster.post(delivery).data.get("status") == "accepted":
                watch.followed(delivery)
            advance("people answer", done, len(said))
    return len(said)


def _delivered(issue: Filed, stage: Stage, watch: Watch, poster: Poster) -> Row:
    row = Row(issue.number, shown_title(issue.title), "refused")
    delivery: Delivery = stage.github.open(issue)
    answer = poster.post(delivery)
    accepted_at = datetime.now(UTC)
    if answer.status != 202 or answer.data.get("status") != "accepted":
        return replace(row, failures=(f"the server answered {answer.status} {answer.said}",))
    return watch.finished(row, delivery, accepted_at)


def _poster(stage: Stage, place: Workplace) -> Poster:
    return Poster(stage.server, place.webhook_secret.encode())
