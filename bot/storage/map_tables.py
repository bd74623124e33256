"""The drawn maps, and what each decision named: narrow rows that the map's and the quality page are read from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, Table

from bot.storage.columns import JsonText, SafeText, UtcDateTime
from bot.storage.schema import metadata, repository_column

maps = Table(  # one row for each repository
    "maps",
    metadata,
    repository_column(primary_key=True),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("generation", Integer),  # whose clusters colour it; null where there were none
    Column("model_id", SafeText, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("header", JsonText, nullable=False),  # models.issue_map.IssueMap.header
    Column("points", LargeBinary, nullable=False),  # models.issue_map.IssueMap.to_bytes
)
namings = Table(  # each decision that named another issue: its canonical one, or the first that it linked
    "namings",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("decision_id", BigInteger, primary_key=True, autoincrement=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("verdict", SafeText, nullable=False),
    Column("named", BigInteger, nullable=False),
    Column("probability", Float, nullable=False),
    sqlite_with_rowid=False,
)
