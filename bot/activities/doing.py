"""An act of the dashboard while a worker follows it, and what came of it: what the handlers of all kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.errors import NotFound, TriageError
from bot.services import Services
from bot.storage.dashboard_records import ActRecord
from bot.storage.records import RepositoryRecord
from models.cluster import Cluster
from models.curation import Edit

NUMBERS_MOST = 500  # issues that one act names
DONE, REFUSED = "done", "refused"
DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of an act: its state, a sentence, and what is added to its details."""

    state: str
    outcome: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doing:
    """An act that is being followed."""

    services: Services
    repository: RepositoryRecord
    act: ActRecord

    @property
    def source(self) -> str:
        """By what its words are known."""
        return f"act {self.act.id}"

    def text(self) -> str:
        """The text that it sets, as it came."""
        return str(self.act.details.get("value") or "")

    def value(self) -> str:
        """The same on one line."""
        return " ".join(self.text().split())

    def numbers(self) -> tuple[int, ...]:
        """The issues that it names."""
        named = dict.fromkeys(int(one) for one in self.act.details.get("numbers", ()))
        if len(named) > NUMBERS_MOST:
            raise TriageError(f"an act names {NUMBERS_MOST} issues at most")
        return tuple(named)

    def cluster(self, name: str | None = None) -> Cluster:
        """The cluster in force with this id, or else with this title where one alone has it; NotFound where there is
        none (any more)."""
        wanted = name or self.act.cluster_id or ""
        storage, repository_id = self.services.storage, self.repository.id
        found = storage.clusters_in_force(repository_id, ids=[wanted])
        if not found and name:
            titled = storage.cluster_titles(repository_id).items()
            same = [one for one, title in titled if title.casefold() == name.strip().casefold()]
            found = storage.clusters_in_force(repository_id, ids=same) if len(same) == 1 else ()
        if not found:
            raise NotFound(f"there is no cluster {wanted} (any more)")
        return found[0]

    def edit(self, cluster: Cluster, numbers: Sequence[int] = (), value: str | None = None) -> Edit:
        """The act as an edit of a cluster."""
        at = self.services.clock()
        return Edit(self.act.kind, at, self.act.actor, cluster.id, tuple(numbers), value)
