"""The map of a repository drawn anew: what is alike lies together, and stays where it was the night before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import structlog

from bot.activities.refit_budget import Budget, OverBudget
from bot.services import Services
from bot.storage.look_records import MapRecord
from bot.storage.records import RepositoryRecord
from models.document import Document
from models.embedder import Vectors
from models.issue_map import Channel, IssueMap, channel, clusters_of, from_bytes
from models.layout import Points, layout
from models.text import looks_like_security_report

FACTS = 6  # by which it can be coloured
UNCOLOURED = frozenset({"error_message", "frames"})  # nearly every report has values of its own
LEAST_STATED = 0.02  # share of the issues that state a fact by which it can be coloured
STATE = "state"
AGE = "reported"
AGES = ((1, "last day"), (7, "last week"), (30, "last month"), (90, "last quarter"), (365, "last year"))
OLDER = "earlier"
CLOSED_AS = {"completed": "closed, completed", "not_planned": "closed, not planned", "duplicate": "closed, duplicate"}

log = structlog.get_logger(__name__)


def draw_map(services: Services, repository: RepositoryRecord) -> MapRecord | None:
    """Draw and keep it; None, and yesterday's stays, where it takes more than a refit may. Safe to repeat; the caller
    does not hold the repository's lock."""
    budget = Budget(services.settings)
    before = services.storage.map(repository.id)
    try:
        drawn = drawing(services, repository, before, budget)
    except OverBudget as over:
        log.warning("map.given_up", repository=repository.full_name, reason=str(over))
        return None
    generation = next(iter(services.storage.generations(repository.id, limit=1)), None)
    record = MapRecord(
        repository.id,
        services.clock(),
        None if generation is None else generation.number,
        str(services.embedder.model_id),
        round(budget.seconds),
        drawn.header(),
        drawn.to_bytes(),
    )
    services.storage.save_map(record)
    log.info("map.drawn", issues=len(drawn.numbers), seconds=record.seconds)
    return record


def drawing(services: Services, repository: RepositoryRecord, before: MapRecord | None, budget: Budget) -> IssueMap:
    """Every indexed issue that is not a security report (INV 44), beside what is like it; raises OverBudget."""
    with services.storage.lock(repository.id):  # a row's vectors are overwritten when its issue changes
        index = services.indexes.index(repository.id)
        documents = sorted(index.documents(), key=lambda one: one.number)
        vectors = meanings(documents)
    public = np.array([not looks_like_security_report(one.text) for one in documents], dtype=np.bool_)
    documents, vectors = [one for one, shown in zip(documents, public, strict=True) if shown], vectors[public]
    numbers = [one.number for one in documents]
    budget.check()
    places = layout(vectors, _earlier(services, before, numbers), tick=lambda _done, _rounds: budget.check())
    current = services.storage.current_generation(repository.id)
    clusters = {one.id: one.members for one in current.clusters} if current else {}
    ids, cluster = clusters_of(numbers, clusters)
    channels = (_states(services, repository.id, numbers), _ages(services, documents), *_facts(documents))
    return IssueMap(np.array(numbers, dtype=np.uint32), places, ids, cluster, tuple(one for one in channels if one))


def meanings(documents: Sequence[Document]) -> Vectors:
    """Title and salient text side by side, of unit length: shape (issues, 2 · dimension)."""
    if not documents:
        return np.zeros((0, 2), dtype=np.float32)
    both = np.stack([one.vectors.ravel() for one in documents])
    lengths = np.linalg.norm(both, axis=1, keepdims=True)
    result: Vectors = both / np.maximum(lengths, np.float32(1e-9))
    return result


def _earlier(services: Services, before: MapRecord | None, numbers: Sequence[int]) -> Points | None:
    """Each issue's place in the earlier map, NaN where it had none; None where vectors of another model drew it."""
    if before is None or before.model_id != str(services.embedder.model_id):
        return None
    known = from_bytes(before.header, before.points)
    place = dict(zip(known.numbers.tolist(), known.places.tolist(), strict=True))
    missing = [float("nan"), float("nan")]
    return np.array([place.get(number, missing) for number in numbers], dtype=np.float32).reshape(-1, 2)


def _states(services: Services, repository_id: int, numbers: Sequence[int]) -> Channel | None:
    standings = services.storage.standings(repository_id)
    return channel(STATE, [frozenset(_state(standings, number)) for number in numbers])


def _state(standings: Mapping[int, tuple[str, str | None]], number: int) -> list[str]:
    state, reason = standings.get(number, ("", None))
    if not state:
        return []
    return [CLOSED_AS.get(reason or "", "closed") if state == "closed" else state]


def _ages(services: Services, documents: Sequence[Document]) -> Channel | None:
    now = services.clock()
    days = [(now - one.created_at).total_seconds() / 86_400 for one in documents]
    names = [next((name for most, name in AGES if age <= most), OLDER) for age in days]
    values = (*(name for _, name in AGES), OLDER)
    return Channel(AGE, values, np.array([values.index(name) for name in names], dtype=np.uint8)) if names else None


def _facts(documents: Sequence[Document]) -> list[Channel]:
    """The facts that most issues state, with more than one value."""
    stating = Counter(name for one in documents for name, values in one.facts.items() if values)
    least = LEAST_STATED * len(documents)
    enough = [name for name, count in stating.most_common() if count >= least and name not in UNCOLOURED]
    found = (channel(name, [one.facts.get(name, frozenset()) for one in documents]) for name in enough)
    return [one for one in found if one is not None and len(one.values) > 1][:FACTS]
