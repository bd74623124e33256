"""What the pages about the map, quality and activity ask of the database, and what draws the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.storage.look_records import BacktestRecord, EffectQuery, MapRecord, PeopleQuery, PeopleRow, Spoken, Unfinished
from bot.storage.page_records import Page
from bot.storage.records import EffectRecord


class LookStorage(Protocol):
    """The part of `Storage` about what is looked at."""

    def save_map(self, record: MapRecord) -> None:
        """Insert or replace, by repository."""
        ...

    def map(self, repository_id: int) -> MapRecord | None:
        """As it was drawn last, None where nobody drew it yet."""
        ...

    def save_backtest(self, record: BacktestRecord) -> None:
        """Insert or replace, by repository."""
        ...

    def last_backtest(self, repository_id: int) -> BacktestRecord | None:
        """As it was made last, None where nobody made one yet."""
        ...

    def standings(self, repository_id: int) -> Mapping[int, tuple[str, str | None]]:
        """Number → state and GitHub's reason for it, of every issue and pull request."""
        ...

    def spoken(self, repository_id: int) -> Spoken:
        """What people said that judges the bot's decisions, and what those had named."""
        ...

    def spoken_mark(self, repository_id: int) -> Sequence[object]:
        """Something that is another one once people said more, or took a word back."""
        ...

    def find_effects(self, repository_id: int, query: EffectQuery) -> Page[EffectRecord]:
        """One page of effects, newest first."""
        ...

    def effect_tally(self, repository_id: int) -> Mapping[str, Mapping[str, int]]:
        """Kind → state → how many effects."""
        ...

    def failed_deliveries(self, repository_id: int) -> int:
        """How many of the repository's were set aside."""
        ...

    def unfinished(self) -> Sequence[Unfinished]:
        """The workflows that have work waiting, running or set aside, by name."""
        ...

    def database_size(self) -> int:
        """Bytes that it takes."""
        ...

    def find_people(self, repository_id: int, query: PeopleQuery) -> Page[PeopleRow]:
        """One page of what people did and said, newest first."""
        ...
