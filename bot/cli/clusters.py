"""`triage clusters`: see the clusters in force, and set what every refit has to keep."""

from __future__ import annotations

import getpass
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

import typer

from bot.activities.curate import UNDO, Acted, act, last_act, split_of
from bot.activities.follow import counted
from bot.activities.observe import config_in_force
from bot.activities.people import people_of
from bot.activities.portrait import portrait
from bot.cli.cluster_tables import act_data, cluster_data, cut, portrait_data, print_act, print_list, print_portrait
from bot.cli.opened import known_repository, out, print_json, services_for, settings_for_command
from bot.errors import NotFound, TriageError
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.cluster import Cluster
from models.curation import Edit, fit_label, fit_title

clusters_app = typer.Typer(help="See the clusters, and set what every refit keeps.", no_args_is_help=True)

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
Named = Annotated[str, typer.Argument(help="The cluster's id, slug or title.", metavar="CLUSTER")]
Numbers = Annotated[list[int], typer.Argument(help="Issue numbers.", metavar="N…", min=1)]
Actor = Annotated[str | None, typer.Option("--as", help="Who does it; otherwise your user name.", metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
NoValue = Annotated[bool, typer.Option("--none", help="Take it away.")]


@clusters_app.command("list")
def list_clusters(
    repository: Repository,
    held: Annotated[bool, typer.Option("--held", help="Only those that may not act.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every cluster in force, the largest first."""
    with _opened(repository) as one:
        generation = one.services.storage.current_generation(one.record.id)
        found = [each for each in (generation.clusters if generation else ()) if each.held or not held]
        found.sort(key=lambda each: (-len(each.members), each.id))
        if as_json:
            number = generation.number if generation else None
            print_json({"generation": number, "clusters": [cluster_data(each) for each in found]})
        else:
            print_list(one.services, one.record, generation, found)


@clusters_app.command("show")
def show(repository: Repository, cluster: Named, as_json: AsJson = False) -> None:
    """One cluster: its variants, versions, platforms, growth, canonical issue and members."""
    with _opened(repository) as one:
        seen = portrait(one.services, one.record.id, one.cluster(cluster), one.services.clock())
        data = portrait_data(one.services, one.record, one.config, seen)
        if as_json:
            print_json(data)
        else:
            print_portrait(seen, data)


@clusters_app.command("edits")
def edits(repository: Repository, as_json: AsJson = False) -> None:
    """What people set, act by act; an act that was taken back says by which."""
    with _opened(repository) as one:
        kept = one.services.storage.edits(one.record.id)
        if as_json:
            print_json({"edits": [act_data(each) for each in kept]})
        else:
            for each in kept:
                print_act(each)


@clusters_app.command("rename")
def rename(repository: Repository, cluster: Named, title: str, actor: Actor = None, as_json: AsJson = False) -> None:
    """Give a cluster a title for good."""
    name = _fit(fit_title, title)
    if not name:
        raise typer.BadParameter("give a title; `clusters undo` takes one back")
    _do(repository, cluster, actor, lambda one, each: one.edit("rename", each, value=name), as_json=as_json)


@clusters_app.command("label")
def label(
    repository: Repository,
    cluster: Named,
    label: Annotated[str | None, typer.Argument(help="The label's name.")] = None,
    none: NoValue = False,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Say which label stands for a cluster, or with --none that none does."""
    value = _fit(fit_label, label) if label is not None else None
    if (value is None) != none or value == "":
        raise typer.BadParameter("give a label, or --none")
    _do(repository, cluster, actor, lambda one, each: one.edit("label", each, value=value), as_json=as_json)


@clusters_app.command("set-canonical")
def set_canonical(
    repository: Repository,
    cluster: Named,
    number: Annotated[int | None, typer.Argument(help="The issue.", min=1)] = None,
    none: NoValue = False,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Say which issue a cluster's reports are pointed to, or with --none leave it to the policy."""
    if (number is None) != none:
        raise typer.BadParameter("give an issue's number, or --none")
    numbers = () if number is None else (number,)
    _do(repository, cluster, actor, lambda one, each: one.edit("canonical", each, numbers), as_json=as_json)


@clusters_app.command("pin")
def pin(repository: Repository, cluster: Named, numbers: Numbers, actor: Actor = None, as_json: AsJson = False) -> None:
    """Keep issues in a cluster."""
    _do(repository, cluster, actor, lambda one, each: one.edit("pin", each, tuple(numbers)), as_json=as_json)


@clusters_app.command("exclude")
def exclude(
    repository: Repository, cluster: Named, numbers: Numbers, actor: Actor = None, as_json: AsJson = False
) -> None:
    """Keep issues out of a cluster."""
    _do(repository, cluster, actor, lambda one, each: one.edit("exclude", each, tuple(numbers)), as_json=as_json)


@clusters_app.command("merge")
def merge(
    repository: Repository,
    cluster: Annotated[str, typer.Argument(help="The one that ends.", metavar="FROM")],
    into: Annotated[str, typer.Argument(help="The one that takes it in.", metavar="INTO")],
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Make two clusters one, under the second one's id."""

    def merging(one: _Opened, gone: Cluster) -> Edit:
        stays = one.cluster(into)
        if gone.slug is not None:
            raise TriageError(f"{gone.id} is defined in the configuration, so it cannot end: merge into it instead")
        if stays.id == gone.id:
            raise TriageError(f"{gone.id} cannot be merged into itself")
        return one.edit("merge", stays, gone.members, value=gone.id, stayed=stays.members)

    _do(repository, cluster, actor, merging, as_json=as_json)


@clusters_app.command("split")
def split(
    repository: Repository, cluster: Named, numbers: Numbers, actor: Actor = None, as_json: AsJson = False
) -> None:
    """Take issues out of a cluster and make them one of their own."""

    def splitting(one: _Opened, whole: Cluster) -> Edit:
        strangers = sorted(set(numbers) - set(whole.members))
        if strangers:
            raise NotFound(f"#{strangers[0]} is not in {whole.id}")
        return split_of(one.services, one.record.id, whole, numbers, one.actor)

    _do(repository, cluster, actor, splitting, as_json=as_json)


@clusters_app.command("undo")
def undo(
    repository: Repository,
    number: Annotated[int | None, typer.Argument(help="The act's number (`clusters edits`); the last.", min=1)] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Take back what was set."""
    with _opened(repository, actor) as one, one.services.storage.lock(one.record.id):
        taken_back = last_act(one.services, one.record.id, number)
        edit = Edit(UNDO, one.services.clock(), one.actor, taken_back.edit.cluster, value=str(taken_back.id))
        done = act(one.services, one.record, one.config, edit, undoes=taken_back.id)
    _tell(done, as_json=as_json, first=f"undone: {taken_back.edit.kind} of {taken_back.edit.cluster}")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A repository whose clusters are looked at or changed."""

    services: Services
    record: RepositoryRecord
    actor: str

    @property
    def config(self) -> RepoConfig:
        return config_in_force(self.services, self.record)

    def cluster(self, name: str) -> Cluster:
        """By id or slug, else by title; NotFound with what was perhaps meant."""
        generation = self.services.storage.current_generation(self.record.id)
        clusters = generation.clusters if generation else ()
        if not clusters:
            full_name = self.record.full_name
            raise NotFound(f"{full_name} has no clusters yet: run `triage refit {full_name}` first")
        by_id = {known.casefold(): one for one in clusters for known in (one.slug or one.id, one.id)}
        by_title: dict[str, list[Cluster]] = defaultdict(list)
        for one in clusters:
            by_title[one.title.casefold()].append(one)
        wanted = self._alias(name.strip(), clusters).casefold()
        found = [by_id[wanted]] if wanted in by_id else by_title.get(wanted, [])
        if len(found) > 1:
            raise NotFound(f"{name!r} names several clusters: {', '.join(one.id for one in found)}")
        if not found:
            raise NotFound(f"{self.record.full_name} has no cluster {cut(name)!r}{_meant(name, [*by_id, *by_title])}")
        return found[0]

    def _alias(self, name: str, clusters: Sequence[Cluster]) -> str:
        """The id that a merged cluster's means now; any other name as it is."""
        return people_of(self.services, self.record.id, self.config, clusters).curation.aliases.get(name, name)

    def edit(
        self,
        kind: str,
        cluster: Cluster,
        numbers: Sequence[int] = (),
        value: str | None = None,
        stayed: tuple[int, ...] = (),
    ) -> Edit:
        """An act of this person, now."""
        chosen = tuple(dict.fromkeys(numbers))
        return Edit(kind, self.services.clock(), self.actor, cluster.id, chosen, value, stayed)


def _fit(rule: Callable[[str], str], text: str) -> str:
    try:
        return rule(text)
    except ValueError as unfit:
        raise typer.BadParameter(str(unfit)) from unfit


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
    return f": did you mean {' or '.join(near)}?" if near else " (`triage clusters list` shows them)"


@contextmanager
def _opened(repository: str, actor: str | None = None) -> Iterator[_Opened]:
    person = _fit(lambda said: fit_label(said, "a name"), actor or "") or _user()
    with services_for(settings_for_command(), offline=True) as services:
        yield _Opened(services, known_repository(services, repository), person)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return "operator"


def _do(
    repository: str, cluster: str, actor: str | None, edit: Callable[[_Opened, Cluster], Edit], *, as_json: bool
) -> None:
    with _opened(repository, actor) as one, one.services.storage.lock(one.record.id):
        done = act(one.services, one.record, one.config, edit(one, one.cluster(cluster)))
    _tell(done, as_json=as_json)


def _tell(done: Acted, *, as_json: bool, first: str = "") -> None:
    if as_json:
        changed = [cluster_data(one) for one in done.changed]
        print_json({"edit": done.id, "changed": changed, "gone": list(done.gone), "problems": list(done.problems)})
        return
    if first:
        out.print(first, markup=False)
    for one in done.changed:
        out.print(f"{one.id}: {one.title} · {counted(len(one.members))}", markup=False, soft_wrap=True)
    for gone in done.gone:
        out.print(f"{gone}: ended", markup=False)
    for problem in done.problems:
        out.print(f"note: {problem}", markup=False)
    out.print(f"kept as act {done.id}; every refit keeps it, `triage clusters undo` takes it back", markup=False)
