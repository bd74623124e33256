"""Clusters as they are shown: a title and key terms, the canonical issue, and the parts that their facts make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.activities.people import apart_of
from bot.case import root_of
from bot.services import Services
from models.canonical import CanonicalChoice, Standing, choose_canonical
from models.cluster import Cluster
from models.document import Document
from models.forest import roots_of
from models.issue import Issue
from models.naming import Background, around, background, name
from models.retrieval import IssueIndex
from models.text import has_little_information, looks_like_security_report
from models.variants import variants


def dressed(
    services: Services,
    repository_id: int,
    index: IssueIndex,
    clusters: Sequence[Cluster],
    medoids: Mapping[str, int],
) -> tuple[Cluster, ...]:
    """The clusters with what the machine says of them; a title or canonical issue that is set stays."""
    if not clusters:
        return ()
    known = background(index)
    past = past_of(services, repository_id, clusters)
    return tuple(_dressed(one, _documents(index, one), known, past, medoids.get(one.id)) for one in clusters)


def christened(index: IssueIndex, cluster: Cluster) -> Cluster:
    """A cluster that begins between two refits, with a name; the time that takes does not grow with the repository."""
    documents = _documents(index, cluster)
    if not documents:
        return cluster
    called = name(documents, around(index), documents[0].number)
    return replace(cluster, title=called.title, terms=called.terms)


def _dressed(
    cluster: Cluster, documents: Sequence[Document], known: Background, past: Past, medoid: int | None
) -> Cluster:
    if documents:
        called = name(documents, known, documents[0].number if medoid is None else medoid, cluster.title)
        title = called.title if cluster.title_by == "machine" else cluster.title
        parts = variants({document.number: document.facts for document in documents})
        cluster = replace(cluster, title=title, terms=called.terms, parts=parts)
    return replace(cluster, canonical=past.canonical(cluster, documents, cluster.canonical).number)


def repointed(
    services: Services, repository_id: int, clusters: Sequence[Cluster], fixed: Collection[str]
) -> tuple[Cluster, ...]:
    """The clusters with the canonical issue that the policy chooses now, but for those (ids) for which one is set that
    can be it."""
    index, past = services.indexes.index(repository_id), past_of(services, repository_id, clusters)
    standing = {one.id: one.canonical if one.id in fixed else None for one in clusters}
    chosen = {one.id: past.canonical(one, _documents(index, one), standing[one.id]).number for one in clusters}
    return tuple(replace(one, canonical=chosen[one.id]) for one in clusters)


def canonical_choice(
    services: Services, repository_id: int, cluster: Cluster, configured: int | None
) -> CanonicalChoice:
    """The cluster's canonical issue as the policy would choose it now, and why; `configured`: what is set."""
    documents = _documents(services.indexes.index(repository_id), cluster)
    return past_of(services, repository_id, [cluster]).canonical(cluster, documents, configured)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the members of some clusters: the issues, the duplicates, whom people named for one, which of
    these read like security reports, and whom people told apart (member → those)."""

    issues: Mapping[int, Issue]
    duplicates: Mapping[int, int]
    confirmed: Collection[int]
    secret: frozenset[int]
    apart: Mapping[int, frozenset[int]]

    def canonical(self, cluster: Cluster, documents: Sequence[Document], configured: int | None) -> CanonicalChoice:
        """By the written policy of `models.canonical`."""
        unfit = {document.number for document in documents if has_little_information(document.text)} | self.secret
        apart = {foe for member in cluster.members for foe in self.apart.get(member, ())}
        unfit |= apart - set(cluster.members)  # INV 8; of two members who were told apart, people put both here since
        roots = {number: root_of(number, self.duplicates) for number in cluster.members}
        return choose_canonical(roots, self.issues, Standing(configured, self.confirmed, unfit))


def past_of(services: Services, repository_id: int, clusters: Sequence[Cluster]) -> Past:
    """Read for all of the clusters at once."""
    duplicates = roots_of(services.storage.duplicates(repository_id))
    members = {number for one in clusters for number in one.members}
    canonicals = {one.canonical for one in clusters if one.canonical is not None}
    wanted = members | canonicals | {root_of(number, duplicates) for number in members}
    rows = list(services.storage.issues(repository_id, sorted(wanted)))
    said = services.storage.feedback(repository_id)
    named = {root_of(one.other, duplicates) for one in said if one.kind == "duplicate" and one.other is not None}
    roots = [row for row in rows if row.issue.number not in members]  # of the members none is secret (INV 44)
    secret = frozenset(row.issue.number for row in roots if looks_like_security_report(row.text))
    issues = {row.issue.number: row.issue for row in rows}
    return Past(issues, duplicates, named, secret, apart_of(said, members))


def _documents(index: IssueIndex, cluster: Cluster) -> list[Document]:
    return [index.document(number) for number in cluster.members if number in index]
