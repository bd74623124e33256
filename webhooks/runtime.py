"""What the web application needs of the bot: three ports, filled in by the composition root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord


class Inbox(Protocol):
    """Where deliveries become durable work."""

    async def accept(self, record: DeliveryRecord) -> bool:
        """Keep the delivery and start its workflow, in one durable transaction; False where its id is known.

        Returns only after the commit. Any exception means that nothing of it is kept.
        """
        ...


class Runtime(Protocol):
    """The bot as the web application sees it. Opens nothing before `start`."""

    @property
    def inbox(self) -> Inbox:
        """Where the receiver hands deliveries to."""
        ...

    @property
    def storage(self) -> Storage:
        """What metrics and readiness are read from."""
        ...

    @property
    def scheduled_tasks(self) -> Sequence[str]:
        """The names of the scheduled tasks, so that one that never ran is visible too."""
        ...

    def readiness(self) -> Mapping[str, str | None]:
        """Check ("model", "engine", …) → None where it is fine, else the sentence that says what is not. May block.

        The schema is not among them: `webhooks.health` asks the storage itself.
        """
        ...

    def start(self) -> None:
        """Open the database and launch the engine; called once, from the main thread."""
        ...

    def stop(self) -> None:
        """Finish what was accepted and close; called once."""
        ...
