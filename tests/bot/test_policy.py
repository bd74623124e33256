"""decide(): every veto by its name, and what no history, score or word can make it say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import vetoes
from bot.case import Case, History, Thresholds, root_of
from bot.policy import decide
from bot.repo_config import RepoConfig, parse
from bot.rules import UNNAMED_AT_LEAST, canonical_of, contradictions
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from models.issue import Issue
from models.matching import ClusterMatch
from models.text import normalise

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TITLE = "Extra usage exhausted although the balance is there"
BODY = "Every request fails with status 400 although the balance shows money and nothing was used since yesterday."
CUTS = Thresholds(duplicate=0.8, related=0.4, cluster=0.5)
CONFIG = parse("clusters:\n  - {slug: extra, title: Extra usage, label: 'billing: extra'}\n")
WITH_CANONICAL = parse("clusters:\n  - {slug: extra, title: Extra usage, label: 'billing: extra', canonical: 3}\n")
LATEST = 20


def issue(number: int, **changes: Any) -> Issue:
    at = NOON + timedelta(hours=number)
    values: dict[str, Any] = {"title": TITLE, "body": BODY, "created_at": at, "updated_at": at, "author": "ann"}
    return Issue(number, **(values | changes))


def history(*changed: Issue, **fields: Any) -> History:
    """Issues 1 to 20, open and ordinary, except those given."""
    issues = {number: issue(number) for number in range(1, LATEST + 1)} | {one.number: one for one in changed}
    return History(**({"issues": issues} | fields))


def case(
    *candidates: Candidate,
    past: History | None = None,
    config: RepoConfig | None = None,
    matches: tuple[ClusterMatch, ...] = (),
    **changes: Any,
) -> Case:
    subject = issue(changes.pop("number", 10), **changes)
    text = normalise(subject.title, subject.body, frozenset())
    return Case(subject, text, candidates, matches, past or history(), config or CONFIG, CUTS)


def match(probability: float = 0.9, margin: float = 0.8, **changes: Any) -> ClusterMatch:
    return ClusterMatch(**({"slug": "extra", "probability": probability, "margin": margin} | changes))


def differ(name: str) -> tuple[Evidence, ...]:
    return (Evidence(name, Agreement.DIFFER, "another one", -2.0),)


def concluded(decision: Decision) -> tuple[Verdict, int | None, list[int]]:
    return decision.verdict, decision.canonical, [link.number for link in decision.links]


STRONG = Candidate(3, 0.95)
RELATED_ONLY = (Verdict.RELATED, 3, [3])


# --- what the verdicts mean


def test_a_probable_candidate_makes_a_duplicate() -> None:
    assert concluded(decide(case(STRONG))) == (Verdict.DUPLICATE, 3, [3])


def test_a_candidate_between_the_thresholds_is_related() -> None:
    decision = decide(case(Candidate(3, 0.5)))
    assert concluded(decision) == RELATED_ONLY
    assert decision.vetoes == (vetoes.BELOW_THRESHOLD,)


def test_a_new_issue_names_nothing() -> None:
    assert concluded(decide(case(Candidate(3, 0.3)))) == (Verdict.NEW, None, [])
    assert concluded(decide(case())) == (Verdict.NEW, None, [])


def test_links_are_the_target_then_the_best_of_those_worth_a_click_up_to_the_limit() -> None:
    found = [Candidate(number, 1 - number / 10) for number in (1, 2, 3, 4, 5, 7)]
    assert concluded(decide(case(*found)))[2] == [1, 2, 3]
    one_link = parse("limits: {links: 1}")
    assert concluded(decide(case(*found, config=one_link)))[2] == [1]


def test_inv_44_a_security_report_is_not_judged_at_all() -> None:
    title = "Security vulnerability: remote code execution through a crafted file"
    decision = decide(case(STRONG, title=title, matches=(match(),)))
    assert decision == Decision(10, Verdict.SECURITY, vetoes=(vetoes.SECURITY_REPORT,))


def test_inv_44_a_security_report_is_named_to_nobody_but_by_people() -> None:
    past = history(secret=frozenset({3}), members={"extra": [3, 4]})
    alone = decide(case(STRONG, past=past))
    assert concluded(alone) == (Verdict.NEW, None, [])
    assert vetoes.TARGET_IS_REPORT in alone.vetoes
    assert concluded(decide(case(STRONG, past=past, matches=(match(),))))[1] == 4
    named = decide(case(STRONG, past=replace(past, confirmed=3)))
    assert concluded(named)[:2] == (Verdict.DUPLICATE, 3)


def test_inv_08_a_report_is_not_called_one_of_a_cluster_from_whose_member_it_was_told_apart() -> None:
    past = history(separated=frozenset({4}), members={"extra": [3, 4]})
    decision = decide(case(past=past, matches=(match(),)))
    assert decision.cluster is None
    assert vetoes.SEPARATED_BY_PERSON in decision.vetoes
    later = history(separated=frozenset({12}), members={"extra": [3, 12]})  # the later one is the one that leaves
    assert decide(case(past=later, matches=(match(),))).cluster == "extra"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"is_pull_request": True}, vetoes.IGNORED_PULL_REQUEST),
        ({"author_is_bot": True}, vetoes.IGNORED_AUTHOR),
        ({"author": "renovate[bot]"}, vetoes.IGNORED_AUTHOR),
        ({"author": "CI-Robot"}, vetoes.IGNORED_AUTHOR),
        ({"labels": ("Feature-Request",)}, vetoes.IGNORED_LABEL),
        ({"state": "closed"}, vetoes.IGNORED_CLOSED),
        ({"locked": True}, vetoes.IGNORED_LOCKED),
    ],
)
def test_an_issue_that_is_not_the_bots_business_is_ignored(changes: dict[str, Any], name: str) -> None:
    config = parse("ignore: {labels: [feature-request], authors: ['*[bot]', 'ci-*']}")
    decision = decide(case(STRONG, config=config, matches=(match(),), **changes))
    assert (decision.verdict, decision.vetoes, decision.links) == (Verdict.IGNORED, (name,), ())


def test_brackets_in_an_ignored_author_are_letters_and_not_a_choice() -> None:
    config = parse("ignore: {authors: ['dependabot[bot]']}")
    assert decide(case(config=config, author="dependabot[bot]")).verdict is Verdict.IGNORED
    assert decide(case(config=config, author="dependabotb")).verdict is Verdict.NEW


# --- targets


def test_inv_02_a_later_issue_is_never_a_target() -> None:
    decision = decide(case(Candidate(11, 0.99)))
    assert concluded(decision) == (Verdict.NEW, None, [])


def test_inv_05_an_issue_is_never_its_own_candidate() -> None:
    assert concluded(decide(case(Candidate(10, 1.0)))) == (Verdict.NEW, None, [])


@pytest.mark.parametrize(
    "changes", [{"is_pull_request": True}, {"author_is_bot": True}, {"state": "closed", "state_reason": "duplicate"}]
)
def test_inv_07_inv_14_pull_requests_bots_and_known_duplicates_are_no_candidates(changes: dict[str, Any]) -> None:
    assert concluded(decide(case(STRONG, past=history(issue(3, **changes))))) == (Verdict.NEW, None, [])


def test_an_issue_that_was_never_read_is_no_candidate() -> None:
    assert concluded(decide(case(STRONG, past=History()))) == (Verdict.NEW, None, [])


def test_inv_11_a_report_that_says_little_is_never_a_target() -> None:
    decision = decide(case(STRONG, Candidate(4, 0.96), past=history(says_little=frozenset({3}))))
    assert concluded(decision) == (Verdict.DUPLICATE, 4, [4])


def test_inv_11_a_denial_in_the_text_vetoes_that_target_and_no_other() -> None:
    decision = decide(case(STRONG, Candidate(4, 0.96), body=f"{BODY} This is not a duplicate of #3."))
    assert concluded(decision) == (Verdict.DUPLICATE, 4, [4])
    assert vetoes.DENIED_BY_AUTHOR in decision.vetoes


def test_inv_08_a_pair_that_a_person_separated_stays_separated() -> None:
    decision = decide(case(STRONG, past=history(separated=frozenset({3}))))
    assert concluded(decision) == (Verdict.NEW, None, [])
    assert decision.vetoes == (vetoes.SEPARATED_BY_PERSON,)


def test_inv_08_a_separated_duplicate_does_not_come_back_as_its_root() -> None:
    closed = issue(5, state="closed", state_reason="duplicate")
    past = history(closed, duplicates={5: 3}, separated=frozenset({5}))
    assert concluded(decide(case(Candidate(5, 0.99), past=past))) == (Verdict.NEW, None, [])


def test_inv_03_a_target_closed_as_completed_is_a_possible_regression() -> None:
    decision = decide(case(STRONG, past=history(issue(3, state="closed", state_reason="completed"))))
    assert concluded(decision) == (Verdict.REGRESSION, 3, [3])
    assert decision.vetoes == (vetoes.TARGET_CLOSED,)


def test_inv_03_a_target_closed_as_not_planned_is_related() -> None:
    decision = decide(case(STRONG, past=history(issue(3, state="closed", state_reason="not_planned"))))
    assert concluded(decision) == RELATED_ONLY


def test_inv_03_a_locked_target_is_related() -> None:
    decision = decide(case(STRONG, past=history(issue(3, locked=True))))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.TARGET_LOCKED,))


def test_inv_15_inv_10_a_regression_needs_facts_that_do_not_contradict() -> None:
    closed = history(issue(3, state="closed", state_reason="completed"))
    decision = decide(case(Candidate(3, 0.95, evidence=differ("status_code")), past=closed))
    assert concluded(decision) == RELATED_ONLY


@pytest.mark.parametrize("name", ["status_code", "error_type", "exit_code"])
def test_inv_10_a_contradicting_discriminating_fact_forbids_the_duplicate(name: str) -> None:
    decision = decide(case(Candidate(3, 0.99, evidence=differ(name))))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.CONTRADICTING_FACT,))
    assert contradictions(decision.links[0])


REGION = "facts:\n  - {name: region, pattern: '(eu|us)'}\n  - {name: status, pattern: 'S(4..)'}\n"


def test_inv_10_a_repositorys_own_fact_that_contradicts_forbids_the_duplicate() -> None:
    apart = Candidate(3, 0.99, evidence=differ("region"))
    decision = decide(case(apart, config=parse(REGION)))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.CONTRADICTING_OWN_FACT,))
    assert decide(case(apart)).verdict is Verdict.DUPLICATE, "where the configuration defines no such fact"
    same = Candidate(3, 0.99, evidence=(Evidence("region", Agreement.AGREE, "same region"),))
    assert decide(case(same, config=parse(REGION))).verdict is Verdict.DUPLICATE


@pytest.mark.parametrize(("unlike", "verdict"), [(["region"], Verdict.RELATED), ([], Verdict.DUPLICATE)])
def test_inv_10_reports_of_a_known_cluster_may_differ_in_what_it_is_not_about(
    unlike: list[str], verdict: Verdict
) -> None:
    config = parse(REGION + "clusters:\n  - {slug: extra, title: Extra usage, canonical: 3}\n")
    apart = Candidate(3, 0.99, evidence=differ("region"))
    past = history(members={"extra": [3, 4]}, unlike=frozenset(unlike))
    decision = decide(case(apart, past=past, config=config, matches=(match(),)))
    assert (decision.verdict, decision.canonical, decision.cluster) == (verdict, 3, "extra")
    assert (vetoes.CONTRADICTING_OWN_FACT in decision.vetoes) == bool(unlike)


def test_inv_10_a_person_may_call_a_duplicate_what_differs_in_an_own_fact() -> None:
    apart = Candidate(3, 0.99, evidence=differ("region"))
    assert decide(case(apart, past=history(confirmed=3), config=parse(REGION))).verdict is Verdict.DUPLICATE


@pytest.mark.parametrize("name", ["os", "version", "title", "terminal"])
def test_inv_10_a_fact_that_tells_nothing_apart_forbids_nothing(name: str) -> None:
    assert decide(case(Candidate(3, 0.99, evidence=differ(name)))).verdict is Verdict.DUPLICATE


def test_inv_10_what_the_canonical_contradicts_counts_and_not_only_its_duplicate() -> None:
    closed = issue(5, state="closed", state_reason="duplicate")
    candidates = (Candidate(5, 0.99), Candidate(3, 0.2, evidence=differ("status_code")))
    decision = decide(case(*candidates, past=history(closed, duplicates={5: 3})))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.CONTRADICTING_FACT,))


def test_nothing_is_said_to_a_report_with_almost_no_information() -> None:
    decision = decide(case(STRONG, title="help", body="it does not work"))
    assert (concluded(decision), decision.vetoes) == ((Verdict.NEW, None, []), (vetoes.LITTLE_INFORMATION,))


def test_a_pair_outside_of_the_known_clusters_has_to_be_surer() -> None:
    assert decide(case(Candidate(3, 0.9))).verdict is Verdict.RELATED
    assert decide(case(Candidate(3, UNNAMED_AT_LEAST))).verdict is Verdict.DUPLICATE


def test_inv_18_an_objection_silences_the_verdict() -> None:
    decision = decide(case(STRONG, past=history(objected=True)))
    assert concluded(decision) == (Verdict.NEW, None, [])
    assert vetoes.OBJECTION in decision.vetoes


@pytest.mark.parametrize("candidates", [(), (Candidate(3, 0.5),), (STRONG,)])
def test_inv_18_an_objection_silences_whatever_else_is_found(candidates: tuple[Candidate, ...]) -> None:
    past = history(objected=True, separated=frozenset({3}))
    decision = decide(case(*candidates, past=past, matches=(match(),)))
    assert (decision.verdict, decision.cluster, decision.links) == (Verdict.NEW, None, ())
    assert vetoes.OBJECTION in decision.vetoes


def test_inv_19_what_a_person_reopened_is_not_called_a_duplicate_again() -> None:
    decision = decide(case(STRONG, past=history(reopened_by_person=True)))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.REOPENED_BY_PERSON,))


def test_inv_09_a_cluster_over_its_cap_is_shown_and_does_not_act() -> None:
    cap = parse("limits: {cluster_cap: 2}")
    past = history(duplicates={4: 3, 5: 3})
    decision = decide(case(STRONG, past=past, config=cap))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (vetoes.CLUSTER_OVER_CAP,))
    below = history(duplicates={4: 3})
    assert decide(case(STRONG, past=below, config=cap)).verdict is Verdict.DUPLICATE


@pytest.mark.parametrize(
    ("why", "veto"), [("over-cap", vetoes.CLUSTER_OVER_CAP), ("incoherent", vetoes.CLUSTER_INCOHERENT)]
)
def test_inv_09_a_cluster_that_is_held_may_be_shown_but_may_not_act(why: str, veto: str) -> None:
    decision = decide(case(STRONG, past=history(held={3: why})))
    assert (concluded(decision), decision.vetoes) == (RELATED_ONLY, (veto,))
    elsewhere = history(held={4: why})
    assert decide(case(STRONG, past=elsewhere)).verdict is Verdict.DUPLICATE


def test_inv_09_the_canonical_of_a_defined_cluster_is_pointed_at_whatever_cluster_the_machine_sees_it_in() -> None:
    config = parse("clusters:\n  - {slug: extra, title: Extra usage, canonical: 3}\n")
    past = history(held={3: "over-cap"})
    assert decide(case(STRONG, past=past, config=config, matches=(match(),))).verdict is Verdict.DUPLICATE


def test_inv_09_a_cluster_that_a_maintainer_defined_has_no_cap() -> None:
    config = parse("limits: {cluster_cap: 2}\nclusters:\n  - {slug: extra, title: Extra usage, canonical: 3}\n")
    past = history(duplicates={4: 3, 5: 3})
    assert decide(case(STRONG, past=past, config=config)).verdict is Verdict.DUPLICATE
    open_cluster = parse("limits: {cluster_cap: 2}\nclusters:\n  - {slug: extra, title: Extra usage}\n")
    past = history(duplicates={4: 3, 5: 3}, members={"extra": [3, 4, 5]})
    assert decide(case(past=past, config=open_cluster, matches=(match(),))).verdict is Verdict.DUPLICATE


# --- roots


def test_inv_04_a_candidate_that_is_a_duplicate_stands_for_its_root() -> None:
    decision = decide(case(Candidate(5, 0.95), past=history(duplicates={5: 4, 4: 2})))
    assert concluded(decision) == (Verdict.DUPLICATE, 2, [2, 5])


def test_inv_04_a_closed_duplicate_is_not_linked_itself() -> None:
    past = history(issue(5, state="closed", state_reason="duplicate"), duplicates={5: 2})
    assert concluded(decide(case(Candidate(5, 0.95), past=past))) == (Verdict.DUPLICATE, 2, [2])


def test_inv_01_a_chain_that_leads_back_to_the_issue_is_not_followed() -> None:
    decision = decide(case(Candidate(5, 0.95), past=history(duplicates={5: 10})))
    assert decision.verdict is not Verdict.DUPLICATE
    assert decision.canonical is None


def test_the_root_of_a_chain_that_runs_into_a_circle_is_one_of_the_circle() -> None:
    assert root_of(3, {3: 10, 10: 11, 11: 10}) == 10
    assert root_of(11, {3: 10, 10: 11, 11: 10}) == 10
    assert root_of(5, {5: 5}) == 5


@given(st.data(), st.integers(2, 40))
def test_inv_04_in_a_forest_every_root_is_nobodys_duplicate(data: st.DataObject, size: int) -> None:
    chosen = data.draw(st.sets(st.integers(2, size)))
    forest = {number: data.draw(st.integers(1, number - 1)) for number in sorted(chosen)}
    for number in range(1, size + 1):
        root = root_of(number, forest)
        assert root not in forest
        assert root <= number
        assert root_of(root, forest) == root
        if number in forest:
            assert root == root_of(forest[number], forest)


GRAPHS = st.dictionaries(st.integers(1, 20), st.integers(1, 20), max_size=20)


@given(GRAPHS, st.integers(1, 20))
def test_the_root_in_any_graph_is_found_and_the_same_along_its_chain(graph: dict[int, int], number: int) -> None:
    root = root_of(number, graph)
    assert root_of(root, graph) == root
    assert root_of(graph.get(number, number), graph) == root


@given(
    st.lists(st.builds(Candidate, st.integers(1, 20), st.floats(0, 1)), max_size=6, unique_by=lambda one: one.number),
    GRAPHS,
    st.integers(1, 20),
    st.sampled_from([(), (match(),)]),
    st.lists(st.integers(1, 20), max_size=5),
)
def test_inv_01_a_decision_never_closes_a_circle(
    candidates: list[Candidate],
    graph: dict[int, int],
    number: int,
    matches: tuple[ClusterMatch, ...],
    members: list[int],
) -> None:
    graph = {one: to for one, to in graph.items() if one != number}  # its own last decision is never its reason
    past = history(duplicates=graph, members={"extra": members})
    decision = decide(case(*candidates, past=past, number=number, matches=matches))
    if decision.verdict in {Verdict.DUPLICATE, Verdict.REGRESSION}:
        assert decision.canonical is not None
        assert decision.canonical < number
        assert number not in _chain(decision.canonical, graph)
        assert decision.links[0].number == decision.canonical
    assert number not in {link.number for link in decision.links}
    assert all(link.number < number for link in decision.links)


def _chain(number: int, graph: Mapping[int, int]) -> set[int]:
    seen = {number}
    while (number := graph.get(number, 0)) and number not in seen:
        seen.add(number)
    return seen


@given(st.lists(st.floats(0, 1), min_size=12, max_size=12), st.randoms())
def test_inv_01_decisions_taken_one_by_one_in_any_order_stay_a_forest(chances: list[float], random: Any) -> None:
    """Every issue decided, and decided again, in any order, with random scores: the relation never has a circle."""
    graph: dict[int, int] = {}
    for number in random.choices(range(1, 13), k=40):
        candidates = [Candidate(one, chances[random.randrange(12)]) for one in range(1, 13) if one != number]
        past = history(duplicates={one: to for one, to in graph.items() if one != number})
        decision = decide(case(*candidates, past=past, number=number))
        graph.pop(number, None)
        if decision.verdict is Verdict.DUPLICATE and decision.canonical is not None:
            graph[number] = decision.canonical
    assert all(to < one for one, to in graph.items())
    assert all(root_of(one, graph) not in graph for one in graph)


# --- known clusters


def test_a_known_cluster_gives_its_configured_canonical_even_where_it_was_not_retrieved() -> None:
    decision = decide(case(config=WITH_CANONICAL, matches=(match(),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.DUPLICATE, 3, [3]), "extra")
    assert (decision.probability, decision.cluster_probability, decision.cluster_margin) == (0.9, 0.9, 0.8)


def test_a_known_cluster_without_a_canonical_points_at_its_open_root_with_most_duplicates() -> None:
    past = history(duplicates={5: 4, 6: 4}, members={"extra": [2, 4, 5, 6]})
    assert canonical_of("extra", 10, past, CONFIG) == 4
    assert concluded(decide(case(past=past, matches=(match(),))))[:2] == (Verdict.DUPLICATE, 4)


@pytest.mark.parametrize("changes", [{"state": "closed"}, {"locked": True}])
def test_a_cluster_does_not_choose_a_canonical_that_nobody_can_answer_in(changes: dict[str, Any]) -> None:
    past = history(issue(2, **changes), members={"extra": [2, 4]})
    assert canonical_of("extra", 10, past, CONFIG) == 4


def test_a_cluster_points_at_the_issue_that_people_named_and_then_at_the_one_that_more_people_have() -> None:
    past = history(issue(4, reactions=3), duplicates={6: 2}, members={"extra": [2, 4, 6]})
    assert canonical_of("extra", 10, past, CONFIG) == 4
    assert canonical_of("extra", 10, replace(past, named=frozenset({2})), CONFIG) == 2


def test_a_fixed_issue_that_people_named_makes_a_new_report_of_its_cluster_a_regression() -> None:
    fixed = issue(2, state="closed", state_reason="completed")
    past = history(fixed, members={"extra": [2, 4]}, named=frozenset({2}))
    assert concluded(decide(case(past=past, matches=(match(),))))[:2] == (Verdict.REGRESSION, 2)


def test_a_report_that_says_little_is_no_canonical_issue() -> None:
    past = history(members={"extra": [2, 4]}, says_little=frozenset({2}))
    assert canonical_of("extra", 10, past, CONFIG) == 4


def test_the_first_report_of_a_cluster_belongs_to_it_and_duplicates_nothing() -> None:
    decision = decide(case(matches=(match(),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.RELATED, None, []), "extra")


def test_a_sure_cluster_does_not_make_an_unlike_issue_its_target() -> None:
    """The cluster is sure, its canonical cannot be named; the nearest issue is something else."""
    decision = decide(case(Candidate(3, 0.05), matches=(match(0.99),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.RELATED, None, []), "extra")


def test_a_sure_cluster_does_not_make_a_likely_issue_certain() -> None:
    decision = decide(case(Candidate(3, 0.5), matches=(match(0.99),)))
    assert concluded(decision) == RELATED_ONLY


def test_inv_10_a_cluster_whose_required_fact_is_contradicted_is_not_named() -> None:
    decision = decide(case(matches=(match(contradicts=differ("status_code")),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.NEW, None, []), None)
    assert decision.vetoes == (vetoes.CONTRADICTING_FACT,)


def test_two_clusters_too_near_to_each_other_are_both_left_unnamed() -> None:
    decision = decide(case(matches=(match(0.6, 0.05), match(0.55, -0.05, slug="other"))))
    assert (decision.cluster, decision.vetoes) == (None, (vetoes.AMBIGUOUS_CLUSTER,))


def test_a_cluster_below_its_threshold_is_not_named() -> None:
    assert decide(case(matches=(match(0.4),))).cluster is None


@pytest.mark.parametrize("config", [WITH_CANONICAL, CONFIG])
def test_inv_08_a_cluster_is_not_named_to_one_who_was_told_apart_from_its_canonical(config: RepoConfig) -> None:
    past = history(separated=frozenset({3}), members={"extra": [3]})
    decision = decide(case(past=past, config=config, matches=(match(),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.NEW, None, []), None)
    assert decision.vetoes == (vetoes.SEPARATED_BY_PERSON,)


def test_inv_11_a_cluster_is_not_named_to_one_who_denies_its_canonical() -> None:
    denial = f"{BODY} This is not a duplicate of #3."
    decision = decide(case(config=WITH_CANONICAL, matches=(match(),), body=denial))
    assert (decision.verdict, decision.cluster) == (Verdict.NEW, None)


def test_inv_03_a_cluster_whose_canonical_was_fixed_means_a_possible_regression() -> None:
    past = history(issue(3, state="closed", state_reason="completed"))
    decision = decide(case(past=past, config=WITH_CANONICAL, matches=(match(),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.REGRESSION, 3, [3]), "extra")


def test_the_canonical_itself_is_no_duplicate_of_its_own_members() -> None:
    past = history(duplicates={4: 3, 5: 3}, members={"extra": [3, 4, 5]})
    decision = decide(case(number=3, past=past, config=WITH_CANONICAL, matches=(match(),)))
    assert (concluded(decision), decision.cluster) == ((Verdict.RELATED, None, []), "extra")


@given(
    st.lists(st.builds(Candidate, st.integers(1, 20), st.floats(0, 1)), max_size=5, unique_by=lambda one: one.number),
    st.sets(st.integers(1, 20), max_size=6),
    st.booleans(),
)
def test_inv_08_no_separated_number_is_ever_named(candidates: list[Candidate], apart: set[int], known: bool) -> None:
    past = history(separated=frozenset(apart), members={"extra": list(range(1, 10))})
    decision = decide(case(*candidates, past=past, matches=(match(),) if known else ()))
    assert decision.canonical not in apart
    assert not apart & {link.number for link in decision.links}


# --- during a wave

FEW = parse(
    "limits: {wave_comments_per_hour: 2}\n"
    "clusters:\n  - {slug: extra, title: Extra usage, canonical: 3}\n  - {slug: other, title: Another}\n"
)


@pytest.mark.parametrize(
    ("spent", "vetoes"), [(0, ()), (1, ()), (2, (vetoes.WAVE_BUDGET,)), (9, (vetoes.WAVE_BUDGET,))]
)
def test_inv_30_beyond_a_waves_budget_the_decision_stands_and_says_why_it_is_not_told(
    spent: int, vetoes: tuple[str, ...]
) -> None:
    decision = decide(case(STRONG, matches=(match(),), config=FEW, past=history(waves={"extra": spent})))
    assert concluded(decision) == (Verdict.DUPLICATE, 3, [3])
    assert decision.vetoes == vetoes


def test_a_wave_on_another_cluster_costs_nothing() -> None:
    decision = decide(case(STRONG, matches=(match(),), config=FEW, past=history(waves={"other": 9})))
    assert decision.vetoes == ()
    assert decide(case(STRONG, past=history(waves={"extra": 99}))).vetoes == ()


def test_a_waves_budget_holds_where_the_cluster_has_no_target_yet() -> None:
    decision = decide(case(matches=(match(slug="other"),), config=FEW, past=history(waves={"other": 2})))
    assert decision.verdict is Verdict.RELATED
    assert vetoes.WAVE_BUDGET in decision.vetoes


# --- what became of the target since (INV 15), and the gap to the next cluster


def fixed(number: int = 3, **changes: Any) -> Issue:
    """Closed as completed in 1.2.0, before anything else happened."""
    values = {"state": "closed", "state_reason": "completed", "milestone": "1.2.0", "closed_at": NOON}
    return issue(number, **(values | changes))


def versioned(*named: str, past: History, **changes: Any) -> Decision:
    return decide(replace(case(STRONG, past=past, **changes), versions=frozenset(named)))


@pytest.mark.parametrize("named", [("1.2.0",), ("1.3.1",), ("1.1.0", "1.2.1")])
def test_inv_15_a_version_that_has_the_fix_is_a_possible_regression(named: tuple[str, ...]) -> None:
    decision = versioned(*named, past=history(fixed()))
    assert (decision.verdict, decision.canonical) == (Verdict.REGRESSION, 3)
    assert decision.vetoes == (vetoes.TARGET_CLOSED, vetoes.NEWER_THAN_FIX)


def test_inv_15_a_label_tells_it_even_where_the_issue_is_still_open() -> None:
    decision = versioned("1.2.5", past=history(issue(3, labels=("fixed in 1.2.4",))))
    assert (decision.verdict, decision.vetoes) == (Verdict.REGRESSION, (vetoes.NEWER_THAN_FIX,))
    assert versioned("1.2.3", past=history(issue(3, labels=("fixed in 1.2.4",)))).verdict is Verdict.DUPLICATE


def test_inv_15_an_older_version_is_related_and_no_regression() -> None:
    decision = versioned("1.1.9", past=history(fixed()))
    assert (decision.verdict, decision.canonical) == (Verdict.RELATED, 3)
    assert vetoes.OLDER_THAN_FIX in decision.vetoes
    assert not decision.settled


@pytest.mark.parametrize("changes", [{"milestone": None}, {"milestone": "Backlog"}, {"milestone": "2025.11"}])
def test_inv_03_without_a_version_that_can_be_compared_it_is_a_possible_regression(changes: dict[str, Any]) -> None:
    assert versioned("1.1.9", past=history(fixed(**changes))).verdict is Verdict.REGRESSION
    assert versioned(past=history(fixed())).verdict is Verdict.REGRESSION


def test_inv_06_a_report_of_before_the_fix_is_settled_by_it_and_no_regression() -> None:
    late = history(fixed(closed_at=NOON + timedelta(days=9), milestone=None))
    decision = decide(case(STRONG, past=late))
    assert (decision.verdict, decision.canonical, decision.settled) == (Verdict.RELATED, 3, True)
    assert vetoes.REPORTED_BEFORE_FIX in decision.vetoes
    assert not decide(case(STRONG, past=history(fixed(closed_at=NOON + timedelta(days=9)), objected=True))).settled
    assert not decide(case(Candidate(3, 0.5), past=late)).settled


def test_inv_15_a_version_that_has_the_fix_counts_more_than_the_date() -> None:
    late = history(fixed(closed_at=NOON + timedelta(days=9)))
    assert versioned("1.4.0", past=late).verdict is Verdict.REGRESSION


@given(
    st.sampled_from(["open", "closed"]),
    st.sampled_from([None, "completed", "not_planned"]),
    st.sampled_from([None, "1.2.0", "Backlog"]),
    st.sets(st.sampled_from(["1.1.0", "1.2.0", "1.3.0", "2025.1"])),
    st.integers(-20, 20),
    st.booleans(),
)
def test_inv_03_a_closed_target_is_never_the_target_of_a_duplicate(
    state: str, reason: str | None, milestone: str | None, versions: set[str], hours: int, confirmed: bool
) -> None:
    closed_at = NOON + timedelta(hours=hours) if state == "closed" else None
    target = issue(3, state=state, state_reason=reason, milestone=milestone, closed_at=closed_at)
    past = history(target, confirmed=3 if confirmed else None)
    decision = decide(replace(case(STRONG, past=past), versions=frozenset(versions)))
    if decision.verdict is Verdict.DUPLICATE:
        assert state == "open"
    if decision.verdict is Verdict.REGRESSION:
        assert reason != "not_planned"
    if decision.settled:
        assert (decision.verdict, state) == (Verdict.RELATED, "closed")
    assert set(decision.vetoes) <= vetoes.VETOES.keys()


def test_another_cluster_that_is_nearly_as_probable_makes_it_ambiguous() -> None:
    clusters = {3: "c3", 4: "c4"}
    near, far = Candidate(4, 0.93), Candidate(4, 0.84)
    decision = decide(case(Candidate(3, 0.96), near, past=history(clusters=clusters)))
    assert (decision.verdict, decision.vetoes) == (Verdict.RELATED, (vetoes.AMBIGUOUS_CLUSTER,))
    assert decide(case(Candidate(3, 0.96), far, past=history(clusters=clusters))).verdict is Verdict.DUPLICATE
    assert decide(case(Candidate(3, 0.96), near, past=history(clusters={3: "c", 4: "c"}))).verdict is Verdict.DUPLICATE
    assert decide(case(Candidate(3, 0.96), near, past=history(clusters={3: "c3"}))).verdict is Verdict.DUPLICATE


def test_inv_10_a_rival_that_contradicts_a_fact_is_no_rival() -> None:
    rival = Candidate(4, 0.95, evidence=differ("status_code"))
    past = history(clusters={3: "c3", 4: "c4"})
    assert decide(case(Candidate(3, 0.96), rival, past=past)).verdict is Verdict.DUPLICATE


def test_every_veto_has_one_name_and_one_sentence() -> None:
    names = [value for name, value in vars(vetoes).items() if name.isupper() and isinstance(value, str)]
    assert sorted(names) == sorted(set(names)) == sorted(vetoes.VETOES)
    assert len(set(vetoes.VETOES.values())) == len(vetoes.VETOES)


def test_what_refused_a_probable_candidate_is_named() -> None:
    decision = decide(case(STRONG, past=history(says_little=frozenset({3}))))
    assert decision.vetoes == (vetoes.TARGET_SAYS_LITTLE,)


def test_a_closed_issue_is_looked_at_again_where_the_bot_closed_it() -> None:
    assert decide(case(STRONG, state="closed", past=history(closed_by_us=True))).verdict is Verdict.DUPLICATE
    assert decide(case(STRONG, state="closed")).verdict is Verdict.IGNORED


def test_what_a_person_named_outside_of_the_cluster_is_told_without_that_cluster() -> None:
    past = history(members={"extra": [3, 4]})
    outside = decide(case(STRONG, past=replace(past, confirmed=2), config=WITH_CANONICAL, matches=(match(),)))
    assert (outside.verdict, outside.canonical, outside.cluster) == (Verdict.DUPLICATE, 2, None)
    inside = decide(case(STRONG, past=replace(past, confirmed=4), config=WITH_CANONICAL, matches=(match(),)))
    assert (inside.canonical, inside.cluster) == (4, "extra")
    root = replace(past, confirmed=2, duplicates={4: 2})
    assert decide(case(STRONG, past=root, config=WITH_CANONICAL, matches=(match(),))).cluster == "extra"
