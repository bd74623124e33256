"""One issue → the case that the policy decides, and its decision. Reads and embeds; writes nothing to GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.activities.embed import embed
from bot.activities.overridden import as_curated, curation_of, kept_out_of
from bot.activities.own_facts import unlike
from bot.activities.view import cluster_view, status_of
from bot.activities.waves import wave_comments, waves_on
from bot.activities.words import confirmed_target, later_target, linked, told_groups
from bot.case import Case, History, Thresholds, root_of
from bot.comment import CommentView
from bot.errors import NotFound
from bot.index_cache import as_document
from bot.policy import decide
from bot.repo_config import RepoConfig
from bot.rules import named_canonicals, own_facts
from bot.sayable import Value, is_configured, is_sayable, open_values
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord, StoredIssue
from models.cluster import Cluster, KnownCluster
from models.company import Groups
from models.curation import Curation
from models.decision import Candidate, Decision, EffectKind
from models.document import Document
from models.facts import DISCRIMINATING
from models.matching import ClusterMatch, match_clusters
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.text import has_little_information, looks_like_security_report
from models.versions import newest

POOL = 100  # candidates retrieved and scored
CLUSTER = 0.5  # membership probability from which on a known cluster is named, where the artifact has no cut
RELATED_AT_LEAST = 0.5  # no link is worth a reader's click that is more probably wrong than right
KEPT = 25  # candidates that the policy sees


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision with the case that it rests on, the issue as a document, what a comment would show, and which scorer
    judged."""

    case: Case
    decision: Decision
    document: Document
    view: CommentView
    scorer_id: str


def judge(services: Services, repository: RepositoryRecord, number: int, config: RepoConfig) -> Judgement:
    """Decide one stored issue; raises NotFound where it was never read."""
    stored = services.storage.issue(repository.id, number)
    if stored is None:
        raise NotFound(f"{repository.full_name}#{number} is not in the database: import the repository first")
    index = services.indexes.index(repository.id)
    document = document_of(services, repository.id, stored)
    scorer, scorer_id = services.scorer_for(repository.id)
    curation = curation_of(services.storage, repository.id, config)
    defined, config = config.known_clusters(), as_curated(config, curation)
    known = _known(services, repository.id, number, config, curation)
    groups, members = told_groups(known.said, number), known.members
    candidates = _candidates(scorer, document, index, known.duplicates, groups)
    matches = matches_of(services, index, document, defined, _before(members, number))
    history = _history(services, repository.id, number, candidates, known, config)
    on = waves_on(services, repository.id)
    history = replace(
        history,
        waves=wave_comments(services, repository.id, on.keys() & members.keys()),
        unlike=unlike_best(document, matches, _before(members, number), index, config),
    )
    versions = document.facts.get("version", frozenset())
    case = Case(stored.issue, stored.text, candidates, matches, history, config, thresholds(scorer), versions)
    case, decision = _decided(services, repository.id, document, case, scorer, groups)
    cluster = cluster_view(services, repository.id, config, decision.cluster, members, stored.issue.created_at, on)
    status = status_of(services.storage, repository.id, decision.cluster, decision.canonical)
    sayable = _sayable(decision, document, index, config)
    view = CommentView(
        case.history.issues, cluster, status, newest(versions), sayable, DISCRIMINATING | own_facts(config)
    )
    return Judgement(case, decision, document, view, scorer_id)


def _sayable(decision: Decision, document: Document, index: IssueIndex, config: RepoConfig) -> frozenset[Value]:
    """The values in its evidence that may be shown, though they are of no fixed kind (INV 40)."""
    values = open_values(decision.links)
    authors = index.authors_of({value for value in values if not is_configured(value, config)})
    mine = {(name, value) for name, stated in document.facts.items() for value in stated}
    own = frozenset({document.author})
    return frozenset(
        value
        for value in values
        if is_sayable(value, authors.get(value, frozenset()) | (own if value in mine else frozenset()), config)
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What people said, issue → the root that it is a duplicate of, the known clusters' members by slug, and what
    people made of those clusters."""

    said: Sequence[FeedbackRecord]
    duplicates: Mapping[int, int]
    members: dict[str, Sequence[int]]
    curation: Curation


def _known(services: Services, repository_id: int, number: int, config: RepoConfig, curation: Curation) -> _Known:
    duplicates, said = services.storage.duplicates(repository_id), services.storage.feedback(repository_id)
    duplicates.pop(number, None)  # what was decided of this issue before must not decide it again
    told = {one.number for one in said if one.kind == "duplicate"}
    for canonical in named_canonicals(config) - told:
        duplicates.pop(canonical, None)  # what the bot concluded before a maintainer named it tells nothing any more
    roots = linked(said, duplicates, before=number)
    return _Known(said, roots, known_members(services, repository_id), curation)


def _candidates(
    scorer: PairScorer, document: Document, index: IssueIndex, duplicates: Mapping[int, int], groups: Groups
) -> list[Candidate]:
    """The best of the pool; and their roots, so that what is said of a root is true of it."""
    pool = index.retrieve(document, limit=POOL, before=document.number)
    best = scorer.judge(document, index, pool, groups)[:KEPT]
    roots = {root_of(one.number, duplicates) for one in best} - {one.number for one in best}
    earlier = sorted(root for root in roots if root < document.number and root in index)
    return [*best, *scorer.judge(document, index, earlier, groups)]


def _decided(
    services: Services, repository_id: int, document: Document, case: Case, scorer: PairScorer, groups: Groups
) -> tuple[Case, Decision]:
    """The decision, its target looked at and compared with the issue even where it was not retrieved, or was edited
    since it was embedded or came into its cluster (INV 10, 44)."""
    decision = decide(case)
    target = decision.canonical
    if target is None or target in {one.number for one in case.candidates}:
        return case, decision
    stored = services.storage.issue(repository_id, target)
    if stored is not None:
        if target not in {*case.history.secret, case.history.confirmed} and looks_like_security_report(stored.text):
            history = replace(case.history, secret=case.history.secret | {target})
            return _decided(services, repository_id, document, replace(case, history=history), scorer, groups)
        document_of(services, repository_id, stored)
    index = services.indexes.index(repository_id)
    if target not in index:
        return case, decision
    case = replace(case, candidates=[*case.candidates, *scorer.judge(document, index, [target], groups)])
    return case, decide(case)


def document_of(services: Services, repository_id: int, stored: StoredIssue) -> Document:
    """The issue with its vectors; embedded now where its present text was not yet (INV 13)."""
    model_id = str(services.embedder.model_id)
    for attempt in range(2):
        rows = list(services.storage.vectors(repository_id, model_id, [stored.issue.number]))
        if rows and rows[0].text_hash == stored.text_hash:
            return as_document(stored, rows[0].vectors)
        if attempt == 0:
            embed(services, repository_id, [stored])
    raise NotFound(f"issue {stored.issue.number} changed while it was embedded")


def matches_of(
    services: Services,
    index: IssueIndex,
    document: Document,
    clusters: Sequence[KnownCluster],
    members: Mapping[str, Sequence[int]],
) -> list[ClusterMatch]:
    """The known clusters, most probable first; `members` leave the issue itself out."""
    profiles = services.indexes.profiles(clusters)
    return match_clusters(document, clusters, members, index, services.scorer, services.embedder, profiles)


def known_members(services: Services, repository_id: int) -> dict[str, Sequence[int]]:
    """Slug of each known cluster → its members in the generation in force."""
    known = services.storage.clusters_in_force(repository_id, known=True)
    return {str(cluster.slug): cluster.members for cluster in known}


def unlike_best(
    document: Document,
    matches: Sequence[ClusterMatch],
    members: Mapping[str, Sequence[int]],
    index: IssueIndex,
    config: RepoConfig,
) -> frozenset[str]:
    """The own facts in which the issue is unlike the known cluster that it resembles most; `members` came before it."""
    return unlike(document, own_facts(config), members.get(matches[0].slug, ()), index) if matches else frozenset()


def _before(members: dict[str, Sequence[int]], number: int) -> dict[str, Sequence[int]]:
    return {slug: [one for one in numbers if one < number] for slug, numbers in members.items()}


def thresholds(scorer: PairScorer) -> Thresholds:
    """The scorer's cuts."""
    cuts = scorer.thresholds
    return Thresholds(cuts["duplicate"], max(cuts["related"], RELATED_AT_LEAST), cuts.get("cluster", CLUSTER))


def _history(
    services: Services,
    repository_id: int,
    number: int,
    candidates: Sequence[Candidate],
    known: _Known,
    config: RepoConfig,
) -> History:
    said, duplicates, members = known.said, known.duplicates, known.members
    named = [cluster.canonical for cluster in config.clusters if cluster.canonical]
    numbers = {candidate.number for candidate in candidates} | set(named)
    joined = {one for group in members.values() for one in group} - numbers  # a secret one is seen when chosen (INV 44)
    numbers |= joined
    confirmed = confirmed_target(said, number, duplicates)
    numbers |= {root_of(one, duplicates) for one in numbers} | ({confirmed} if confirmed else set())
    rows = list(services.storage.issues(repository_id, sorted(numbers)))
    fit = {row.issue.number for row in rows if not row.issue.is_pull_request}
    if confirmed not in fit - _secret(row for row in rows if row.issue.number == confirmed):
        confirmed = None  # INV 7, 44
    in_force = services.storage.clusters_in_force(repository_id, holding=numbers)
    reopened = any(one.kind == "reopened" and one.number == number for one in said)
    return History(
        issues={row.issue.number: row.issue for row in rows},
        duplicates=duplicates,
        separated=_separated(said, number) | _parted(known, number, config, confirmed),
        says_little=frozenset(row.issue.number for row in rows if has_little_information(row.text)),
        secret=_secret(row for row in rows if row.issue.number not in joined),
        members=members,
        held=_held(in_force, number, config),
        clusters={member: one.id for one in in_force for member in one.members},
        named=frozenset(root_of(one.other, duplicates) for one in said if one.kind == "duplicate" and one.other),
        confirmed=confirmed,
        named_later=later_target(said, number, duplicates),
        objected=any(one.kind == "objection" and one.number == number for one in said),
        reopened_by_person=reopened,
        closed_by_us=not reopened and closed_by_us(services, repository_id, number),
    )


def _secret(rows: Iterable[StoredIssue]) -> frozenset[int]:
    return frozenset(row.issue.number for row in rows if looks_like_security_report(row.text))


def closed_by_us(services: Services, repository_id: int, number: int) -> bool:
    """Whether the last that the bot did to the issue's state was to close it."""
    kinds = (EffectKind.CLOSE.value, EffectKind.REOPEN.value)
    rows = [one for one in services.storage.effects(repository_id, number=number) if one.kind in kinds]
    last = next((one for one in rows if one.state == "done"), None)
    return last is not None and last.kind == EffectKind.CLOSE.value


def _held(clusters: Iterable[Cluster], number: int, config: RepoConfig) -> dict[int, str]:
    """Why those of the issues that are in a cluster that is held may not be acted on (INV 9).

    An issue and what came after it do not count into the cap: decided again, it meets what it met at first.
    """
    cap = config.limits.cluster_cap
    return {
        member: one.held
        for one in clusters
        if one.held == "incoherent" or (one.held and sum(member < number for member in one.members) > cap)
        for member in one.members
    }


def _parted(known: _Known, number: int, config: RepoConfig, confirmed: int | None) -> frozenset[int]:
    """The members and canonical issues of the known clusters that people took the issue out of; what they said of the
    issue itself outweighs that."""
    slugs = kept_out_of(known.curation, config, number)
    members = {one for slug in slugs for one in known.members.get(slug, ())}
    members |= {one.canonical for one in config.clusters if one.slug in slugs and one.canonical is not None}
    return frozenset() if confirmed in members else frozenset(members - {number})


def _separated(said: Iterable[FeedbackRecord], number: int) -> frozenset[int]:
    pairs = [(one.number, one.other) for one in said if one.kind == "separated" and one.other is not None]
    return frozenset(b if a == number else a for a, b in pairs if number in (a, b))
