"""The last backtest of each repository."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from bot.storage.backtest_tables import backtests
from bot.storage.door import Door
from bot.storage.look_records import BacktestRecord


class Backtests(Door):
    """The part of `Storage` about backtests."""

    def save_backtest(self, record: BacktestRecord) -> None:
        """Insert or replace."""
        with self._writing() as connection:
            self._upsert(connection, backtests, [asdict(record)])

    def last_backtest(self, repository_id: int) -> BacktestRecord | None:
        """As it was made last, None where nobody made one yet."""
        c = backtests.c
        query = select(c.repository_id, c.made_at, c.issues, c.found).where(c.repository_id == repository_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else BacktestRecord(*row)
