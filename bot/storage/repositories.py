"""Repositories: names that move between ids, their configuration, their lock, and forgetting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from bot.errors import StorageError
from bot.storage.columns import storable
from bot.storage.door import Door, is_kept, now
from bot.storage.import_tables import rate_limits
from bot.storage.records import ConfigRecord, RepositoryRecord
from bot.storage.tables import configs, deliveries, metadata, repositories, task_runs

PLAIN_TOKEN = 0  # in place of an installation's id
NAMES = "repository names"  # who changes them does so one after the other
NOT_ABOUT_ONE = {"sessions"}  # tables about people; what they may see of a repository has its own

_COLUMNS = [repositories.c[field.name] for field in fields(RepositoryRecord)]
_CONFIG_COLUMNS = [configs.c[field.name] for field in fields(ConfigRecord)]


class Repositories(Door):
    """The part of `Storage` about repositories as a whole."""

    def save_repository(self, record: RepositoryRecord) -> None:
        """Insert or replace by id; who held the name before is nameless until GitHub names it again."""
        with self._writing() as connection:
            self._backend.serialise(connection, NAMES)
            self._put(connection, record)

    def add_repository(self, record: RepositoryRecord, delivery_id: str) -> bool:
        """The same, where the delivery that told of it is still kept: forgetting takes it away (INV 45)."""
        with self._writing() as connection:
            self._backend.serialise(connection, NAMES)
            told = is_kept(connection, deliveries, storable(delivery_id))
            if told:
                self._put(connection, record)
            return told

    def update_repository(self, record: RepositoryRecord) -> bool:
        """The same, where it is known; one that was forgotten meanwhile does not come back (INV 45)."""
        with self._writing() as connection:
            self._backend.serialise(connection, NAMES)
            known = is_kept(connection, repositories, record.id)
            if known:
                self._put(connection, record)
            return known

    def _put(self, connection: Connection, record: RepositoryRecord) -> None:
        key = _key(record.full_name)
        row = asdict(record) | {"name_key": key, "change": first_change()}
        holder = (repositories.c.name_key == key) & (repositories.c.id != record.id)
        connection.execute(update(repositories).where(holder).values(name_key=None, full_name=""))
        statement = self._backend.insert(repositories).values(row)
        kept = {name: statement.excluded[name] for name in row if name not in ("id", "change")}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=kept))
        own_runs = task_runs.c.repository_id == record.id
        connection.execute(update(task_runs).where(own_runs).values(repository=record.full_name))

    def repository(self, full_name: str) -> RepositoryRecord | None:
        """By present name, ignoring case."""
        key = _key(full_name)
        return None if key is None else self._one_repository(repositories.c.name_key == key)

    def repository_by_id(self, repository_id: int) -> RepositoryRecord | None:
        """By GitHub's id."""
        return self._one_repository(repositories.c.id == repository_id)

    def repositories(self) -> Sequence[RepositoryRecord]:
        """All that are not removed and have a name, by name."""
        listed = (repositories.c.state != "removed") & repositories.c.name_key.is_not(None)
        query = select(*_COLUMNS).where(listed).order_by(repositories.c.name_key)
        with self._reading() as connection:
            return [RepositoryRecord(*row) for row in connection.execute(query)]

    def config(self, repository_id: int) -> ConfigRecord:
        """The configuration as last read."""
        query = select(*_CONFIG_COLUMNS).where(configs.c.repository_id == repository_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return ConfigRecord() if row is None else ConfigRecord(*row)

    def save_config(self, repository_id: int, record: ConfigRecord) -> None:
        """Insert or replace; `notice_number` is left as it is."""
        row = {"repository_id": repository_id} | asdict(record)
        row.pop("notice_number")
        with self._writing() as connection:
            self._upsert(connection, configs, [row])

    def set_notice(self, repository_id: int, number: int | None) -> None:
        """Change the one column, whoever saves the rest at the same time."""
        with self._writing() as connection:
            own = configs.c.repository_id == repository_id
            connection.execute(update(configs).where(own).values(notice_number=number))

    def lock(self, repository_id: int, *, refit: bool = False) -> AbstractContextManager[None]:
        """Hold the repository for one decision, or for a refit; see `Storage.lock`."""
        return self._backend.lock(repository_id, refit=refit)

    @contextmanager
    def claim(self, worker: str) -> Iterator[None]:
        """Be the only worker of this name; see `Storage.claim`."""
        with self._backend.claim(worker) as free:
            if not free:
                raise StorageError(
                    f"another worker named {worker!r} runs on the {self._backend.place}: stop it, "
                    "or give this one a name of its own (TRIAGE_WORKER_NAME)"
                )
            yield

    def forget_repository(self, repository_id: int) -> dict[str, int]:
        """Delete every row that names the repository, and its name out of deliveries about several repositories."""
        with self._writing() as connection:
            query = select(repositories.c.full_name).where(repositories.c.id == repository_id).with_for_update()
            name = connection.execute(query).scalar() or ""
            others = [table for table in reversed(metadata.sorted_tables) if table not in {rate_limits, deliveries}]
            deleted = {  # deliveries first: who adds the repository for one of them waits for that row
                table.name: connection.execute(delete(table).where(_about(table.c, repository_id, name))).rowcount
                for table in (deliveries, *others)
                if table.name not in NOT_ABOUT_ONE
            }
            orphaned = rate_limits.c.installation_id.not_in(here(connection))
            deleted[rate_limits.name] = connection.execute(delete(rate_limits).where(orphaned)).rowcount
            _strike_out(connection, repository_id, name)
        self._backend.scrub()
        return deleted

    def _one_repository(self, condition: ColumnElement[bool]) -> RepositoryRecord | None:
        with self._reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
        return None if row is None else RepositoryRecord(*row)


def here(connection: Connection) -> set[int]:
    """The installations that a repository here belongs to, and the plain token's place among them."""
    query = select(repositories.c.installation_id).where(repositories.c.installation_id.is_not(None)).distinct()
    return {PLAIN_TOKEN, *connection.execute(query).scalars()}


def first_change() -> int:
    """Where a new repository's change counter starts: microseconds, so that one that was forgotten and came back
    is already past every number that an old reader remembers."""
    return int(now().timestamp() * 1_000_000)


def _key(full_name: str) -> str | None:
    return storable(full_name).lower() or None


def _about(columns: Any, repository_id: int, name: str) -> ColumnElement[bool]:
    """Rows of one table that are about the repository, by id or (where a row may lack it) by name."""
    if "repository_id" not in columns:
        return repositories.c.id == repository_id
    by_id: ColumnElement[bool] = columns.repository_id == repository_id
    if "repository" not in columns or not name:
        return by_id
    return or_(by_id, columns.repository_id.is_(None) & (func.lower(columns.repository) == name.lower()))


def _strike_out(connection: Connection, repository_id: int, name: str) -> None:
    query = select(deliveries.c.id, deliveries.c.details).where(deliveries.c.details != {})
    for delivery_id, details in connection.execute(query).all():
        left = _without(details, repository_id, name.lower())
        if left != details:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(details=left))


def _without(value: Any, repository_id: int, name: str) -> Any:
    """JSON data with every entry that is, or contains, the repository's id or name taken out."""
    if isinstance(value, dict):
        return {
            key: _without(item, repository_id, name)
            for key, item in value.items()
            if not _is(item, repository_id, name)
        }
    if isinstance(value, list):
        return [_without(item, repository_id, name) for item in value if not _names(item, repository_id, name)]
    return value


def _names(value: Any, repository_id: int, name: str) -> bool:
    if isinstance(value, dict):
        return any(_is(item, repository_id, name) for item in value.values())
    return _is(value, repository_id, name)


def _is(value: Any, repository_id: int, name: str) -> bool:
    if isinstance(value, str):
        return bool(name) and value.lower() == name
    return type(value) is int and value == repository_id
