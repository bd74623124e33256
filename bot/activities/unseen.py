"""Later issues that were decided before this one was there, or said what it says now, and resemble it: deliveries come
in any order, one may come hours late, and what is concluded must not depend on it (INV 2, 32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.activities.judge import thresholds
from bot.activities.recover import LOOK_BACK
from bot.services import Services
from bot.storage.records import DecisionRecord
from models.decision import EffectKind, Verdict

LONGEST = timedelta(hours=6)  # about as long as a delivery may be put off; then its answer is no news to anybody
LOOKED_AT = 100  # later issues that are held against one that came late, the newest
MOST = 5  # of them, the most alike, that are compared again
BEGINS = frozenset({"delivery", "command"})  # what causes a decision that may begin to speak


def unseen_by(services: Services, repository_id: int, number: int) -> list[tuple[DecisionRecord, bool]]:
    """The last decisions on such issues, a handful, with whether the bot answered there; the most alike first.

    Only those count that name no canonical issue yet. Each was decided before this one was as it is now, so that an
    issue that was compared again is none of them any more.
    """
    storage, now = services.storage, services.clock()
    stored = storage.issue(repository_id, number)
    if stored is None or now - stored.issue.created_at > LOOK_BACK:
        return []  # whoever edits an old issue into a copy of a new one is no earlier reporter
    came, slug = _came(storage.decisions(repository_id, number=number))
    if came is None or now - came > LONGEST:
        return []
    found = storage.decided_between(repository_id, number, now - LONGEST, came, LOOKED_AT)
    alike = _alike(services, repository_id, number, found, slug)
    spoken = {one.number for one in storage.comments(repository_id, [one.number for one in alike])}
    told = [(one, one.number in spoken) for one in alike if one.number in spoken or one.trigger in BEGINS]
    return [(one, answered) for one, answered in told if not _is_under_way(services, one)][:MOST]


def _came(decisions: Sequence[DecisionRecord]) -> tuple[datetime | None, str | None]:
    """Since when the issue is as it is now, by its decisions (newest first), and the known cluster that it is in; None
    where others may not be held against it (INV 44)."""
    if not decisions or decisions[0].verdict == Verdict.SECURITY.value:
        return None, None
    last, came = decisions[0], decisions[0].decided_at
    for one in decisions:
        if one.body.get("text_hash") != last.body.get("text_hash"):
            break
        came = one.decided_at
    return came, last.body.get("cluster")


def _alike(
    services: Services, repository_id: int, number: int, found: Sequence[DecisionRecord], slug: str | None
) -> list[DecisionRecord]:
    """Those that the matcher would show, or that are in the same known cluster."""
    if not found:
        return []
    with services.storage.lock(repository_id):  # who decides meanwhile changes the index
        index = services.indexes.index(repository_id)
        held = [one.number for one in found if one.number in index]
        if number not in index or not held:
            return []
        scorer, _ = services.scorer_for(repository_id)
        chances = dict(scorer.scores(index.document(number), index, held))
    enough = thresholds(scorer).related
    same = {one.number for one in found if slug is not None and one.body.get("cluster") == slug}
    alike = [one for one in found if chances.get(one.number, 0.0) >= enough or one.number in same & chances.keys()]
    return sorted(alike, key=lambda one: (-chances[one.number], one.number))


def _is_under_way(services: Services, decision: DecisionRecord) -> bool:
    """Whether its comment still waits for its turn: the issue is decided again before that is written."""
    comment = EffectKind.COMMENT.value
    rows = services.storage.effects(decision.repository_id, decision_id=decision.id, kind=comment, state="planned")
    return bool(rows)
