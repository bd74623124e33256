"""What `triage doctor` looks at: each check ends in time, whatever it finds, and says what to do."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from bot.activities.due import STALE_AFTER
from bot.activities.earned import closing_right, closing_sentence
from bot.cli.budget_checks import FEW_REQUESTS, IT_WAITS, budget_findings
from bot.cli.config import in_words
from bot.cli.refused_checks import refused_findings
from bot.errors import TriageError
from bot.github.auth import PERMISSIONS
from bot.github.client import GitHubClient, open_github
from bot.github.standing import Installation
from bot.inbox import CLOCKS, SCHEDULES, engine_problem
from bot.repo_config import CONFIG_PATH, in_force
from bot.settings import ENV_FILE, Settings, unknown_variables
from bot.storage.open import open_storage
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from bot.wiring import build_embedder
from models.embedder import ModelUnavailable
from models.recalibration import NOTHING_TAUGHT, from_data

State = Literal["ok", "warn", "fail"]

GITHUB_SECONDS = 5.0  # for one request
SECONDS = 20.0  # for one check
MODEL_SECONDS = 90.0  # a cold disk reads the model's libraries slowly
LITTLE_SPACE = 1024**3  # bytes
NO_SPACE = 100 * 1024**2
MOST_INSTALLATIONS = 10
TODO = {
    "settings": "correct that variable",
    "database": "check TRIAGE_DATABASE_URL",
    "disk": "check TRIAGE_DATABASE_URL",
    "model": "check TRIAGE_MODEL, and that everything was installed",
    "github": "check TRIAGE_APP_ID, the private key, TRIAGE_GITHUB_API_URL and the network",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `todo` says what to do where it is not ok."""

    name: str
    state: State
    found: str
    todo: str = ""


Finding = Callable[[], Iterator[Check]]


def run_checks(settings: Settings) -> Iterator[Check]:
    """Every check in order; none may hang or end the others."""
    yield from _in_time("settings", SECONDS, lambda: check_settings(settings))
    yield from _in_time("database", SECONDS, lambda: check_database(settings))
    yield from _in_time("disk", SECONDS, lambda: check_disk(settings))
    yield from _in_time("model", MODEL_SECONDS, lambda: check_model(settings))
    yield from _in_time("github", SECONDS, lambda: check_github(settings))


def _in_time(name: str, seconds: float, finding: Finding) -> list[Check]:
    """The findings, or the one that says that they did not come in time."""
    found: list[Check] = []

    def look() -> None:
        try:
            found.extend(finding())
        except (TriageError, ModelUnavailable) as error:
            found.append(Check(name, "fail", str(error), TODO[name]))
        except Exception as error:
            found.append(Check(name, "fail", f"the check itself failed ({type(error).__name__})", "please report this"))

    thread = threading.Thread(target=look, name=f"check {name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return [*found, Check(name, "fail", f"no answer within {seconds:.0f} s", "is the other side reachable?")]
    return found


def check_settings(settings: Settings) -> Iterator[Check]:
    """Which settings are set (names only), which are needed, and which are misspelt."""
    given = sorted(f"TRIAGE_{name.upper()}" for name in settings.model_fields_set)
    yield Check("settings", "ok", ", ".join(given) or "none is set; the defaults apply")
    if settings.webhook_secret is None:
        yield Check(
            "webhook secret",
            "fail",
            "TRIAGE_WEBHOOK_SECRET is missing or empty",
            "set it to the App's webhook secret, or run `triage serve --setup`",
        )
    if settings.private_key_path is not None or settings.private_key is not None:
        settings.app_private_key()
    for sentence in unknown_variables().values():
        yield Check("settings", "warn", sentence, "correct or remove it")
    yield from _check_env_file()


def _check_env_file() -> Iterator[Check]:
    path = Path(ENV_FILE)
    if path.is_file() and os.stat(path).st_mode & 0o077:
        yield Check("settings", "warn", f"{path.absolute()} may be read by others", f"run `chmod 600 {ENV_FILE}`")


def check_database(settings: Settings) -> Iterator[Check]:
    """Reachable, current, the engine's tables there, the tasks fresh, nothing set aside."""
    storage = open_storage(settings.database_url)
    try:
        present, needed = storage.schema_state()
        if present is None:
            yield Check("database", "warn", "reachable, and empty", "run `triage migrate` (or `triage serve` once)")
            return
        if present != needed:
            yield Check("database", "fail", f"schema {present}, this version needs {needed}", "run `triage migrate`")
            return
        yield Check("database", "ok", f"reachable, schema {present}")
        problem = engine_problem(settings)
        if problem is None:
            yield Check("engine", "ok", "its tables are there")
        else:
            yield Check("engine", "fail", f"its tables cannot be read ({problem})", "run `triage migrate`")
        yield from _check_work(storage)
        for name, state, found, todo in (*budget_findings(settings, storage), *refused_findings(storage)):
            yield Check(name, state, found, todo)
    finally:
        storage.close()


def _check_work(storage: Storage) -> Iterator[Check]:
    now = datetime.now(UTC)
    yield from _check_tasks(storage, now)
    counts = storage.delivery_counts()
    waiting, failed = counts.get("queued", 0) + counts.get("running", 0), counts.get("failed", 0)
    if failed:
        last_reason = storage.deliveries(state="failed", limit=1)[0].error
        yield Check(
            "deliveries",
            "warn",
            f"{failed} set aside, {waiting} waiting; the last one: {last_reason or 'no reason was kept'}",
            "look at the worker's log, then redeliver them (`triage replay`)",
        )
    else:
        yield Check("deliveries", "ok", f"none set aside, {waiting} waiting, {counts.get('done', 0)} done")
    yield from _check_refits(storage, now)
    yield from _check_pauses(storage, now)
    for repository in storage.repositories():
        if repository.state != "active":
            words = f"{repository.state}: {repository.state_reason or 'no reason was kept'}"
            yield Check(repository.full_name, "warn", words, "nothing is done there until that changes")
        config = storage.config(repository.id)
        if config.error:
            yield Check(
                repository.full_name,
                "warn",
                f"{in_words(config, repository.full_name)}: {config.error.splitlines()[0]}",
                "correct it (`triage config check`)",
            )
        elif config.checked_at is not None:
            yield Check(repository.full_name, "ok", in_words(config, repository.full_name))
        yield _learned(storage, repository)
        yield from _closing(storage, repository)


def _closing(storage: Storage, repository: RepositoryRecord) -> Iterator[Check]:
    """Where the mode is close: whether that is earned, by which figures."""
    record = storage.config(repository.id)
    config = in_force(record.valid_text, record.error)
    if config.mode == "close":
        earned = closing_right(storage, repository.id).earned
        yield Check(
            f"closing {repository.full_name}",
            "ok" if earned else "warn",
            closing_sentence(storage, repository.id, config),
            "" if earned else "it comments until it is earned; nothing has to be done",
        )


def _learned(storage: Storage, repository: RepositoryRecord) -> Check:
    """How far the score is believed in the repository, and how much of its template is known."""
    record = storage.learned(repository.id)
    found = from_data((record.calibration or {}).get("found", {}))
    words = found.sentence() if found else NOTHING_TAUGHT
    lines = f"{len(record.boilerplate)} lines of its template are known"
    return Check(f"learned {repository.full_name}", "ok", f"calibration: {words}; {lines}")


def _check_tasks(storage: Storage, now: datetime) -> Iterator[Check]:
    for task in (*SCHEDULES, *CLOCKS):
        last = storage.last_success(task)
        if last is None:
            yield Check(f"task {task}", "warn", "it never succeeded", "does a worker run (`triage serve`)?")
        elif now - last > STALE_AFTER:
            yield Check(f"task {task}", "warn", f"it last succeeded {_age(now - last)} ago", "look at the worker's log")
        else:
            yield Check(f"task {task}", "ok", f"it last succeeded {_age(now - last)} ago")


def _check_refits(storage: Storage, now: datetime) -> Iterator[Check]:
    """The age of each repository's clusters, and why the last attempt to make them anew did not succeed."""
    standing = storage.refit_standing()
    fresh = 0
    for one in standing:
        old = one.last_success is None or now - one.last_success > STALE_AFTER
        if not old and one.last_outcome in {None, "published"}:
            fresh += 1
            continue
        last = next((each for each in storage.refits(one.repository_id, limit=5) if each.outcome is not None), None)
        reason = f"; the last refit was {last.outcome}: {last.reason}" if last and last.reason else ""
        when = "never" if one.last_success is None else f"{_age(now - one.last_success)} ago"
        todo = f"run `triage refit {one.repository} --dry-run`"
        yield Check(f"clusters {one.repository}", "warn", f"published {when}{reason}", todo)
    if fresh or not standing:
        yield Check("clusters", "ok", f"{fresh} of {len(standing)} repositories have fresh ones")


def _check_pauses(storage: Storage, now: datetime) -> Iterator[Check]:
    """Where people asked for silence."""
    pauses = storage.pauses()
    for repository in storage.repositories():
        word = pauses.get(repository.id)
        if word is not None:
            words = f"paused by {word.actor} on #{word.number}, {_age(now - word.said_at)} ago"
            yield Check(repository.full_name, "warn", words, "it decides and writes nothing until `/triage resume`")


def _age(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours < 1:
        return f"{span.total_seconds() / 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def check_disk(settings: Settings) -> Iterator[Check]:
    """Room beside the SQLite file; a PostgreSQL server's disk is its own."""
    if not settings.database_url.startswith("sqlite:///"):
        return
    folder = Path(settings.database_url.removeprefix("sqlite:///")).absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "fail" if free < NO_SPACE else "warn" if free < LITTLE_SPACE else "ok"
    yield Check("disk", state, f"{free / 1024**3:.1f} GiB free in {folder}", "" if state == "ok" else "make room")


def check_model(settings: Settings) -> Iterator[Check]:
    """The model loads and embeds; without it the bot waits (INV 13)."""
    embedder = build_embedder(settings)
    embedder.embed(["ready"])
    yield Check("model", "ok", str(embedder.model_id))


def check_github(settings: Settings) -> Iterator[Check]:
    """Reachable, credentials accepted, permissions granted, requests left."""
    if not settings.is_app and settings.github_token is None:
        yield Check(
            "github",
            "fail",
            "no credentials: neither TRIAGE_APP_ID with its private key nor TRIAGE_GITHUB_TOKEN is set",
            "run `triage serve --setup` and open /setup to register the App",
        )
        return
    client = open_github(settings, timeout=GITHUB_SECONDS)
    try:
        slug = client.app_slug()
        if not settings.is_app:
            yield Check("github", "warn", f"the token of {slug} is accepted; there is no App", "`serve` needs an App")
            yield _rate(client, None, "token")
            return
        yield Check("github", "ok", f"the App {slug} is accepted at {settings.github_api_url}")
        yield from _check_app(client)
    finally:
        client.close()


def _check_app(client: GitHubClient) -> Iterator[Check]:
    granted = client.granted()
    missing = _missing(granted.permissions)
    if missing:
        yield Check("permissions", "fail", f"the App lacks {', '.join(missing)}", "add it on the App's settings page")
    else:
        yield Check("permissions", "ok", ", ".join(f"{name}: {level}" for name, level in sorted(_needed().items())))
    installations = client.installations()
    if not installations:
        yield Check("installations", "warn", "the App is installed nowhere", "install it on a repository")
    yield from _check_installations(client, installations)


def _check_installations(client: GitHubClient, installations: Sequence[Installation]) -> Iterator[Check]:
    for one in installations[:MOST_INSTALLATIONS]:
        name = f"installation {one.account}"
        missing = _missing(one.permissions)
        if one.suspended:
            yield Check(name, "warn", "suspended", "its owner can lift that in the account's settings")
        elif missing:
            yield Check(name, "fail", f"has not granted {', '.join(missing)}", "its owner has to accept the request")
        else:
            yield _rate(client, one.id, name)
            yield from _check_single_file(name, one)
    if len(installations) > MOST_INSTALLATIONS:
        yield Check("installations", "ok", f"{len(installations) - MOST_INSTALLATIONS} more were not looked at")


def _check_single_file(name: str, installation: Installation) -> Iterator[Check]:
    """A manifest cannot be relied on to name the path, so an installation may lack it."""
    if CONFIG_PATH not in installation.single_files:
        yield Check(
            name,
            "fail",
            f"the single file {CONFIG_PATH} is not named",
            "on the App's settings page, under Permissions, Single file, add the path",
        )


def _rate(client: GitHubClient, installation_id: int | None, name: str) -> Check:
    rate = client.rate_limit(installation_id)
    words = f"{rate.remaining} of {rate.limit} requests left until {rate.resets_at:%H:%M} UTC"
    if rate.remaining < rate.limit * FEW_REQUESTS:
        return Check(name, "warn", words, IT_WAITS)
    return Check(name, "ok", words)


def _needed() -> dict[str, str]:
    """The most that any of our tokens is asked for with; a test holds app.yml to the same."""
    needed: dict[str, str] = {}
    for permissions in PERMISSIONS.values():
        for name, level in permissions.items():
            needed[name] = "write" if "write" in (level, needed.get(name)) else level
    return needed


def _missing(granted: Mapping[str, str]) -> list[str]:
    enough = {"read": {"read", "write", "admin"}, "write": {"write", "admin"}}
    return [f"{name}: {level}" for name, level in sorted(_needed().items()) if granted.get(name) not in enough[level]]
