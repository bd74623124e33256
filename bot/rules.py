"""Every rule that can refuse a target or lower a verdict, each by its name (`bot.vetoes`). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from bot import vetoes
from bot.case import Case, History, root_of
from bot.repo_config import RepoConfig
from models.canonical import Standing, choose_canonical
from models.decision import Agreement, Candidate, Evidence
from models.facts import DISCRIMINATING, full_name
from models.issue import Issue
from models.matching import ClusterMatch
from models.text import has_little_information
from models.versions import fixed_in, has_fix, newest

# Probabilities were calibrated on a tracker in the middle of a wave, where most reports have a duplicate. Ordinary ones
# hold far fewer, so outside of the clusters that a maintainer defined the bot has to be surer before it says so.
UNNAMED_AT_LEAST = 0.95
CLUSTER_MARGIN = 0.1  # how far, in probability, the best cluster must stand before the second


def canonical_of(slug: str, number: int, history: History, config: RepoConfig) -> int | None:
    """A known cluster's canonical issue for this one, by `choose_canonical`: among those in which people can answer."""
    duplicates = history.duplicates
    configured = next((cluster.canonical for cluster in config.clusters if cluster.slug == slug), None)
    live = {one.number for one in history.issues.values() if one.state == "open" and not one.locked} | history.named
    roots = {one: root_of(one, duplicates) for one in history.members.get(slug, ()) if one < number}
    roots = {one: root for one, root in roots.items() if root in live}
    configured = None if configured is None else root_of(configured, duplicates)
    standing = Standing(configured, history.named, history.says_little | history.secret, before=number)
    return choose_canonical(roots, history.issues, standing).number


def named_canonicals(config: RepoConfig) -> frozenset[int]:
    """The issues that the configuration, or a maintainer's act on a known cluster, names as canonical."""
    return frozenset(cluster.canonical for cluster in config.clusters if cluster.canonical is not None)


def contradictions(candidate: Candidate) -> tuple[Evidence, ...]:
    """The discriminating facts in which the two reports differ."""
    return tuple(one for one in candidate.evidence if one.agreement is Agreement.DIFFER and one.name in DISCRIMINATING)


def own_facts(config: RepoConfig) -> frozenset[str]:
    """The facts that the repository defines itself, by their full names."""
    return frozenset(full_name(fact.name) for fact in config.facts)


def _own_contradictions(case: Case, target: Candidate, *, named: bool) -> frozenset[str]:
    """The repository's own facts in which the two reports share no value. At a known cluster's canonical issue only
    those count in which the cluster is about one value: its reports may differ in the others."""
    differs = own_facts(case.config).intersection(one.name for one in target.differs)
    return differs & case.history.unlike if named else differs


def ignored(issue: Issue, config: RepoConfig) -> str | None:
    """Why an issue is none of the bot's business, or None."""
    author = issue.author.casefold()
    by_rule = any(fnmatchcase(author, _glob(pattern)) for pattern in config.ignore.authors)
    rules = (
        (issue.is_pull_request, vetoes.IGNORED_PULL_REQUEST),
        (issue.author_is_bot or by_rule, vetoes.IGNORED_AUTHOR),
        (bool(_folded(issue.labels) & _folded(config.ignore.labels)), vetoes.IGNORED_LABEL),
        (issue.state == "closed", vetoes.IGNORED_CLOSED),
        (issue.locked, vetoes.IGNORED_LOCKED),
        (issue.number == config.notice, vetoes.CONFIG_NOTICE),
    )
    return next((name for applies, name in rules if applies), None)


def _glob(pattern: str) -> str:
    """`*` is the only wildcard: logins such as `dependabot[bot]` carry brackets of their own."""
    return pattern.casefold().replace("[", "[[]")


def _folded(names: Collection[str]) -> set[str]:
    return {name.casefold() for name in names}


def told_apart(case: Case, number: int) -> str | None:
    """Whether a person, or the author's own words, said that this is another problem."""
    if number in case.history.separated:
        return vetoes.SEPARATED_BY_PERSON  # INV 8
    return vetoes.DENIED_BY_AUTHOR if number in case.text.denies else None  # INV 11


def refusal(case: Case, number: int) -> str | None:
    """Why an issue may not be named to this one's reader, or None."""
    known = case.history.issues.get(number)
    if known is None or known.is_pull_request or known.author_is_bot:
        return vetoes.TARGET_NOT_AN_ISSUE  # INV 7, 14
    if number >= case.issue.number:
        return vetoes.TARGET_NOT_EARLIER  # INV 2, 5
    rules = (
        (known.state == "closed" and known.state_reason == "duplicate", vetoes.TARGET_IS_A_DUPLICATE),  # INV 14
        (number in case.history.says_little, vetoes.TARGET_SAYS_LITTLE),  # INV 11
        (number == case.config.notice, vetoes.CONFIG_NOTICE),
        (number in case.history.secret, vetoes.TARGET_IS_REPORT),  # INV 44
    )
    return told_apart(case, number) or next((name for applies, name in rules if applies), None)


def target_vetoes(
    case: Case, target: Candidate, cluster: ClusterMatch | None, shown: Sequence[Candidate]
) -> tuple[str, ...]:
    """Everything that speaks against *duplicate of the target*: the three gates (score, gap to the next cluster, no
    contradicting fact), the state of the target, and what people said."""
    if target.number == case.history.confirmed:  # what a person knows, no score and no fact can deny
        return _state_vetoes(case, target.number)
    canonical = canonical_of(cluster.slug, case.issue.number, case.history, case.config) if cluster else None
    named = target.number == canonical
    held = None if named else _held(case, target.number)
    gates = (
        (target.probability < needed(case.thresholds.duplicate, named=named), vetoes.BELOW_THRESHOLD),
        (not named and _has_rival(case, target, shown), vetoes.AMBIGUOUS_CLUSTER),
        (bool(contradictions(target)), vetoes.CONTRADICTING_FACT),  # INV 10
        (bool(_own_contradictions(case, target, named=named)), vetoes.CONTRADICTING_OWN_FACT),  # INV 10
    )
    rest = (
        (case.history.reopened_by_person, vetoes.REOPENED_BY_PERSON),  # INV 19
        (held is not None, held or ""),  # INV 9
    )
    return (*_applying(gates), *_state_vetoes(case, target.number), *_applying(rest), *silencing(case))


def _applying(rules: Iterable[tuple[bool, str]]) -> tuple[str, ...]:
    return tuple(name for applies, name in rules if applies)


def _state_vetoes(case: Case, number: int) -> tuple[str, ...]:
    """What the target's state forbids (INV 3), and how this report stands to its fix (INV 15)."""
    known = case.history.issues[number]
    version, fix = newest(case.versions), fixed_in(known)
    has = None if version is None or fix is None else has_fix(version, fix)
    completed = known.state == "closed" and known.state_reason in {"completed", None}
    reported_before = known.closed_at is not None and case.issue.created_at < known.closed_at
    return _applying(
        (
            (known.state == "closed", vetoes.TARGET_CLOSED),
            (known.locked, vetoes.TARGET_LOCKED),
            (has is True, vetoes.NEWER_THAN_FIX),
            (completed and has is False, vetoes.OLDER_THAN_FIX),
            (completed and has is not True and reported_before, vetoes.REPORTED_BEFORE_FIX),
        )
    )


def _has_rival(case: Case, target: Candidate, shown: Iterable[Candidate]) -> bool:
    """Whether an issue of another cluster is nearly as probable, so that the score cannot tell which one it is."""
    home = case.history.clusters.get(target.number)
    return home is not None and any(
        case.history.clusters.get(one.number, home) != home
        and target.probability - one.probability < CLUSTER_MARGIN
        and not contradictions(one)
        for one in shown
    )


def silencing(case: Case) -> tuple[str, ...]:
    """What leaves nothing to be said: a person's objection (INV 17, 18), or a report too short to be compared."""
    little = has_little_information(case.text)
    return _applying(((case.history.objected, vetoes.OBJECTION), (little, vetoes.LITTLE_INFORMATION)))


def needed(cut: float, *, named: bool) -> float:
    """The probability from which on the policy says *duplicate*, at a scorer's cut; `named`: the target is the
    canonical issue of a known cluster that the report is in."""
    return cut if named else max(cut, UNNAMED_AT_LEAST)


def _held(case: Case, target: int) -> str | None:
    """Why the target's cluster, which no maintainer defined, may not act: too large to be one cause, or too loose."""
    defined = named_canonicals(case.config)
    reports = sum(1 for root in case.history.duplicates.values() if root == target)
    held = case.history.held.get(target)
    if held == "over-cap" or (target not in defined and reports >= case.config.limits.cluster_cap):
        return vetoes.CLUSTER_OVER_CAP
    return vetoes.CLUSTER_INCOHERENT if held == "incoherent" else None
