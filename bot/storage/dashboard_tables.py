"""The tables about the dashboard: who is signed in, what each may see, and what people did there."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from bot.storage.columns import Id, JsonText, SafeText, UtcDateTime
from bot.storage.schema import metadata, repository_column

sessions = Table(
    "sessions",
    metadata,
    Column("id", SafeText, primary_key=True),  # a hash of what the browser's cookie holds
    Column("login", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("sealed", SafeText),  # GitHub's token, under a key that only the cookie gives
    Column("granted_at", UtcDateTime),  # when GitHub was asked last what this person may see
    Index(None, "expires_at"),
)
session_grants = Table(
    "session_grants",
    metadata,
    Column("session_id", SafeText, ForeignKey("sessions.id"), primary_key=True),
    repository_column(primary_key=True),
    Column("role", SafeText, nullable=False),
    Index(None, "repository_id"),
)
acts = Table(  # what people did in the dashboard, each with what came of it
    "acts",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("cluster_id", SafeText),
    Column("number", BigInteger),
    Column("details", JsonText, nullable=False),
    Column("state", SafeText, nullable=False),
    Column("outcome", SafeText),
    Column("finished_at", UtcDateTime),
    Column("undoes", BigInteger),
    Column("undone_by", BigInteger),
    Index(None, "repository_id", "id"),
)
