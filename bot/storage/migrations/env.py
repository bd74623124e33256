"""Runs the migrations over the connection that `bot.storage.open` hands in; looks at no table but our own."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import VERSION_TABLE, metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    include_name=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
