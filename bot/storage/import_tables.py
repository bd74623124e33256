"""The tables about the first reading of a repository, and about what GitHub leaves us to ask."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, text

from bot.storage.columns import JsonText, SafeText, UtcDateTime
from bot.storage.schema import metadata, repository_column

imports = Table(
    "imports",
    metadata,
    repository_column(primary_key=True),
    Column("began_at", UtcDateTime, nullable=False),
    Column("resumed_at", UtcDateTime),
    Column("usable_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("error", SafeText),
    Column("stage", SafeText, nullable=False),
    Column("total", Integer),
    Column("read", Integer, nullable=False, server_default=text("0")),
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("to_embed", Integer, nullable=False, server_default=text("0")),
    Column("embedded", Integer, nullable=False, server_default=text("0")),
    Column("cursors", JsonText, nullable=False),
)
import_candidates = (
    Table(  # issues whose timeline may say of what they are duplicates; a row goes when it was looked at
        "import_candidates",
        metadata,
        repository_column(primary_key=True),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
    )
)
rate_limits = Table(  # by installation; 0 is a plain token's
    "rate_limits",
    metadata,
    Column("installation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("limit", Integer, nullable=False),
    Column("remaining", Integer, nullable=False),
    Column("resets_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
