"""A decision becomes effects: which, in what order, and when none at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.comment import ClusterView, CommentView, nobody, render, withdrawn
from bot.effects import Standing, conclusion, plan, wanted_labels
from bot.repo_config import RepoConfig, parse
from bot.vetoes import WAVE_BUDGET
from models.decision import Candidate, Decision, Effect, EffectKind, Verdict

CONFIG = parse(
    "clusters:\n"
    "  - {slug: extra, title: Extra usage, label: 'billing: extra'}\n"
    "  - {slug: plain, title: No label of its own}\n"
)
VIEW = CommentView(cluster=ClusterView("Extra usage"))


def decision(verdict: Verdict, **changes: Any) -> Decision:
    values: dict[str, Any] = {"canonical": 3, "links": (Candidate(3, 0.9),)} | changes
    return Decision(9, verdict, 0.9, **values)


DUPLICATE = decision(Verdict.DUPLICATE, cluster="extra")
BODY = render(DUPLICATE, VIEW) or ""


def planned(what: Decision, standing: Standing | None = None, config: RepoConfig = CONFIG) -> list[tuple[str, str]]:
    return [(one.kind.value, one.value) for one in plan(what, VIEW, config, standing or Standing())]


def standing(*labels: str, commented: bool = True, removed: tuple[str, ...] = (), asked: bool = False) -> Standing:
    """Labels that the bot set; those in `removed` are not there any more."""
    return Standing(commented, frozenset({*labels, *removed}), frozenset(labels), asked)


def test_inv_25_the_comment_comes_first_then_each_label_by_itself() -> None:
    assert planned(DUPLICATE) == [
        ("comment", BODY),
        ("add-label", "possible-duplicate"),
        ("add-label", "billing: extra"),
    ]


def test_inv_25_where_a_verdict_is_withdrawn_its_labels_go_before_its_comment_changes() -> None:
    assert planned(decision(Verdict.NEW), standing("possible-duplicate", "billing: extra")) == [
        ("remove-label", "billing: extra"),
        ("remove-label", "possible-duplicate"),
        ("comment", withdrawn()),
    ]


def test_inv_25_a_label_that_a_changed_verdict_does_not_want_goes_before_the_new_one_comes() -> None:
    kinds = [kind for kind, _ in planned(decision(Verdict.REGRESSION), standing("possible-duplicate"))]
    assert kinds == ["remove-label", "comment", "add-label"]


def test_inv_24_labels_of_others_are_neither_removed_nor_counted() -> None:
    others = Standing(commented=True, live=frozenset({"bug", "possible-duplicate"}))
    assert planned(decision(Verdict.NEW), others) == [("comment", withdrawn())]


@pytest.mark.parametrize("verdict", [Verdict.NEW, Verdict.IGNORED, Verdict.SECURITY])
def test_an_issue_with_nothing_to_say_and_nothing_said_is_left_alone(verdict: Verdict) -> None:
    assert planned(decision(verdict)) == []


def test_an_ignored_issue_keeps_the_comment_and_the_labels_that_it_has() -> None:
    assert planned(decision(Verdict.IGNORED), standing("possible-duplicate", "billing: extra")) == []


def test_inv_44_a_report_that_turns_out_to_be_about_security_loses_comment_and_labels() -> None:
    assert planned(decision(Verdict.SECURITY), standing("possible-duplicate")) == [
        ("remove-label", "possible-duplicate"),
        ("comment", withdrawn()),
    ]


def test_inv_44_nothing_is_said_of_the_reports_that_point_at_a_security_report() -> None:
    with_block = Standing(block="2 reports point to this issue")
    assert planned(decision(Verdict.SECURITY), with_block) == [("comment", nobody())]
    both = Standing(commented=True, block="2 reports point to this issue")
    assert planned(decision(Verdict.SECURITY), both) == [("comment", withdrawn())]


def test_a_label_that_is_there_is_not_added_again_whatever_its_case() -> None:
    live = Standing(live=frozenset({"Possible-Duplicate", "BILLING: extra"}))
    assert planned(DUPLICATE, live) == [("comment", BODY)]


def test_a_label_that_only_changed_its_case_in_the_configuration_stays() -> None:
    ours = Standing(commented=True, ours=frozenset({"Possible-Duplicate"}), live=frozenset({"Possible-Duplicate"}))
    assert ("remove-label", "Possible-Duplicate") not in planned(DUPLICATE, ours)


@pytest.mark.parametrize("removed", ["possible-duplicate", "Possible-Duplicate"])
def test_inv_21_a_label_that_a_person_removed_stays_away(removed: str) -> None:
    assert ("add-label", "possible-duplicate") not in planned(DUPLICATE, standing(removed=(removed,)))


def test_inv_21_a_label_that_one_person_removed_and_another_set_again_is_theirs() -> None:
    theirs = replace(standing("possible-duplicate"), removed=frozenset({"possible-duplicate"}))
    assert planned(decision(Verdict.NEW), theirs) == [("comment", withdrawn())]
    gone = replace(theirs, ours=frozenset(), live=frozenset())
    assert ("add-label", "possible-duplicate") not in planned(DUPLICATE, gone)
    assert ("add-label", "possible-duplicate") in planned(DUPLICATE, replace(gone, asked=True))


def test_inv_21_a_label_that_a_person_removed_comes_back_where_a_person_asks() -> None:
    asked = standing(removed=("possible-duplicate",), asked=True)
    assert ("add-label", "possible-duplicate") in planned(DUPLICATE, asked)


def test_a_label_that_a_person_removed_is_not_removed_again() -> None:
    assert planned(decision(Verdict.NEW), standing(removed=("possible-duplicate",))) == [("comment", withdrawn())]


def test_inv_16_a_cluster_without_a_label_sets_none() -> None:
    assert wanted_labels(decision(Verdict.RELATED, cluster="plain"), CONFIG) == ()
    assert wanted_labels(decision(Verdict.RELATED, cluster="unknown"), CONFIG) == ()


CLUSTERS = st.sampled_from([None, "extra", "plain", "unknown"])
LABELS = st.frozensets(st.sampled_from(["possible-duplicate", "duplicate", "billing: extra", "bug", "BUG"]))
DECISIONS = st.builds(decision, st.sampled_from(Verdict), cluster=CLUSTERS, canonical=st.sampled_from([None, 3]))
STANDINGS = st.builds(Standing, st.booleans(), LABELS, LABELS, st.booleans())


@given(DECISIONS, STANDINGS)
def test_inv_16_no_label_is_ever_added_that_the_configuration_does_not_name(what: Decision, stands: Standing) -> None:
    added = {one.value for one in plan(what, VIEW, CONFIG, stands) if one.kind is EffectKind.ADD_LABEL}
    assert added <= {"possible-duplicate", "possible-regression", "billing: extra"}


@given(DECISIONS, STANDINGS)
def test_inv_24_only_labels_that_the_bot_set_are_ever_removed(what: Decision, stands: Standing) -> None:
    removed = {one.value for one in plan(what, VIEW, CONFIG, stands) if one.kind is EffectKind.REMOVE_LABEL}
    assert removed <= stands.ours


@given(DECISIONS, STANDINGS)
def test_inv_25_no_label_is_added_without_a_comment_that_explains_it(what: Decision, stands: Standing) -> None:
    kinds = [one.kind for one in plan(what, VIEW, CONFIG, stands)]
    if EffectKind.ADD_LABEL in kinds:
        assert EffectKind.COMMENT in kinds[: kinds.index(EffectKind.ADD_LABEL)]
    assert kinds.count(EffectKind.COMMENT) <= 1


@given(DECISIONS, STANDINGS)
def test_what_was_done_does_not_have_to_be_done_again(what: Decision, stands: Standing) -> None:
    """After the effects took place, planning again asks for the comment at most, which then reads the same."""
    effects = plan(what, VIEW, CONFIG, stands)
    again = plan(what, VIEW, CONFIG, _after(effects, stands))
    assert [one for one in again if one.kind is not EffectKind.COMMENT] == []
    assert {one.value for one in again} <= {one.value for one in effects}


def _after(effects: tuple[Effect, ...], stands: Standing) -> Standing:
    added = {one.value for one in effects if one.kind is EffectKind.ADD_LABEL}
    removed = {one.value for one in effects if one.kind is EffectKind.REMOVE_LABEL}
    commented = stands.commented or any(one.kind is EffectKind.COMMENT for one in effects)
    return Standing(commented, (stands.ours - removed) | added, (stands.live - removed) | added)


@pytest.mark.parametrize(
    "change",
    [
        {"canonical": 4},
        {"cluster": None},
        {"links": (Candidate(3, 0.9), Candidate(4, 0.8))},
    ],
)
def test_another_conclusion_has_another_name(change: dict[str, Any]) -> None:
    assert conclusion(DUPLICATE, CONFIG) != conclusion(
        decision(Verdict.DUPLICATE, **{"cluster": "extra"} | change), CONFIG
    )


def test_another_verdict_or_another_label_is_another_conclusion() -> None:
    assert conclusion(DUPLICATE, CONFIG) != conclusion(decision(Verdict.RELATED, cluster="extra"), CONFIG)
    renamed = parse(
        "labels: {candidate: maybe}\nclusters: [{slug: extra, title: Extra usage, label: 'billing: extra'}]"
    )
    assert conclusion(DUPLICATE, CONFIG) != conclusion(DUPLICATE, renamed)


def test_inv_23_scores_evidence_and_order_may_move_without_another_conclusion() -> None:
    one = decision(Verdict.DUPLICATE, cluster="extra", links=(Candidate(3, 0.9), Candidate(4, 0.8)))
    other = decision(Verdict.DUPLICATE, cluster="extra", links=(Candidate(4, 0.95, 0.3), Candidate(3, 0.91)))
    assert conclusion(one, CONFIG) == conclusion(other, CONFIG)


# --- during a wave

MUTED = decision(Verdict.DUPLICATE, cluster="extra", vetoes=(WAVE_BUDGET,))


def test_inv_25_beyond_a_waves_budget_neither_comment_nor_label_is_written() -> None:
    assert planned(MUTED) == []


def test_beyond_a_waves_budget_a_comment_that_stands_is_kept_true() -> None:
    assert planned(MUTED, standing()) == planned(DUPLICATE, standing())


def test_beyond_a_waves_budget_a_person_who_asks_is_answered() -> None:
    assert planned(MUTED, standing(commented=False, asked=True)) == planned(DUPLICATE)


def test_inv_23_a_wave_does_not_change_a_conclusion() -> None:
    assert conclusion(MUTED, CONFIG) == conclusion(DUPLICATE, CONFIG)
