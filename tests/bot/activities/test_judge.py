"""One stored issue is judged: what it is compared with, and what it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.activities.embed import embed_missing
from bot.activities.judge import Judgement, judge
from bot.activities.observe import observe_issue
from bot.errors import NotFound
from bot.storage.records import FeedbackRecord
from models.decision import Verdict
from tests.fakes.small_world import BODY, CLUSTER_LABEL, NAME, TITLE, World


def word(world: World, number: int, kind: str, other: int | None = None) -> None:
    """A person says something about an issue."""
    said = datetime(2026, 3, 4, tzinfo=UTC)
    world.storage.save_feedback(FeedbackRecord(world.repository.id, number, kind, said, "ann", "comment", other))


def judged(world: World, number: int) -> Judgement:
    """The issue as GitHub has it now, judged."""
    observe_issue(world.services, world.repository, number)
    embed_missing(world.services, world.repository.id)
    return judge(world.services, world.repository, number, world.config)


def test_an_issue_that_was_never_read_is_named_as_such(known: World) -> None:
    with pytest.raises(NotFound, match=f"{NAME}#77 is not in the database"):
        judge(known.services, known.repository, 77, known.config)


def test_a_second_report_is_a_duplicate_of_the_first(known: World) -> None:
    decision = known.resolve(known.report()).decision
    assert (decision.verdict, decision.canonical, decision.cluster) == (Verdict.DUPLICATE, 5, "extra")
    assert decision.links[0].evidence


def test_an_unlike_report_is_new(known: World) -> None:
    number = known.report(title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    assert known.resolve(number).decision.verdict is Verdict.NEW


def test_inv_02_the_first_of_two_reports_is_never_a_duplicate_of_the_second(known: World) -> None:
    number = known.report()
    known.triage(number)
    decision = known.resolve(5).decision
    assert decision.verdict is not Verdict.DUPLICATE
    assert all(link.number < 5 for link in decision.links)


def test_inv_04_a_third_report_points_at_the_root_with_the_roots_own_evidence(known: World) -> None:
    second = known.report()
    known.triage(second)
    known.change(second, state="closed", state_reason="duplicate")
    known.learn()
    decision = known.resolve(known.report()).decision
    assert (decision.verdict, decision.canonical) == (Verdict.DUPLICATE, 5)
    assert second not in {link.number for link in decision.links}


def test_inv_10_a_contradiction_with_the_configured_canonical_is_seen_even_where_it_was_not_retrieved(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canonical says 403 and the report says 400: whatever the retrieval returns, this is no duplicate of it."""
    other = BODY.replace("400 invalid_request_error", "403 permission_error")
    canonical = known.github.add_issue(NAME, "Extra usage balance exists, requests refused", other).number
    known.fake.config = (known.fake.config or b"") + f"    canonical: {canonical}\n".encode()
    known.clock.forward(minutes=2)
    known.learn()
    monkeypatch.setattr(type(known.services.indexes.index(known.repository.id)), "retrieve", lambda *_, **__: [])
    decision = known.resolve(known.report()).decision
    assert decision.verdict is not Verdict.DUPLICATE


def test_inv_40_what_two_people_state_is_not_shown_and_what_three_state_is(known: World) -> None:
    known.fake.config = (known.fake.config or b"") + b"facts:\n  - {name: shelf, pattern: 'Shelf: ([a-z ]+)'}\n"
    known.clock.forward(minutes=2)
    told = f"{BODY}\n\nShelf: maintainers are liars"
    shown = []
    for author in ("ann", "bob", "bob", "cyd"):
        number = known.report(body=told, author=author)
        known.triage(number)
        shown.append(("shelf", "maintainers are liars") in judged(known, number).view.sayable)
    assert shown == [False, False, False, True]


def test_inv_08_a_separated_pair_stays_separated_either_way_round(known: World) -> None:
    for first, second in ((0, 5), (5, 0)):
        number = known.report()
        word(known, first or number, "separated", second or number)
        decision = known.resolve(number).decision
        assert decision.canonical != 5
        assert 5 not in {link.number for link in decision.links}


def test_inv_18_an_objection_outlives_an_edit_of_the_issue(known: World) -> None:
    number = known.report()
    known.triage(number)
    word(known, number, "objection")
    known.change(number, body=f"{BODY} It still happens today.")
    assert known.resolve(number).decision.verdict is Verdict.NEW


def test_a_persons_word_makes_a_duplicate_the_root_of_later_reports(known: World) -> None:
    word(known, 5, "duplicate", 2)
    decision = known.resolve(known.report()).decision
    assert (decision.verdict, decision.canonical) == (Verdict.DUPLICATE, 2)


def test_inv_07_a_pull_request_posing_as_an_issue_is_ignored(known: World) -> None:
    number = known.report(is_pull_request=True)
    assert known.resolve(number).decision.verdict is Verdict.IGNORED


@pytest.mark.parametrize("body", ["", "x" * 1_000_000, "\u202e\u2066 \ufeff", "```\n" * 500, "<!--" * 2000])
def test_no_body_is_too_odd_to_be_judged(known: World, body: str) -> None:
    assert known.resolve(known.report(body=body)).decision.verdict in set(Verdict)


def test_inv_44_a_security_report_is_only_noted(known: World) -> None:
    number = known.report(title="Security vulnerability: remote code execution via a crafted file", body=BODY)
    decision = known.triage(number)
    assert decision.verdict == Verdict.SECURITY.value
    assert known.written() == []
    generation = known.storage.current_generation(known.repository.id)
    assert generation is not None
    assert all(number not in cluster.members for cluster in generation.clusters)


def test_inv_44_a_member_that_was_edited_into_a_security_report_is_not_named_as_the_clusters_canonical(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text is read before its own edit is worked off: it is in the cluster still."""
    text = "I found a security vulnerability that lets an attacker run code (RCE)."
    known.change(5, title="Security vulnerability: remote code execution", body=text)
    observe_issue(known.services, known.repository, 5)
    monkeypatch.setattr(type(known.services.indexes.index(known.repository.id)), "retrieve", lambda *_, **__: [])
    decision = known.resolve(known.report()).decision
    assert decision.cluster == "extra"
    assert decision.canonical is None
    assert decision.links == ()


def test_what_was_decided_before_does_not_decide_it_again(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    assert known.resolve(number).decision.verdict is Verdict.NEW


def test_inv_09_an_issue_does_not_count_itself_into_the_cap_when_it_is_decided_again(world: World) -> None:
    world.fake.config = b"limits: {cluster_cap: 2}"
    world.report()
    world.learn()
    first, second, third = (world.report() for _ in range(3))
    verdicts = [world.triage(number).verdict for number in (first, second, third)]
    assert verdicts == ["duplicate", "duplicate", "related"]
    assert [world.triage(number).verdict for number in (second, first)] == ["duplicate", "duplicate"]


def test_the_cluster_of_the_decision_gets_the_issue_as_its_member(known: World) -> None:
    number = known.report()
    decision = known.triage(number)
    assert CLUSTER_LABEL in known.issue(number).labels
    generation = known.storage.current_generation(known.repository.id)
    assert generation is not None
    members = {cluster.slug: cluster.members for cluster in generation.clusters}
    assert number in members[str(decision.body["cluster"])]
    assert known.issue(number).title == TITLE


def test_what_people_told_of_earlier_reports_speaks_for_them_and_what_the_bot_concluded_does_not(known: World) -> None:
    second = known.report()
    known.triage(second)  # the bot itself calls it a duplicate of 5
    unsure = known.report(title="Extra usage and the balance", body="Requests fail although there is balance.")
    alone = {one.number: one for one in judged(known, unsure).case.candidates}
    assert "company" not in {each.name for each in alone[5].evidence}
    word(known, second, "duplicate", 5)
    told = {one.number: one for one in judged(known, unsure).case.candidates}
    assert told[5].probability > alone[5].probability
    assert "company" in {each.name for each in told[5].evidence}
    word(known, unsure, "separated", second)
    assert "company" not in {each.name for one in judged(known, unsure).case.candidates for each in one.evidence}


def test_what_people_told_of_the_issue_itself_speaks_for_nobody(known: World) -> None:
    second = known.report()
    word(known, second, "duplicate", 5)
    assert "company" not in {each.name for one in judged(known, second).case.candidates for each in one.evidence}


def test_what_people_did_to_clusters_is_read_once_a_decision(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    edits = type(known.storage).edits
    monkeypatch.setattr(type(known.storage), "edits", lambda *given: read.append(given) or edits(*given))
    judge(known.services, known.repository, 5, known.config)
    assert len(read) == 1
