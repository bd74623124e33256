"""One cluster: where its title and canonical issue come from, variants, growth, members, what people set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.storage.page_records import IssueQuery, IssueRow, MemberRow
from bot.storage.records import EditRecord, WaveRecord
from models.cluster import Cluster
from models.tallies import growth, round_spans, stated
from webhooks.dashboard import words
from webhooks.dashboard.canonical import Canonical, canonical_of
from webhooks.dashboard.lists import Listing, last_of, wanted
from webhooks.dashboard.page import Asked, Page, PageMissing, Table

MOST = 2000  # members whose facts are counted, the newest
BUCKETS = 60
VALUES_SHOWN = 8  # of each fact
NEAR_SHOWN = 30  # other clusters that are offered for a merge
WAVES_SHOWN = 5
HISTORY_SHOWN = 50
SORTS = ("number", "updated", "probability")
FIRST = ("status_code", "error_type", "exception", "exit_code", "plan", "os", "version", "model", "terminal")


@dataclass(frozen=True, slots=True)
class Variant:
    """One value of a fact: how many members state it, and of those that state the fact at all, which share."""

    value: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the members. `values`: the most frequent ones; `more`: how many others there are."""

    name: str
    title: str
    stated: int
    values: Sequence[Variant]
    more: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Reports in each of equal spans of whole hours, days or weeks."""

    since: datetime
    until: datetime
    counts: Sequence[int]

    @property
    def span(self) -> timedelta:
        """How long each is."""
        return (self.until - self.since) / len(self.counts)


@dataclass(frozen=True, slots=True)
class Burst:
    """A wave of the cluster; on while `ended_at` is None."""

    began_at: datetime
    ended_at: datetime | None
    reports: int
    expected: float
    peak_per_hour: int


@dataclass(frozen=True, slots=True)
class Done:
    """An act of a person on the cluster. `edit`: by what it is undone, where it still holds."""

    id: int
    at: datetime
    actor: str
    words: str
    undone: bool
    is_undo: bool


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """The page."""

    id: str
    title: str
    title_by: str
    slug: str | None
    label: str | None
    held: str | None
    coherence: float
    terms: Sequence[str]
    reports: int
    open: int
    first_seen: datetime | None
    last_seen: datetime | None
    counted: int
    canonical: Canonical
    facts: Sequence[Fact]
    growth: Growth | None
    waves: Sequence[Burst]
    members: Sequence[IssueRow]
    list: Listing
    history: Sequence[Done]
    others: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """A cluster that was there once. `into`: the one that it was merged into."""

    id: str
    title: str
    into: str | None
    into_title: str | None
    history: Sequence[Done]
    members: Sequence[IssueRow] = ()


def read(asked: Asked) -> ClusterPage | Ended:
    """The model of the page."""
    found = asked.storage.clusters_in_force(asked.repository.id, ids=[asked.path["cluster"]])
    return _in_force(asked, found[0]) if found else _ended(asked, asked.path["cluster"])


def _ended(asked: Asked, cluster_id: str) -> Ended:
    """Raises PageMissing where there never was such a cluster."""
    storage, repository_id = asked.storage, asked.repository.id
    if cluster_id not in storage.cluster_ids(repository_id, cluster_id):
        raise PageMissing
    edits = [one for one in storage.edits(repository_id) if cluster_id in {one.edit.cluster, one.edit.value}]
    merges = [one.edit for one in edits if one.edit.kind == "merge" and one.edit.value == cluster_id]
    into = merges[-1].cluster if merges else None
    named = storage.clusters_in_force(repository_id, ids=[into]) if into is not None else ()
    return Ended(cluster_id, cluster_id, into, named[0].title if named else into, history(edits, cluster_id))


def _in_force(asked: Asked, cluster: Cluster) -> ClusterPage:
    storage, repository_id = asked.storage, asked.repository.id
    rows = storage.cluster_members(repository_id, cluster.id, MOST)
    want = wanted(asked, SORTS, {})
    query = IssueQuery(
        cluster=cluster.id,
        sort=want.sort,  # type: ignore[arg-type] # one of SORTS
        descending=want.descending,
        limit=want.part,
        offset=want.offset,
        after=asked.after,
    )
    members = storage.find_issues(repository_id, query)
    edits = [one for one in storage.edits(repository_id) if cluster.id in {one.edit.cluster, one.edit.value}]
    moments = sorted(row.issue.created_at for row in rows)
    return ClusterPage(
        id=cluster.id,
        title=cluster.title,
        title_by=cluster.title_by,
        slug=cluster.slug,
        label=cluster.label,
        held=cluster.held,
        coherence=cluster.coherence,
        terms=cluster.terms,
        reports=len(cluster.members),
        open=sum(row.issue.state == "open" for row in rows),
        first_seen=moments[0] if moments else None,
        last_seen=moments[-1] if moments else None,
        counted=len(rows),
        canonical=canonical_of(storage, repository_id, cluster, rows),
        facts=facts_of(rows),
        growth=_growth(moments, asked.now),
        waves=[_burst(one) for one in storage.waves(repository_id, cluster_id=cluster.id, limit=WAVES_SHOWN)],
        members=members.rows,
        list=want.listing(members.total),
        history=history(edits, cluster.id),
        others=_others(asked, cluster),
    )


def facts_of(rows: Sequence[MemberRow]) -> list[Fact]:
    """How many members state each value of each fact, those that tell reports apart first."""
    counted = stated(row.facts for row in rows)
    order = sorted(counted.keys() - words.UNTOLD, key=lambda name: (name in FIRST, name))
    names = [*(name for name in FIRST if name in counted), *(name for name in order if name not in FIRST)]
    return [_fact(name, counted[name], sum(name in row.facts for row in rows)) for name in names]


def _fact(name: str, counts: Mapping[str, int], stating: int) -> Fact:
    shown = list(counts.items())[:VALUES_SHOWN]
    values = [Variant(words.value(name, value), count, count / stating) for value, count in shown]
    return Fact(name, words.fact(name), stating, values, len(counts) - len(shown))


def _growth(moments: Sequence[datetime], now: datetime) -> Growth | None:
    if not moments:
        return None
    since, span, spans = round_spans(moments[0], max(now, moments[-1]), BUCKETS)
    until = since + spans * span
    return Growth(since, until, growth(moments, until, spans, since))


def _burst(record: WaveRecord) -> Burst:
    wave = record.wave
    return Burst(wave.began_at, wave.ended_at, wave.reports, wave.expected, wave.peak_per_hour)


def history(edits: Sequence[EditRecord], cluster_id: str) -> list[Done]:
    """What people did to the cluster, the newest first."""
    newest = sorted(edits, key=lambda one: -one.id)[:HISTORY_SHOWN]
    return [
        Done(one.id, one.edit.at, one.edit.actor, _told(one, cluster_id), one.undone_by is not None, _is_undo(one))
        for one in newest
    ]


def _is_undo(record: EditRecord) -> bool:
    return record.edit.kind == "undo"


def _told(record: EditRecord, cluster_id: str) -> str:
    edit = record.edit
    numbers = " ".join(f"#{number}" for number in edit.numbers[:12]) + (" …" if len(edit.numbers) > 12 else "")
    sentences = {
        "rename": f"named it “{edit.value}”" if edit.value else "took its title away",
        "label": f"set the label {edit.value}" if edit.value else "took its label away",
        "canonical": f"made {numbers} its canonical issue"
        if edit.numbers
        else "left the canonical issue to the policy",
        "pin": f"put {numbers} in for good",
        "exclude": f"kept {numbers} out",
        "merge": f"merged {edit.value} into it" if edit.cluster == cluster_id else f"merged it into {edit.cluster}",
        "split": f"took {numbers} out as {edit.value}" if edit.cluster == cluster_id else f"made it of {edit.cluster}",
        "undo": f"took act {edit.value} back",
    }
    return sentences.get(edit.kind, edit.kind)


def _others(asked: Asked, cluster: Cluster) -> dict[str, str]:
    """Clusters whose titles share most words with this one's, to be offered for a merge."""
    mine = {*cluster.title.casefold().split(), *(term.casefold() for term in cluster.terms)}
    titles = asked.storage.cluster_titles(asked.repository.id)
    shared = {name: len(mine & set(title.casefold().split())) for name, title in titles.items() if name != cluster.id}
    best = sorted(shared, key=lambda name: (-shared[name], titles[name]))[:NEAR_SHOWN]
    return {name: titles[name] for name in best}


def _table(model: ClusterPage | Ended) -> Table:
    columns = ("issue", "title", "state", "opened", "verdict", "canonical", "probability")
    rows = [
        (one.number, one.title, one.state, one.created_at, one.verdict, one.canonical, one.probability)
        for one in model.members
    ]
    return Table(columns, rows)


def _mark(_: Asked, model: ClusterPage | Ended) -> IssueRow | None:
    return last_of(model.members)


PAGE = Page("/clusters/{cluster}", "Cluster", "cluster.html", read, table=_table, rows=("members",), mark=_mark)
