"""The one composition root: settings in, doors and runtime out. Importing it opens nothing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bot.errors import SettingsError, StorageError
from bot.inbox import CLOCKS, SCHEDULES, Inbox, migrate_engine
from bot.settings import Settings
from bot.storage.open import migrate, open_storage
from bot.storage.protocol import Storage
from models.embedder import Embedder, ModelUnavailable

if TYPE_CHECKING:
    from bot.engine import Engine
    from bot.github.protocol import GitHub
    from bot.services import Services


def build_embedder(settings: Settings) -> Embedder:
    """The sentence-transformers model that the settings name; it is loaded at its first use."""
    from models.sentence_embedder import SentenceEmbedder  # noqa: PLC0415 - the web process never needs it

    return SentenceEmbedder(settings.model, threads=settings.threads)


def build_github(settings: Settings) -> GitHub:
    """GitHub through PyGithub, as an App or with a token; raises SettingsError where neither is configured."""
    from bot.github.client import open_github  # noqa: PLC0415 - the web process never needs it

    return open_github(settings)


def build_services(
    settings: Settings, storage: Storage, *, github: GitHub | None = None, embedder: Embedder | None = None
) -> Services:
    """Everything that an activity may use, over an open storage."""
    from bot.index_cache import IndexCache  # noqa: PLC0415 - the web process never needs it
    from bot.services import Services  # noqa: PLC0415 - the web process never needs it
    from models.artifacts import dump  # noqa: PLC0415 - the web process never needs it
    from models.scorer import PairScorer  # noqa: PLC0415 - the web process never needs it

    embedder = embedder or build_embedder(settings)
    scorer = PairScorer.load()
    return Services(
        settings=settings,
        storage=storage,
        github=github or build_github(settings),
        embedder=embedder,
        scorer=scorer,
        scorer_id=f"scorer-{hashlib.sha256(dump(scorer.artifact).encode()).hexdigest()[:8]}",
        indexes=IndexCache(storage, embedder, megabytes=settings.index_memory_mb),
    )


def prepare_database(settings: Settings) -> tuple[str | None, str]:
    """Create or upgrade our tables and the engine's; returns our revision before (None: empty) and after."""
    revisions = migrate(settings.database_url)
    migrate_engine(settings)
    return revisions


def open_database(settings: Settings) -> Storage:
    """The storage, with a fresh database prepared; raises StorageError where an old one has to be migrated first."""
    storage = open_storage(settings.database_url)
    present, needed = storage.schema_state()
    if present == needed:
        return storage
    storage.close()
    if present is not None:
        raise StorageError(f"the database has schema {present}, this version needs {needed}: run `triage migrate`")
    prepare_database(settings)
    return open_storage(settings.database_url)


class BotRuntime:
    """The bot as the web application sees it; with `worker` it also runs the engine in this process."""

    scheduled_tasks: Sequence[str] = (*SCHEDULES, *CLOCKS)

    def __init__(
        self,
        settings: Settings,
        *,
        worker: bool,
        github: GitHub | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self._settings = settings
        self._worker = worker
        self._github = github
        self._embedder = embedder
        self._open = ExitStack()
        self._storage: Storage | None = None
        self._engine: Engine | None = None
        self.inbox = Inbox(settings)

    @property
    def storage(self) -> Storage:
        """The open storage; raises StorageError before `start`."""
        if self._storage is None:
            raise StorageError("the database is not open yet")
        return self._storage

    def start(self) -> None:
        """Open the database, the inbox and, as a worker, GitHub, model and engine; a second call does nothing."""
        if self._storage is not None:
            return
        storage = self._storage = open_database(self._settings)
        self._open.callback(storage.close)
        self.inbox.open(storage)
        self._open.callback(self.inbox.close)
        if self._worker:
            self._start_worker(storage)

    def _start_worker(self, storage: Storage) -> None:
        from bot.engine import Engine  # noqa: PLC0415 - the web process never needs it

        self._open.enter_context(storage.claim(self._settings.worker_name))
        services = build_services(self._settings, storage, github=self._github, embedder=self._embedder)
        self._embedder = services.embedder
        self._engine = Engine(services)
        self._open.callback(self._engine.stop)  # before it starts: a start that fails half-way is stopped too
        self._engine.start()
        threading.Thread(target=_model_problem, args=(services.embedder,), name="load model", daemon=True).start()

    def stop(self) -> None:
        """Let what runs end, then close."""
        self._open.close()

    def readiness(self) -> Mapping[str, str | None]:
        """Model and engine, where this process has them."""
        if not self._worker:
            return {}
        return {
            "model": _model_problem(self._embedder),
            "engine": self._engine.problem() if self._engine else "the engine has not been started",
        }


def _model_problem(embedder: Embedder | None) -> str | None:
    if embedder is None:
        return "the model has not been asked for"
    try:
        embedder.embed(["ready"])
    except ModelUnavailable as error:
        return str(error)
    return None


def build_runtime(settings: Settings, *, worker: bool) -> BotRuntime:
    """What `webhooks.app.create_app` serves; raises SettingsError where a worker lacks its GitHub credentials."""
    if worker and not (settings.is_app or settings.github_token):
        raise SettingsError(
            "no GitHub credentials: set TRIAGE_APP_ID and TRIAGE_PRIVATE_KEY (or TRIAGE_PRIVATE_KEY_PATH) of the App, "
            "or run `triage serve --setup` and open /setup to register one"
        )
    return BotRuntime(settings, worker=worker)
