from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.changes import Change
from models.cluster import Cluster, Group
from models.constraints import Constraint, Constraints, Pin, resolve
from models.curation import Curation, Edit, curate
from models.reconcile import Fit, Reconciled, fresh_id, reconcile
from models.seating import Seating, settle_known

START = datetime(2026, 3, 1, tzinfo=UTC)
NUMBERS = range(1, 17)


def group(*members: int, held: str | None = None) -> Group:
    return Group(tuple(sorted(members)), 0.9, held, min(members))  # type: ignore[arg-type]


def cluster(name: str, *members: int, **fields: object) -> Cluster:
    return Cluster(name, f"Title of {name}", members=tuple(members), **fields)  # type: ignore[arg-type]


def fit(*groups: Group, known: Sequence[Cluster] = (), numbers: Iterable[int] = NUMBERS, cap: int | None = None) -> Fit:
    return Fit(groups, known, list(numbers), cap)


def night(
    previous: Sequence[Cluster], tonight: Fit, edits: Sequence[Edit] = (), said: Sequence[Constraint] = ()
) -> Reconciled:
    curation = curate(edits, [one.id for one in previous], [one.id for one in tonight.known])
    return reconcile(previous, tonight, resolve(said, curation.pins), curation)


def members(done: Reconciled) -> dict[str, tuple[int, ...]]:
    return {one.id: one.members for one in done.clusters}


def changed(done: Reconciled) -> dict[str, Change]:
    return {change.cluster: change for change in done.changes}


def edit(kind: str, name: str, *numbers: int, value: str | None = None, stayed: tuple[int, ...] = ()) -> Edit:
    return Edit(kind, START, "kim", name, numbers, value, stayed)


@st.composite
def partitions(draw: st.DrawFn) -> list[Group]:
    """Groups of two or more over the issues, the others noise."""
    homes = draw(st.lists(st.integers(0, 5), min_size=len(NUMBERS), max_size=len(NUMBERS)))
    found: dict[int, list[int]] = {}
    for number, home in zip(NUMBERS, homes, strict=True):
        found.setdefault(home, []).append(number)
    return [group(*numbers) for home, numbers in found.items() if home and len(numbers) > 1]


IDS = st.sampled_from(["c1", "c2", "c3", "c9", "billing", "login", "gone"])
SOME = st.lists(st.sampled_from(NUMBERS), max_size=4).map(tuple)
MOMENTS = st.integers(0, 9).map(lambda day: START + timedelta(days=day))
KINDS = st.sampled_from(["rename", "label", "canonical", "pin", "exclude", "merge", "split"])
EDITS = st.lists(st.builds(Edit, KINDS, MOMENTS, st.just("kim"), IDS, SOME, IDS, SOME), max_size=8)
SAID = st.lists(
    st.builds(
        Constraint, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.booleans(), MOMENTS, st.just("kim")
    ).filter(lambda one: one.one != one.other),
    max_size=8,
)
KNOWN = st.tuples(SOME, SOME).map(
    lambda found: [
        Cluster("billing", "Billing", slug="billing", members=tuple(sorted({*found[0]}))),
        Cluster("login", "Login", slug="login", members=tuple(sorted({*found[1]} - {*found[0]}))),
    ]
)


@st.composite
def nights(draw: st.DrawFn) -> tuple[list[Cluster], Fit, Constraints, Curation]:
    first = reconcile([], fit(*draw(partitions())), Constraints()).clusters
    tonight = fit(*draw(partitions()), known=draw(KNOWN), numbers=draw(st.sets(st.sampled_from(NUMBERS), min_size=8)))
    edits = [with_members(act, first) for act in draw(EDITS)]
    curation = curate(edits, [one.id for one in first], ["billing", "login"])
    return list(first), tonight, resolve(draw(SAID), curation.pins), curation


def with_members(act: Edit, clusters: Sequence[Cluster]) -> Edit:
    """A merge or a split as it is written down: with the members that the clusters had."""
    here = {one.id: one.members for one in clusters}
    if act.kind == "merge":
        return replace(act, numbers=here.get(act.value or "", ()), stayed=here.get(act.cluster, ()))
    if act.kind == "split":
        return replace(act, stayed=tuple(one for one in here.get(act.cluster, ()) if one not in act.numbers))
    return act


@given(nights())
def test_an_issue_is_in_at_most_one_cluster_and_ids_are_unique(
    case: tuple[list[Cluster], Fit, Constraints, Curation],
) -> None:
    previous, tonight, constraints, curation = case
    done = reconcile(previous, tonight, constraints, curation)
    placed = [number for one in done.clusters for number in one.members]
    assert len(placed) == len(set(placed))
    assert set(placed) <= set(tonight.numbers)
    assert len({one.id for one in done.clusters}) == len(done.clusters)
    assert all(list(one.members) == sorted(one.members) for one in done.clusters)


@given(nights())
def test_what_people_said_holds(case: tuple[list[Cluster], Fit, Constraints, Curation]) -> None:
    previous, tonight, constraints, curation = case
    done = reconcile(previous, tonight, constraints, curation)
    home = {number: one.id for one in done.clusters for number in one.members}
    there = set(tonight.numbers)
    assert all(home[one] == name for one, name in constraints.anchors.items() if one in there)
    assert all(home.get(one) != name for one, name in constraints.barred)
    assert all(one not in home or home[one] != home.get(other) for one, other in constraints.apart)
    assert all(len({home.get(one) for one in block & there}) <= 1 for block in constraints.blocks)


@given(nights())
def test_clusters_that_people_touched_or_defined_are_always_there(
    case: tuple[list[Cluster], Fit, Constraints, Curation],
) -> None:
    previous, tonight, constraints, curation = case
    done = {one.id: one for one in reconcile(previous, tonight, constraints, curation).clusters}
    assert curation.touched | {"billing", "login"} <= done.keys()
    assert all(done[name].title == title for name, title in curation.titles.items())
    assert all(done[name].label == label for name, label in curation.labels.items())
    assert not curation.aliases.keys() & done.keys()


@given(nights())
def test_the_same_night_again_changes_nothing(case: tuple[list[Cluster], Fit, Constraints, Curation]) -> None:
    previous, tonight, constraints, curation = case
    first = reconcile(previous, tonight, constraints, curation)
    again = reconcile(first.clusters, tonight, constraints, curation)
    assert again.clusters == first.clusters
    assert again.changes == ()
    assert (again.churn, again.dropped) == (0.0, 0.0)


@given(nights(), st.randoms(use_true_random=False))
def test_the_order_of_the_groups_does_not_matter(
    case: tuple[list[Cluster], Fit, Constraints, Curation], chance: object
) -> None:
    previous, tonight, constraints, curation = case
    shuffled = list(tonight.groups)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Fit(shuffled, tonight.known, tonight.numbers, tonight.cap)
    assert reconcile(previous, other, constraints, curation) == reconcile(previous, tonight, constraints, curation)


@given(nights())
def test_the_changes_lead_from_the_last_clusters_to_the_next(
    case: tuple[list[Cluster], Fit, Constraints, Curation],
) -> None:
    previous, tonight, constraints, curation = case
    done = reconcile(previous, tonight, constraints, curation)
    state = {one.id: set(one.members) for one in previous}
    for change in done.changes:
        assert change.reason
        if change.kind == "retired":
            assert state.pop(change.cluster) == set(change.left)
        else:
            state[change.cluster] = (state.get(change.cluster, set()) - set(change.left)) | set(change.joined)
    assert state == {one.id: set(one.members) for one in done.clusters}


def test_ids_stay_with_those_who_share_most() -> None:
    previous = [cluster("c1", 1, 2, 3, 4), cluster("c5", 5, 6, 7)]
    done = night(previous, fit(group(1, 2, 3, 9), group(4, 5, 6, 7)))
    assert members(done) == {"c1": (1, 2, 3, 9), "c5": (4, 5, 6, 7)}
    assert done.churn == 1 / 7
    assert changed(done)["c5"].reason == "1 joined (1 from c1)"


def test_ids_are_given_so_that_all_together_keep_most() -> None:
    previous = [cluster("c1", 1, 2, 3, 4, 5), cluster("c10", 10, 11, 12)]
    done = night(previous, fit(group(1, 2, 3, 10, 11, 12), group(4, 5)))
    assert members(done) == {"c10": (1, 2, 3, 10, 11, 12), "c1": (4, 5)}


def test_of_two_equal_halves_that_with_the_canonical_issue_keeps_the_id() -> None:
    done = night([cluster("c1", 1, 2, 3, 4, canonical=4)], fit(group(1, 2), group(3, 4)))
    assert members(done) == {"c1": (3, 4), "c1-2": (1, 2)}
    assert changed(done)["c1-2"].kind == "split"


def test_a_group_does_not_take_the_name_of_a_cluster_of_which_it_holds_a_splinter() -> None:
    done = night([cluster("c1", 1, 2, 3, 4, 5)], fit(group(5, 14, 15, 16)))
    assert members(done) == {"c5": (5, 14, 15, 16)}
    assert changed(done)["c1"].reason == "its reports are in c5"
    assert (done.churn, done.dropped) == (1.0, 0.8)


def test_an_id_that_was_ever_used_is_not_given_again() -> None:
    done = reconcile([], fit(group(1, 2), group(3, 4)), Constraints(), used=["c1", "c1-2"])
    assert members(done) == {"c1-3": (1, 2), "c3": (3, 4)}
    assert fresh_id([7, 5], []) == "c5"


def test_a_merge_by_the_fit_is_listed_with_the_cluster_that_ended() -> None:
    done = night([cluster("c1", 1, 2, 3), cluster("c5", 5, 6)], fit(group(1, 2, 3, 5, 6)))
    assert [(one.kind, one.cluster, one.others) for one in done.changes] == [
        ("merged", "c1", ("c5",)),
        ("retired", "c5", ("c1",)),
    ]
    assert done.churn == 2 / 5


def test_a_cluster_that_dissolves_is_retired_and_counts_as_churn() -> None:
    done = night([cluster("c1", 1, 2)], fit())
    assert [(one.kind, one.left, one.reason) for one in done.changes] == [
        ("retired", (1, 2), "its reports do not hang together any more")
    ]
    assert (done.churn, done.dropped) == (1.0, 1.0)


def test_issues_that_are_gone_are_no_churn() -> None:
    done = night([cluster("c1", 1, 2, 3), cluster("c5", 5, 6)], fit(group(1, 2), numbers=[1, 2]))
    assert members(done) == {"c1": (1, 2)}
    assert done.churn == 0
    assert changed(done)["c1"].reason == "1 left (1 gone)"
    assert changed(done)["c5"].reason == "none of its issues is there any more"


def test_a_renamed_cluster_keeps_its_members_where_no_group_answers_to_it() -> None:
    previous = [cluster("c1", 1, 2, 3, 4), cluster("c5", 5, 6)]
    tonight = fit(group(1, 2, 3, 4, 5, 6))
    named = edit("rename", "c5", value="Refunds")
    done = night(previous, tonight, [named])
    assert members(done) == {"c1": (1, 2, 3, 4), "c5": (5, 6)}
    assert (done.clusters[1].title, done.clusters[1].title_by) == ("Refunds", "person")
    assert members(night(previous, fit(group(1, 2, 3, 4)), [named]))["c5"] == (5, 6)


def test_a_name_that_was_taken_back_is_the_machines_to_give_again() -> None:
    (done,) = night([cluster("c1", 1, 2, title_by="person")], fit(group(1, 2))).clusters
    assert done.title_by == "machine"


def test_groups_that_people_merged_are_one_for_ever() -> None:
    merged = edit("merge", "c5", 1, 2, 3, value="c1", stayed=(5, 6))
    first = night([cluster("c1", 1, 2, 3), cluster("c5", 5, 6)], fit(group(1, 2, 3), group(5, 6)), [merged])
    assert members(first) == {"c5": (1, 2, 3, 5, 6)}
    assert (first.churn, [change.reason for change in first.changes]) == (0.0, ["merged by a person"] * 2)
    later = night(first.clusters, fit(group(1, 2, 3, 5, 11, 12, 13), group(6, 14)), [merged])
    assert members(later) == {"c5": (1, 2, 3, 5, 6, 11, 12, 13, 14)}


def test_a_merge_does_not_bring_a_separated_pair_together() -> None:
    merged = edit("merge", "c5", 1, 2, value="c1", stayed=(5, 6))
    said = [Constraint(2, 5, False, START, "kim")]
    done = night([cluster("c1", 1, 2), cluster("c5", 5, 6)], fit(group(1, 2), group(5, 6)), [merged], said)
    home = members(done)["c5"]
    assert not {2, 5} <= set(home)
    assert {1, 6} <= set(home)


def test_what_a_person_split_off_stays_apart_though_the_fit_finds_one_group() -> None:
    parted = edit("split", "c1", 3, 4, value="c3", stayed=(1, 2))
    previous = [cluster("c1", 1, 2, 3, 4)]
    done = night(previous, fit(group(1, 2, 3, 4, 9)), [parted])
    assert members(done)["c3"][:2] == (3, 4)
    assert {1, 2} <= set(members(done)["c1"])
    assert changed(done)["c3"].reason == "split off by a person"
    assert done.churn == 0


def test_an_excluded_issue_leaves_and_a_pinned_one_comes() -> None:
    acts = [edit("exclude", "c1", 4), edit("pin", "c1", 9)]
    done = night([cluster("c1", 1, 2, 3, 4)], fit(group(1, 2, 3, 4)), acts)
    assert members(done) == {"c1": (1, 2, 3, 9)}
    assert done.churn == 0


def test_moves_that_people_made_necessary_are_no_churn() -> None:
    previous = [cluster("c1", 1, 2, 3, 4), cluster("c5", 5, 6, 7)]
    together = night(previous, fit(group(1, 2, 3), group(4, 5, 6, 7)), said=[Constraint(4, 5, True, START, "kim")])
    assert (members(together)["c5"], together.churn) == ((4, 5, 6, 7), 0.0)
    apart = night(previous, fit(group(1, 2, 3), group(5, 6, 7)), said=[Constraint(1, 4, False, START, "kim")])
    assert (members(apart)["c1"], apart.churn) == ((1, 2, 3), 0.0)
    later = night(together.clusters, fit(group(1, 2, 3, 4), group(5, 6, 7)))
    assert later.churn == 1 / 7, "what nobody asked for counts again"


def test_a_canonical_that_a_person_set_is_kept_while_it_is_a_member() -> None:
    acts = [edit("canonical", "c1", 2)]
    assert night([cluster("c1", 1, 2, 3)], fit(group(1, 2, 3)), acts).clusters[0].canonical == 2
    gone = fit(group(1, 3), numbers=[1, 3])
    assert night([cluster("c1", 1, 2, 3)], gone, acts).clusters[0].canonical is None


def test_a_known_cluster_is_there_without_members() -> None:
    done = night([], fit(known=[Cluster("billing", "Billing", slug="billing", label="b", canonical=99)]))
    (found,) = done.clusters
    assert (found.id, found.title, found.title_by, found.label, found.canonical) == (
        "billing",
        "Billing",
        "config",
        "b",
        99,
    )
    assert changed(done)["billing"].reason == "defined in the configuration"


def test_issues_of_a_known_cluster_are_in_no_other() -> None:
    known = Cluster("billing", "Billing", slug="billing", members=(1, 2))
    done = night([cluster("c1", 1, 2, 3, 4)], fit(group(1, 2, 3, 4), known=[known]))
    assert members(done) == {"billing": (1, 2), "c1": (3, 4)}
    assert done.churn == 0, "a person defined it"


def test_a_known_cluster_taken_out_of_the_configuration_lives_on_with_its_name() -> None:
    previous = [Cluster("billing", "Billing", slug="billing", label="b", members=(1, 2, 3), title_by="config")]
    (found,) = night(previous, fit(group(1, 2, 3, 4))).clusters
    assert (found.id, found.title, found.slug, found.label, found.title_by) == (
        "billing",
        "Billing",
        None,
        None,
        "config",
    )
    done = night(previous, fit())
    assert done.clusters == ()
    assert done.churn == 0
    assert changed(done)["billing"].reason == "taken out of the configuration"


def test_known_clusters_are_settled_by_what_people_said() -> None:
    known = [
        Cluster("billing", "Billing", slug="billing", canonical=5, members=(2, 5)),
        Cluster("login", "Login", slug="login", members=(7, 8, 9)),
    ]
    constraints = resolve(
        [
            Constraint(2, 5, False, START, "kim"),
            Constraint(7, 11, True, START, "kim"),
            Constraint(5, 8, True, START, "kim"),
            Constraint(8, 9, True, START, "kim"),
        ],
        [Pin(12, "billing", True, START), Pin(7, "login", False, START)],
    )
    billing, login = settle_known(known, constraints, set(NUMBERS))
    assert billing.members == (5, 8, 9, 12), "8 and 9 go with the canonical issue, from which 2 is apart"
    assert login.members == ()


def test_the_later_of_two_separated_members_leaves_a_known_cluster_but_never_its_canonical() -> None:
    apart = resolve([Constraint(2, 5, False, START, "kim")])
    known = Cluster("billing", "Billing", slug="billing", members=(2, 5))
    assert settle_known([known], apart, {2, 5})[0].members == (2,)
    chosen = Cluster("billing", "Billing", slug="billing", canonical=5, members=(2, 5))
    assert settle_known([chosen], apart, {2, 5})[0].members == (5,)


def test_a_cluster_that_people_made_too_large_may_not_act() -> None:
    merged = edit("merge", "c5", 1, 2, 3, value="c1")
    tonight = fit(group(1, 2, 3), group(5, 6, held="incoherent"), cap=4)
    (found,) = night([cluster("c1", 1, 2, 3), cluster("c5", 5, 6)], tonight, [merged]).clusters
    assert found.held == "over-cap"
    tonight = fit(group(1, 2, 3), group(5, 6, held="incoherent"), cap=9)
    (found,) = night([cluster("c1", 1, 2, 3), cluster("c5", 5, 6)], tonight, [merged]).clusters
    assert found.held == "incoherent"


def test_units_are_asked_by_any_of_their_issues() -> None:
    seating = Seating(resolve([Constraint(3, 7, True, START, "kim")]), {3, 5, 7})
    assert seating.units([7, 5, 3, 99]) == [3, 5]
    assert seating.members([3, 5]) == [3, 7, 5]
