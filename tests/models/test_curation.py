from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.cluster import Cluster
from models.constraints import resolve
from models.curation import Curation, Edit, curate, renamed_slugs

START = datetime(2026, 3, 1, tzinfo=UTC)
THERE = ("c1", "c2", "c3")


def edit(kind: str, cluster: str, day: int, *, numbers: tuple[int, ...] = (), value: str | None = None) -> Edit:
    return Edit(kind, START + timedelta(days=day), "kim", cluster, numbers, value)


def merge(value: str, into: str, day: int, members: tuple[int, ...] = (), stayed: tuple[int, ...] = ()) -> Edit:
    return Edit("merge", START + timedelta(days=day), "kim", into, members, value, stayed)


def split(cluster: str, value: str, day: int, leave: tuple[int, ...], stayed: tuple[int, ...] = ()) -> Edit:
    return Edit("split", START + timedelta(days=day), "kim", cluster, leave, value, stayed)


def anchors(curation: Curation) -> dict[int, str]:
    return dict(resolve([], curation.pins).anchors)


KINDS = st.sampled_from(["rename", "label", "canonical", "pin", "exclude", "merge", "split", "undo", "dance"])
IDS = st.sampled_from(["c1", "c2", "c3", "c9", "slug", "gone"])
NUMBERS = st.lists(st.integers(1, 8), max_size=3).map(tuple)
EDITS = st.lists(
    st.builds(
        Edit,
        KINDS,
        st.integers(0, 9).map(lambda day: START + timedelta(days=day)),
        st.just("kim"),
        IDS,
        NUMBERS,
        IDS | st.none(),
        NUMBERS,
    ),
    max_size=12,
)


@given(EDITS)
def test_whatever_was_set_it_speaks_of_clusters_that_are_there(edits: list[Edit]) -> None:
    there = {"c1", "c2", "c3", "slug"}
    curation = curate(edits, ["c1", "c2", "c3"], ["slug"])
    there |= curation.made
    assert {pin.cluster for pin in curation.pins} <= there - curation.aliases.keys()
    assert {*curation.titles, *curation.labels, *curation.canonicals} <= there - curation.aliases.keys()
    assert curation.touched <= there - curation.aliases.keys()
    assert {*curation.aliases.values()} <= there - curation.aliases.keys()
    assert "slug" not in curation.aliases


@given(EDITS)
def test_tomorrow_the_same_edits_say_the_same(edits: list[Edit]) -> None:
    first = curate(edits, ["c1", "c2", "c3"], ["slug"])
    left = ({"c1", "c2", "c3"} - first.aliases.keys()) | first.made
    again = curate(edits, left, ["slug"])
    assert (again.pins, again.titles, again.labels, again.canonicals, again.touched) == (
        first.pins,
        first.titles,
        first.labels,
        first.canonicals,
        first.touched,
    )


def test_the_newest_name_label_and_canonical_win() -> None:
    acts = [
        edit("rename", "c1", 2, value="New"),
        edit("rename", "c1", 1, value="Old"),
        edit("label", "c1", 1, value="billing"),
        edit("label", "c1", 2, value=None),
        edit("canonical", "c1", 1, numbers=(5,)),
        edit("canonical", "c1", 2, numbers=(6,)),
    ]
    curation = curate(acts, THERE)
    assert (curation.titles, curation.labels, curation.canonicals) == ({"c1": "New"}, {"c1": None}, {"c1": 6})
    assert curation.touched == {"c1"}


def test_a_name_and_a_canonical_can_be_taken_away() -> None:
    acts = [
        edit("rename", "c1", 1, value="Old"),
        edit("rename", "c1", 2),
        edit("canonical", "c1", 1, numbers=(5,)),
        edit("canonical", "c1", 2),
    ]
    curation = curate(acts, THERE)
    assert (curation.titles, curation.canonicals) == ({}, {})


def test_a_canonical_issue_is_a_member() -> None:
    assert anchors(curate([edit("canonical", "c1", 1, numbers=(5,))], THERE)) == {5: "c1"}


def test_a_cluster_cannot_have_two_canonical_issues() -> None:
    (problem,) = curate([edit("canonical", "c1", 1, numbers=(5, 6))], THERE).problems
    assert problem == "canonical of c1 on 2026-03-02 by kim: a cluster has one canonical issue"


def test_a_changed_mind_is_no_contradiction() -> None:
    acts = [
        edit("pin", "c1", 1, numbers=(5, 6)),
        edit("pin", "c2", 2, numbers=(5,)),
        edit("exclude", "c1", 3, numbers=(6,)),
        edit("exclude", "c3", 1, numbers=(7,)),
        edit("pin", "c3", 2, numbers=(7,)),
    ]
    held = resolve([], curate(acts, THERE).pins)
    assert held.conflicts == ()
    assert held.anchors == {5: "c2", 7: "c3"}
    assert held.barred == {(6, "c1")}


def test_a_merged_id_means_the_other_for_ever() -> None:
    acts = [
        merge("c1", "c2", 1, (1, 11), (2,)),
        edit("rename", "c1", 2, value="Both"),
        merge("c2", "c3", 3),
        edit("pin", "c1", 4, numbers=(8,)),
    ]
    curation = curate(acts, ["c3"])
    assert curation.aliases == {"c1": "c3", "c2": "c3"}
    assert curation.titles == {"c3": "Both"}
    assert anchors(curation) == {1: "c3", 2: "c3", 8: "c3", 11: "c3"}
    assert curation.problems == ()


def test_a_name_goes_with_its_cluster_into_a_merge_unless_the_other_has_one() -> None:
    named = edit("rename", "c1", 1, value="Card declined")
    assert curate([named, merge("c1", "c2", 2)], THERE).titles == {"c2": "Card declined"}
    other = edit("rename", "c2", 1, value="Refund")
    assert curate([named, other, merge("c1", "c2", 2)], THERE).titles == {"c2": "Refund"}
    assert curate([named, merge("c1", "slug", 2)], THERE, ["slug"]).titles == {}


def test_a_cluster_of_the_configuration_cannot_end_by_a_merge() -> None:
    curation = curate([merge("slug", "c1", 1)], THERE, ["slug"])
    assert curation.aliases == {}
    assert curation.problems[0].endswith("slug is defined in the configuration, so it cannot end")


def test_a_merge_into_a_cluster_that_never_was_changes_nothing() -> None:
    named = edit("rename", "c1", 1, value="Card declined")
    curation = curate([named, merge("c1", "c77", 2)], THERE)
    assert curation.aliases == {}
    assert curation.titles == {"c1": "Card declined"}
    assert curation.problems == ("merge of c77 on 2026-03-03 by kim: there is no such cluster any more",)


def test_two_clusters_that_are_one_are_not_merged_again() -> None:
    curation = curate([merge("c1", "c2", 1), merge("c2", "c1", 2)], THERE)
    assert curation.aliases == {"c1": "c2"}
    assert curation.problems[0].endswith("c2 is in it already")


def test_a_merge_forgets_that_a_member_was_kept_out_of_the_other() -> None:
    acts = [edit("exclude", "c1", 1, numbers=(2,)), merge("c1", "c2", 2, (1,), (2,))]
    assert anchors(curate(acts, THERE)) == {1: "c2", 2: "c2"}


def test_who_was_excluded_stays_out_of_what_its_cluster_became() -> None:
    acts = [edit("exclude", "c1", 1, numbers=(9,)), merge("c1", "c2", 2, (1,), (2,))]
    assert resolve([], curate(acts, THERE).pins).barred == {(9, "c2")}


def test_a_split_makes_a_cluster_and_parts_those_who_stay_from_it() -> None:
    curation = curate([split("c1", "c5", 1, (5, 6), (1, 2))], THERE)
    held = resolve([], curation.pins)
    assert curation.made == {"c5"}
    assert curation.touched == {"c1", "c5"}
    assert held.anchors == {5: "c5", 6: "c5"}
    assert held.barred == {(1, "c5"), (2, "c5")}


def test_what_was_split_can_be_merged_again_either_way() -> None:
    for gone, stays in (("c5", "c1"), ("c1", "c5")):
        curation = curate([split("c1", "c5", 1, (5, 6), (1, 2)), merge(gone, stays, 2)], THERE)
        assert curation.aliases == {gone: stays}
        assert resolve([], curation.pins).barred == frozenset()


def test_a_split_takes_issues_back_from_a_merge_without_a_conflict() -> None:
    acts = [merge("c1", "c2", 1, (1, 11), (2,)), split("c2", "c11", 2, (11,), (1, 2))]
    held = resolve([], curate(acts, ["c2"]).pins)
    assert held.anchors == {1: "c2", 2: "c2", 11: "c11"}
    assert held.conflicts == ()


def test_edits_that_say_nothing_are_told() -> None:
    acts = [edit("merge", "c1", 1), edit("split", "c1", 2), split("c1", "c1", 3, (1,)), edit("dance", "c1", 4)]
    assert [problem.partition("kim: ")[2] for problem in curate(acts, THERE).problems] == [
        "it does not say which cluster",
        "it does not say which issues leave, or for where",
        "c1 is that cluster itself",
        "“dance” is nothing that can be done",
    ]


def test_an_edit_of_a_cluster_that_is_gone_is_told_and_changes_nothing() -> None:
    acts = [edit("rename", "c8", 1, value="Old"), edit("pin", "c8", 1, numbers=(1,)), edit("label", "c8", 1, value="x")]
    curation = curate(acts, THERE)
    assert (curation.pins, curation.titles, curation.labels, curation.touched) == ((), {}, {}, frozenset())
    assert len(curation.problems) == 3


def known(slug: str, title: str, *members: int) -> Cluster:
    return Cluster(slug, title, slug=slug, members=members)


def test_a_known_cluster_with_a_new_slug_keeps_what_people_set() -> None:
    before = [known("card", "Card declined", 1, 2, 3), known("login", "Login", 7, 8), Cluster("c4", "Refund")]
    now = [known("cards", "CARD declined"), known("sign-in", "Sign-in fails", 7, 8, 9), known("promo", "Promo")]
    edits = renamed_slugs(before, now, START, {})
    assert [(one.value, one.cluster) for one in edits] == [("card", "cards"), ("login", "sign-in")]
    acts = [edit("pin", "card", -1, numbers=(5,)), edit("canonical", "card", -2, numbers=(2,)), *edits]
    curation = curate(acts, ["card", "login", "c4"], ["cards", "sign-in", "promo"])
    assert anchors(curation) == {2: "cards", 5: "cards"}
    assert curation.canonicals == {"cards": 2}


def test_a_known_cluster_with_its_old_definition_is_the_heir_whatever_people_called_it() -> None:
    before = [known("card", "Named by people", 1, 2, 3), known("login", "Login", 7, 8)]
    now = [known("cards", "Card declined", 1), known("sign-in", "Named by people")]
    edits = renamed_slugs(before, now, START, {"card": "cards", "login": "login"})
    assert [(one.value, one.cluster) for one in edits] == [("card", "cards")]


def test_a_known_cluster_that_is_gone_has_no_heir_among_strangers() -> None:
    before = [known("card", "Card declined", 1, 2, 3, 4)]
    assert renamed_slugs(before, [known("promo", "Promo", 1, 2)], START, {}) == ()
    assert renamed_slugs(before, [known("card", "Other")], START, {}) == ()
    twins = [known("a", "Card declined"), known("b", "Card declined")]
    assert renamed_slugs(before, twins, START, {}) == ()
