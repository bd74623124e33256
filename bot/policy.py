"""decide(): scores, facts, history and configuration in; the decision out. Pure, every veto in plain sight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from bot.repo_config import RepoConfig
from models.canonical import Standing, choose_canonical
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from models.facts import DISCRIMINATING
from models.issue import Issue
from models.matching import ClusterMatch
from models.text import Text, has_little_information, looks_like_security_report

# The names of the rules that can lower a verdict; they appear in the evidence, in `triage explain` and in the metrics.
BELOW_THRESHOLD = "below-threshold"
AMBIGUOUS_CLUSTER = "ambiguous-cluster"
CONTRADICTING_FACT = "contradicting-fact"
DENIED_BY_AUTHOR = "denied-by-author"
SEPARATED_BY_PERSON = "separated-by-person"
OBJECTION = "objection"
TARGET_CLOSED = "target-closed"
TARGET_LOCKED = "target-locked"
TARGET_NOT_AN_ISSUE = "target-not-an-issue"
TARGET_NOT_EARLIER = "target-not-earlier"
TARGET_IS_A_DUPLICATE = "target-is-a-duplicate"
TARGET_SAYS_LITTLE = "target-says-little"
CLUSTER_OVER_CAP = "cluster-over-cap"
CLUSTER_INCOHERENT = "cluster-incoherent"
LITTLE_INFORMATION = "little-information"
REOPENED_BY_PERSON = "reopened-by-person"
WAVE_BUDGET = "wave-budget"  # lowers no verdict: the bot has said enough about this wave for the hour

SILENCING = frozenset({OBJECTION, LITTLE_INFORMATION})

IGNORED_PULL_REQUEST = "pull-request"
IGNORED_AUTHOR = "ignored-author"
IGNORED_LABEL = "ignored-label"
IGNORED_CLOSED = "issue-closed"
IGNORED_LOCKED = "issue-locked"

# Probabilities were calibrated on a tracker in the middle of a wave, where most reports have a duplicate. Ordinary ones
# hold far fewer, so outside of the clusters that a maintainer defined the bot has to be surer before it says so.
UNNAMED_AT_LEAST = 0.95
CLUSTER_MARGIN = 0.1  # how far, in probability, the best known cluster must stand before the second


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cuts on calibrated probabilities: for the verdict *duplicate*, for a link worth showing, for a known cluster."""

    duplicate: float
    related: float
    cluster: float


@dataclass(frozen=True, slots=True)
class History:
    """What the repository's past says about one issue and its candidates.

    `issues`: the candidates, their roots and the canonicals, as last seen. `duplicates`: issue → its canonical.
    `separated`: numbers that a person told apart from this issue. `says_little`: candidates without information.
    `members`: slug → the known cluster's members. `waves`: the known clusters on which a wave is, → the comments that
    it was given in the last hour. `held`: candidate → why the cluster that it is in may not act. `named`: the roots
    that people named for any duplicate, `confirmed`: the one that a person with a say named for this issue.
    """

    issues: Mapping[int, Issue] = field(default_factory=dict)
    duplicates: Mapping[int, int] = field(default_factory=dict)
    separated: frozenset[int] = frozenset()
    says_little: frozenset[int] = frozenset()
    members: Mapping[str, Sequence[int]] = field(default_factory=dict)
    waves: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[int, str] = field(default_factory=dict)
    named: frozenset[int] = frozenset()
    confirmed: int | None = None
    objected: bool = False
    reopened_by_person: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one decision rests on. `matches` are the known clusters, best first; `candidates` best first."""

    issue: Issue
    text: Text
    candidates: Sequence[Candidate]
    matches: Sequence[ClusterMatch]
    history: History
    config: RepoConfig
    thresholds: Thresholds


def decide(case: Case) -> Decision:
    """The verdict on one issue, without its effects (`bot.effects` plans those)."""
    if looks_like_security_report(case.text):
        return Decision(case.issue.number, Verdict.SECURITY)  # INV 44: nothing in public, no links, no labels
    ignored = _ignored(case.issue, case.config)
    if ignored is not None and not (ignored == IGNORED_CLOSED and case.history.confirmed):
        return Decision(case.issue.number, Verdict.IGNORED, vetoes=(ignored,))
    shown, refusals = _admit(case)
    cluster, cluster_vetoes = _cluster(case)
    told = (*cluster_vetoes, *refusals)
    target = _target(case, shown, cluster)
    if target is None:
        return _in_budget(case, _without_target(case, shown, cluster, told))
    vetoes = _target_vetoes(case, target, cluster)
    decision = Decision(
        case.issue.number,
        _verdict(case, vetoes, target, cluster),
        probability=target.probability,
        canonical=target.number,
        links=_links(case, shown, target),
        vetoes=tuple(dict.fromkeys((*vetoes, *told))),
        confirmed=target.number == case.history.confirmed,
    )
    return _in_budget(case, _with_cluster(_without_empty_promise(decision), cluster))


def root_of(number: int, duplicates: Mapping[int, int]) -> int:
    """The canonical issue at the end of the chain (INV 4); a chain that runs into a circle ends at its lowest one."""
    seen: dict[int, None] = {}
    while number in duplicates and number not in seen:
        seen[number] = None
        number = duplicates[number]
    chain = list(seen)
    return min(chain[chain.index(number) :]) if number in seen else number


def canonical_of(slug: str, number: int, history: History, config: RepoConfig) -> int | None:
    """A known cluster's canonical issue for this one, by `choose_canonical`: among those in which people can answer."""
    duplicates = history.duplicates
    configured = next((cluster.canonical for cluster in config.clusters if cluster.slug == slug), None)
    live = {one.number for one in history.issues.values() if one.state == "open" and not one.locked} | history.named
    roots = {one: root_of(one, duplicates) for one in history.members.get(slug, ()) if one < number}
    roots = {one: root for one, root in roots.items() if root in live}
    configured = None if configured is None else root_of(configured, duplicates)
    standing = Standing(configured, history.named, history.says_little, before=number)
    return choose_canonical(roots, history.issues, standing).number


def contradictions(candidate: Candidate) -> tuple[Evidence, ...]:
    """The discriminating facts in which the two reports differ."""
    return tuple(one for one in candidate.evidence if one.agreement is Agreement.DIFFER and one.name in DISCRIMINATING)


def _ignored(issue: Issue, config: RepoConfig) -> str | None:
    author = issue.author.casefold()
    by_rule = any(fnmatchcase(author, _glob(pattern)) for pattern in config.ignore.authors)
    rules = (
        (issue.is_pull_request, IGNORED_PULL_REQUEST),
        (issue.author_is_bot or by_rule, IGNORED_AUTHOR),
        (bool(_folded(issue.labels) & _folded(config.ignore.labels)), IGNORED_LABEL),
        (issue.state == "closed", IGNORED_CLOSED),
        (issue.locked, IGNORED_LOCKED),
    )
    return next((name for applies, name in rules if applies), None)


def _glob(pattern: str) -> str:
    """`*` is the only wildcard: logins such as `dependabot[bot]` carry brackets of their own."""
    return pattern.casefold().replace("[", "[[]")


def _folded(names: Collection[str]) -> set[str]:
    return {name.casefold() for name in names}


def _admit(case: Case) -> tuple[list[Candidate], tuple[str, ...]]:
    """The candidates that may be shown, duplicates replaced by their roots, and what people's words refused."""
    own = {candidate.number: candidate for candidate in case.candidates}
    best: dict[int, Candidate] = {}
    refusals: list[str] = []
    for candidate in case.candidates:
        shown = _resolved(candidate, own, case.history)
        refusal = _told_apart(case, candidate.number) or _refusal(case, shown.number)
        if refusal is not None:
            refusals.append(refusal)
        elif shown.number not in best or shown.probability > best[shown.number].probability:
            best[shown.number] = shown
    told = tuple(name for name in dict.fromkeys(refusals) if name in {DENIED_BY_AUTHOR, SEPARATED_BY_PERSON})
    return sorted(best.values(), key=lambda one: (-one.probability, one.number)), told


def _resolved(candidate: Candidate, own: Mapping[int, Candidate], history: History) -> Candidate:
    """An issue closed as a duplicate is no candidate, its root is (INV 4, 14), with the root's own evidence where that
    was looked at; an open one stands for itself."""
    known = history.issues.get(candidate.number)
    if known is None or known.state == "open" or candidate.number not in history.duplicates:
        return candidate
    root = root_of(candidate.number, history.duplicates)
    return replace(own.get(root, candidate), number=root, probability=candidate.probability)


def _told_apart(case: Case, number: int) -> str | None:
    """Whether a person, or the author's own words, said that this is another problem."""
    if number in case.history.separated:
        return SEPARATED_BY_PERSON  # INV 8
    return DENIED_BY_AUTHOR if number in case.text.denies else None  # INV 11


def _refusal(case: Case, number: int) -> str | None:
    """Why an issue may not be named to this one's reader, or None."""
    known = case.history.issues.get(number)
    if known is None or known.is_pull_request or known.author_is_bot:
        return TARGET_NOT_AN_ISSUE  # INV 7, 14
    if number >= case.issue.number:
        return TARGET_NOT_EARLIER  # INV 2, 5
    rules = (
        (known.state == "closed" and known.state_reason == "duplicate", TARGET_IS_A_DUPLICATE),  # INV 14
        (number in case.history.says_little, TARGET_SAYS_LITTLE),  # INV 11
    )
    return _told_apart(case, number) or next((name for applies, name in rules if applies), None)


def _cluster(case: Case) -> tuple[ClusterMatch | None, tuple[str, ...]]:
    if not case.matches or case.matches[0].probability < case.thresholds.cluster:
        return None, ()
    best = case.matches[0]
    canonical = canonical_of(best.slug, case.issue.number, case.history, case.config)
    apart = None if canonical is None else _told_apart(case, canonical)
    rules = (
        (bool(best.contradicts), CONTRADICTING_FACT),
        (best.margin < CLUSTER_MARGIN, AMBIGUOUS_CLUSTER),
        (apart is not None, apart or ""),
    )
    vetoes = (*(name for applies, name in rules if applies), *_silencing(case))
    return (None, vetoes) if vetoes else (best, ())


def _target(case: Case, shown: Sequence[Candidate], cluster: ClusterMatch | None) -> Candidate | None:
    """The issue that the verdict points at: the known cluster's canonical, or the root of the best candidate.

    Only the canonical is as probable as the cluster; beside a cluster, another issue has to be worth a link by itself.
    """
    by_number = {candidate.number: candidate for candidate in shown}
    confirmed, enough = case.history.confirmed, 0.0
    if confirmed is not None:
        return replace(by_number.get(confirmed, Candidate(confirmed, 1.0)), probability=1.0)
    if cluster is not None:
        enough = case.thresholds.related
        number = canonical_of(cluster.slug, case.issue.number, case.history, case.config)
        if number is not None and _refusal(case, number) is None:
            own = by_number.get(number, Candidate(number, 0.0))
            likely = [one.probability for one in shown if root_of(one.number, case.history.duplicates) == number]
            return replace(own, probability=max(cluster.probability, *likely, own.probability))
    for candidate in (one for one in shown if one.probability >= enough):
        number = root_of(candidate.number, case.history.duplicates)
        if number == candidate.number or _refusal(case, number) is None:
            return replace(by_number.get(number, candidate), number=number, probability=candidate.probability)
    return None


def _target_vetoes(case: Case, target: Candidate, cluster: ClusterMatch | None) -> tuple[str, ...]:
    known = case.history.issues[target.number]
    canonical = canonical_of(cluster.slug, case.issue.number, case.history, case.config) if cluster else None
    held = None if target.number == canonical else _held(case, target.number)
    if target.number == case.history.confirmed:  # what a person knows, no score and no fact can deny
        live = ((known.state == "closed", TARGET_CLOSED), (known.locked, TARGET_LOCKED))  # INV 3
        return tuple(name for applies, name in live if applies)
    rules = (
        (target.probability < _needed(case, named=target.number == canonical), BELOW_THRESHOLD),
        (bool(contradictions(target)), CONTRADICTING_FACT),  # INV 10
        (known.state == "closed", TARGET_CLOSED),  # INV 3
        (known.locked, TARGET_LOCKED),  # INV 3
        (case.history.reopened_by_person, REOPENED_BY_PERSON),  # INV 19
        (held is not None, held or ""),  # INV 9
    )
    return (*(name for applies, name in rules if applies), *_silencing(case))


def _silencing(case: Case) -> tuple[str, ...]:
    """What leaves nothing to be said: a person's objection (INV 17, 18), or a report too short to be compared."""
    rules = ((case.history.objected, OBJECTION), (has_little_information(case.text), LITTLE_INFORMATION))
    return tuple(name for applies, name in rules if applies)


def _needed(case: Case, *, named: bool) -> float:
    return case.thresholds.duplicate if named else max(case.thresholds.duplicate, UNNAMED_AT_LEAST)


def _held(case: Case, target: int) -> str | None:
    """Why the target's cluster, which no maintainer defined, may not act: too large to be one cause, or too loose."""
    defined = {cluster.canonical for cluster in case.config.clusters}
    reports = sum(1 for root in case.history.duplicates.values() if root == target)
    held = case.history.held.get(target)
    if held == "over-cap" or (target not in defined and reports >= case.config.limits.cluster_cap):
        return CLUSTER_OVER_CAP
    return CLUSTER_INCOHERENT if held == "incoherent" else None


def _verdict(case: Case, vetoes: Sequence[str], target: Candidate, cluster: ClusterMatch | None) -> Verdict:
    if not vetoes:
        return Verdict.DUPLICATE
    fixed = case.history.issues[target.number].state_reason in {"completed", None}
    if tuple(vetoes) == (TARGET_CLOSED,) and fixed:
        return Verdict.REGRESSION
    related = cluster is not None or target.probability >= case.thresholds.related
    return Verdict.RELATED if related and not SILENCING.intersection(vetoes) else Verdict.NEW


def _links(case: Case, shown: Sequence[Candidate], target: Candidate | None) -> tuple[Candidate, ...]:
    """The target first, then the best of the others that are worth a reader's click."""
    others = [one for one in shown if target is None or one.number != target.number]
    worth = [one for one in others if one.probability >= case.thresholds.related]
    return tuple(([target] if target is not None else []) + worth)[: case.config.limits.links]


def _without_target(
    case: Case, shown: Sequence[Candidate], cluster: ClusterMatch | None, vetoes: tuple[str, ...]
) -> Decision:
    links = _links(case, shown, None)
    silencing = _silencing(case)
    related = bool(links or cluster) and not silencing
    decision = Decision(
        case.issue.number,
        Verdict.RELATED if related else Verdict.NEW,
        max((one.probability for one in shown), default=0.0),
        links=links,
        vetoes=tuple(dict.fromkeys((*vetoes, *silencing))),
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
    return replace(decision, vetoes=(*decision.vetoes, WAVE_BUDGET))
