"""The tables that lists are read from: narrow rows beside the wide ones, written in the same transactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Table

from bot.storage.columns import SafeText, UtcDateTime
from bot.storage.schema import metadata, repository_column

issue_heads = Table(  # one row for each issue, none for a pull request
    "issue_heads",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("words", SafeText, nullable=False),  # title and stated facts, folded: what a search looks through
    Index(None, "repository_id", "updated_at"),
    Index(None, "repository_id", "state"),
    sqlite_with_rowid=False,
)
last_decisions = Table(
    "last_decisions",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("decision_id", BigInteger, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("verdict", SafeText, nullable=False),
    Column("canonical", BigInteger),
    Column("probability", Float, nullable=False),
    Index(None, "repository_id", "verdict"),
    Index(None, "repository_id", "probability"),
    sqlite_with_rowid=False,
)
