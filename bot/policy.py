"""decide(): scores, facts, history and configuration in; the decision out. Pure; the rules stand in `bot.rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot import vetoes
from bot.case import Case, History, root_of
from bot.rules import (
    CLUSTER_MARGIN,
    canonical_of,
    ignored,
    named_canonicals,
    refusal,
    silencing,
    target_vetoes,
    told_apart,
)
from models.decision import Candidate, Decision, Verdict
from models.matching import ClusterMatch
from models.text import looks_like_security_report

BY_WORDS = frozenset({vetoes.DENIED_BY_AUTHOR, vetoes.SEPARATED_BY_PERSON})
BACK_AGAIN = frozenset({vetoes.TARGET_CLOSED, vetoes.NEWER_THAN_FIX})  # all that may speak against a regression
SETTLING = frozenset({vetoes.TARGET_CLOSED, vetoes.REPORTED_BEFORE_FIX, vetoes.OLDER_THAN_FIX})


def decide(case: Case) -> Decision:
    """The verdict on one issue, without its effects (`bot.effects` plans those)."""
    if looks_like_security_report(case.text):  # INV 44: nothing in public, no links, no labels
        return Decision(case.issue.number, Verdict.SECURITY, vetoes=(vetoes.SECURITY_REPORT,))
    reason = _ignored(case)
    if reason is not None:
        return Decision(case.issue.number, Verdict.IGNORED, vetoes=(reason,))
    shown, refusals = _admit(case)
    cluster, cluster_vetoes = _cluster(case)
    later = (vetoes.TARGET_NOT_EARLIER,) if case.history.named_later else ()
    told = (*cluster_vetoes, *later, *refusals)
    target = _target(case, shown, cluster)
    if target is None:
        return _in_budget(case, _without_target(case, shown, cluster, told))
    against = target_vetoes(case, target, cluster, shown)
    verdict = _verdict(case, against, target, cluster)
    decision = Decision(
        case.issue.number,
        verdict,
        probability=target.probability,
        canonical=target.number,
        links=_links(case, shown, target),
        vetoes=tuple(dict.fromkeys((*against, *told))),
        confirmed=target.number == case.history.confirmed,
        settled=verdict is Verdict.RELATED and _is_settled(against),
    )
    return _in_budget(case, _with_cluster(_without_empty_promise(decision), _around(case, target.number, cluster)))


def _around(case: Case, target: int, cluster: ClusterMatch | None) -> ClusterMatch | None:
    """The cluster, unless a person named a target outside of it: what is said then is of that target."""
    if cluster is None or target != case.history.confirmed:
        return cluster
    canonical = canonical_of(cluster.slug, case.issue.number, case.history, case.config)
    members = case.history.members.get(cluster.slug, ())
    roots = {root_of(one, case.history.duplicates) for one in members}
    return cluster if target in {canonical, *members, *roots} else None


def _ignored(case: Case) -> str | None:
    """A closed issue is looked at only for what people said of it, or because the bot closed it."""
    reason = ignored(case.issue, case.config)
    concerns_us = case.history.confirmed is not None or case.history.closed_by_us
    return None if reason == vetoes.IGNORED_CLOSED and concerns_us else reason


def _admit(case: Case) -> tuple[list[Candidate], tuple[str, ...]]:
    """The candidates that may be shown, duplicates replaced by their roots, and what people's words refused."""
    own = {candidate.number: candidate for candidate in case.candidates}
    best: dict[int, Candidate] = {}
    refusals: list[str] = []
    for candidate in case.candidates:
        shown = _resolved(candidate, own, case.history)
        reason = told_apart(case, candidate.number) or refusal(case, shown.number)
        if reason is not None:
            if reason in BY_WORDS or candidate.probability >= case.thresholds.related:
                refusals.append(reason)
        elif shown.number not in best or shown.probability > best[shown.number].probability:
            best[shown.number] = shown
    told = tuple(dict.fromkeys(refusals))
    return sorted(best.values(), key=lambda one: (-one.probability, one.number)), told


def _resolved(candidate: Candidate, own: Mapping[int, Candidate], history: History) -> Candidate:
    """An issue closed as a duplicate is no candidate, its root is (INV 4, 14), with the root's own evidence where that
    was looked at; an open one stands for itself."""
    known = history.issues.get(candidate.number)
    if known is None or known.state == "open" or candidate.number not in history.duplicates:
        return candidate
    root = root_of(candidate.number, history.duplicates)
    return replace(own.get(root, candidate), number=root, probability=candidate.probability)


def _cluster(case: Case) -> tuple[ClusterMatch | None, tuple[str, ...]]:
    if not case.matches or case.matches[0].probability < case.thresholds.cluster:
        return None, ()
    best = case.matches[0]
    canonical = canonical_of(best.slug, case.issue.number, case.history, case.config)
    apart = None if canonical is None else told_apart(case, canonical)
    earlier = {one for one in case.history.members.get(best.slug, ()) if one < case.issue.number}
    if not earlier.isdisjoint(case.history.separated):
        apart = vetoes.SEPARATED_BY_PERSON  # INV 8: of two that people told apart, the later is not in the cluster
    rules = (
        (bool(best.contradicts), vetoes.CONTRADICTING_FACT),
        (best.margin < CLUSTER_MARGIN, vetoes.AMBIGUOUS_CLUSTER),
        (apart is not None, apart or ""),
    )
    against = (*(name for applies, name in rules if applies), *silencing(case))
    return (None, against) if against else (best, ())


def _target(case: Case, shown: Sequence[Candidate], cluster: ClusterMatch | None) -> Candidate | None:
    """The issue that the verdict points at: the known cluster's canonical, or the root of the best candidate.

    Only the canonical is as probable as the cluster; beside a cluster, another issue has to be worth a link by itself.
    """
    by_number = {candidate.number: candidate for candidate in shown}
    confirmed, enough = case.history.confirmed, 0.0
    if confirmed is not None:
        return replace(by_number.get(confirmed, Candidate(confirmed, 1.0)), probability=1.0)
    if case.history.named_later or case.issue.number in named_canonicals(case.config):
        return None  # a person chose another one, which no comment may name (INV 2); or others are pointed to it
    if cluster is not None:
        enough = case.thresholds.related
        number = canonical_of(cluster.slug, case.issue.number, case.history, case.config)
        if number is not None and refusal(case, number) is None:
            own = by_number.get(number, Candidate(number, 0.0))
            likely = [one.probability for one in shown if root_of(one.number, case.history.duplicates) == number]
            return replace(own, probability=max(cluster.probability, *likely, own.probability))
    for candidate in (one for one in shown if one.probability >= enough):
        number = root_of(candidate.number, case.history.duplicates)
        if number == candidate.number or refusal(case, number) is None:
            return replace(by_number.get(number, candidate), number=number, probability=candidate.probability)
    return None


def _verdict(case: Case, against: Sequence[str], target: Candidate, cluster: ClusterMatch | None) -> Verdict:
    if not against:
        return Verdict.DUPLICATE
    known = case.history.issues[target.number]
    fixed = known.state == "open" or known.state_reason in {"completed", None}
    if fixed and set(against) <= BACK_AGAIN:
        return Verdict.REGRESSION  # INV 3, 15
    related = cluster is not None or target.probability >= case.thresholds.related
    return Verdict.RELATED if related and not vetoes.SILENCING.intersection(against) else Verdict.NEW


def _is_settled(against: Sequence[str]) -> bool:
    """Whether it would be a duplicate, had its target not been fixed since."""
    return vetoes.REPORTED_BEFORE_FIX in against and set(against) <= SETTLING


def _links(case: Case, shown: Sequence[Candidate], target: Candidate | None) -> tuple[Candidate, ...]:
    """The target first, then the best of the others that are worth a reader's click."""
    others = [one for one in shown if target is None or one.number != target.number]
    worth = [one for one in others if one.probability >= case.thresholds.related]
    return tuple(([target] if target is not None else []) + worth)[: case.config.limits.links]


def _without_target(
    case: Case, shown: Sequence[Candidate], cluster: ClusterMatch | None, told: tuple[str, ...]
) -> Decision:
    links = _links(case, shown, None)
    silent = silencing(case)
    related = bool(links or cluster) and not silent
    decision = Decision(
        case.issue.number,
        Verdict.RELATED if related else Verdict.NEW,
        max((one.probability for one in shown), default=0.0),
        links=links,
        vetoes=tuple(dict.fromkeys((*told, *silent))),
    )
    return _with_cluster(_without_empty_promise(decision), cluster)


def _without_empty_promise(decision: Decision) -> Decision:
    """*New* names nothing: no canonical, no links."""
    if decision.verdict is not Verdict.NEW:
        return decision
    return replace(decision, canonical=None, links=())


def _with_cluster(decision: Decision, cluster: ClusterMatch | None) -> Decision:
    if cluster is None:
        return decision
    return replace(
        decision, cluster=cluster.slug, cluster_probability=cluster.probability, cluster_margin=cluster.margin
    )


def _in_budget(case: Case, decision: Decision) -> Decision:
    """During a wave on its cluster a decision is recorded, but the comments beyond the wave's budget are not written
    (INV 30)."""
    spent = case.history.waves.get(decision.cluster or "")
    if spent is None or decision.verdict is Verdict.NEW or spent < case.config.limits.wave_comments_per_hour:
        return decision
    return replace(decision, vetoes=(*decision.vetoes, vetoes.WAVE_BUDGET))
