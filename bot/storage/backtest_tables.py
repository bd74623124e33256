"""What the last backtest of each repository found."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from bot.storage.columns import JsonText, UtcDateTime
from bot.storage.schema import metadata, repository_column

backtests = Table(  # one row for each repository
    "backtests",
    metadata,
    repository_column(primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("issues", Integer, nullable=False),  # that were replayed
    Column("found", JsonText, nullable=False),  # bot.activities.backtest
)
