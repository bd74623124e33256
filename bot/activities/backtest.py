"""The imported history replayed as a stream, each issue judged by what came before it; GitHub is asked nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.activities.judge import KEPT, POOL, known_members, matches_of, thresholds, unlike_best
from bot.activities.observe import config_in_force
from bot.activities.people import groups_of
from bot.activities.words import told_groups
from bot.case import Case, History, root_of
from bot.policy import decide
from bot.repo_config import RepoConfig
from bot.rules import canonical_of, needed
from bot.services import Services
from bot.storage.look_records import BacktestRecord
from bot.storage.records import EditRecord, FeedbackRecord, RepositoryRecord, StoredIssue
from bot.vetoes import BELOW_THRESHOLD
from bot.wave_words import address_of
from models.backtesting import PRECISION, Replayed, at_cut, precision, recall, recommended, worst
from models.decision import Decision, Verdict
from models.forest import roots_of
from models.issue import Issue
from models.text import has_little_information

SEED = 20260304  # of the sample
AFTER_IMPORT = 500  # issues that are replayed when a history was read for the first time

Progress = Callable[[int, int], None]


def nobody(_done: int, _whole: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """All that a replay looks things up in; `said` holds people's words, in order, `groups` what they come to."""

    services: Services
    repository: RepositoryRecord
    config: RepoConfig
    rows: Mapping[int, StoredIssue]
    said: Sequence[FeedbackRecord]
    groups: Mapping[int, int]
    members: Mapping[str, Sequence[int]]
    placed: Mapping[int, datetime]  # when people first said of an issue where it belongs
    quiet: frozenset[int]  # reports that say too little to be a target

    def members_on(self, number: int, day: datetime) -> dict[str, list[int]]:
        """The known clusters' members when the issue came: earlier ones, and none that people put there since."""
        return {
            slug: [one for one in held if one < number and self.placed.get(one, day) <= day]
            for slug, held in self.members.items()
        }


def backtest(
    services: Services,
    repository: RepositoryRecord,
    *,
    since: datetime | None = None,
    sample: int | None = None,
    progress: Progress = nobody,
) -> BacktestRecord:
    """Replay, count, and keep what was found. `since` and `sample` choose which issues are judged, never what they are
    judged by. What people linked is all the truth there is, so that precision is a lower bound."""
    stream = _opened(services, repository)
    index = services.indexes.index(repository.id)
    numbers = [n for n in index.numbers() if since is None or stream.rows[n].issue.created_at >= since]
    if sample is not None and sample < len(numbers):
        numbers = sorted(random.Random(SEED).sample(numbers, sample))  # noqa: S311 - chooses, guards nothing
    replayed = []
    for done, number in enumerate(numbers, 1):
        replayed.append(_replayed(stream, number))
        progress(done, len(numbers))
    at = services.clock()
    record = BacktestRecord(repository.id, at, len(numbers), _found(stream, replayed, sampled=sample is not None))
    services.storage.save_backtest(record)
    return record


def _opened(services: Services, repository: RepositoryRecord) -> _Stream:
    rows = {row.issue.number: row for row in services.storage.issues(repository.id)}
    said = services.storage.feedback(repository.id)
    return _Stream(
        services,
        repository,
        config_in_force(services, repository),
        rows,
        said,
        groups_of(said),
        known_members(services, repository.id),
        placed_at(said, services.storage.edits(repository.id)),
        frozenset(number for number, row in rows.items() if has_little_information(row.text)),
    )


def placed_at(said: Sequence[FeedbackRecord], edits: Sequence[EditRecord]) -> dict[int, datetime]:
    """Issue → when a person first called it a duplicate or pinned it to a cluster."""
    words = [(one.number, one.said_at) for one in said if one.kind == "duplicate"]
    words += [(number, one.edit.at) for one in edits if one.edit.kind == "pin" for number in one.edit.numbers]
    return dict(sorted(words, key=lambda word: word[1], reverse=True))  # the first word is the one that stays


def _replayed(stream: _Stream, number: int) -> Replayed:
    case, decision = _decided(stream, number)
    vetoes = set(decision.vetoes) - {BELOW_THRESHOLD}
    named = decision.canonical
    group = stream.groups.get(number, 0)
    return Replayed(
        number=number,
        named=named,
        probability=decision.probability if named is not None else 0.0,
        free=named is not None and not vetoes,
        said=decision.verdict is Verdict.DUPLICATE,
        group=group,
        positive=bool(group) and group < number,
        right=named is not None and bool(group) and stream.groups.get(named) == group,
        least=needed(0.0, named=_is_named(case, decision)),
    )


def _is_named(case: Case, decision: Decision) -> bool:
    """Whether it points at the canonical issue of the known cluster that it is in."""
    if decision.canonical is None or decision.cluster is None:
        return False
    return decision.canonical == canonical_of(decision.cluster, decision.number, case.history, case.config)


def _decided(stream: _Stream, number: int) -> tuple[Case, Decision]:
    """What the policy would have said on the day, by the words that were spoken until then."""
    services, row = stream.services, stream.rows[number]
    index = services.indexes.index(stream.repository.id)
    document = index.document(number)
    scorer, _ = services.scorer_for(stream.repository.id)
    day = row.issue.created_at
    said = [one for one in stream.said if one.said_at <= day]
    duplicates = roots_of({one.number: one.other for one in said if one.kind == "duplicate" and one.other is not None})
    pool = index.retrieve(document, limit=POOL, before=number)
    candidates = scorer.judge(document, index, pool, told_groups(said, number))[:KEPT]
    members = stream.members_on(number, day)
    matches = matches_of(services, index, document, stream.config.known_clusters(), members)
    numbers = {one.number for one in candidates} | {one for held in members.values() for one in held}
    numbers |= {root_of(one, duplicates) for one in numbers}
    issues = {one: _on(stream.rows[one].issue, day) for one in numbers if one in stream.rows}
    apart = unlike_best(document, matches, members, index, stream.config)
    history = History(issues, duplicates, says_little=stream.quiet & numbers, members=members, unlike=apart)
    case = Case(
        _on(row.issue, day),
        row.text,
        candidates,
        matches,
        history,
        stream.config,
        thresholds(scorer),
        document.facts.get("version", frozenset()),
    )
    return case, decide(case)


def _on(issue: Issue, day: datetime) -> Issue:
    """The issue as it was that day, as far as is known: closed later means open then, and labels came later."""
    if issue.closed_at is not None and issue.closed_at <= day:
        return replace(issue, locked=False)
    return replace(issue, state="open", state_reason=None, closed_at=None, locked=False, labels=())


def _cuts(cut: float) -> dict[str, float]:
    """What a cut comes to in the policy: in known clusters, and elsewhere."""
    return {"threshold": needed(cut, named=True), "threshold_elsewhere": needed(cut, named=False)}


def _found(stream: _Stream, replayed: Sequence[Replayed], *, sampled: bool) -> dict[str, Any]:
    said = [one for one in replayed if one.said]
    better = recommended(replayed)
    scorer, scorer_id = stream.services.scorer_for(stream.repository.id)
    address = address_of(stream.services.settings.github_api_url, stream.repository.full_name)
    return {
        "model": str(stream.services.embedder.model_id),
        "scorer": scorer_id,
        "sampled": sampled,
        "duplicates": sum(one.positive for one in replayed),
        "in_force": {
            **_cuts(thresholds(scorer).duplicate),
            "flagged": len(said),
            "precision": precision(said).to_data(),
            "recall": recall(said, replayed).to_data(),
        },
        "wanted_precision": PRECISION,
        "recommended": None
        if better is None
        else {
            **_cuts(better.cut),
            "flagged": len(at_cut(replayed, better.cut)),
            "precision": better.precision.to_data(),
            "recall": better.recall.to_data(),
        },
        "worst": [
            {
                "number": one.number,
                "named": one.named,
                "probability": round(one.probability, 4),
                "url": f"{address}/issues/{one.number}",
                "named_url": f"{address}/issues/{one.named}",
            }
            for one in worst(replayed)
        ],
    }
