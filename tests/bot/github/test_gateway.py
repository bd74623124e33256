"""Every effect is safe to repeat, and shadow mode writes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Gone, Permanent, RetryAfter, Unavailable
from bot.github.gateway import Gateway
from bot.github.marker import MARKER, marked
from models.decision import Effect, EffectKind
from tests.fakes.github import FakeGitHub

NAME = "acme/shop"
SAY = Effect(EffectKind.COMMENT, "This looks like #1.")
STYLES = {"billing": ("d73a4a", "Money")}


def label(name: str) -> Effect:
    return Effect(EffectKind.ADD_LABEL, name)


def unlabel(name: str) -> Effect:
    return Effect(EffectKind.REMOVE_LABEL, name)


class Stage:
    """One issue on a fake GitHub, and a gateway to it."""

    def __init__(self) -> None:
        self.github = FakeGitHub()
        self.repository = self.github.add_repository(NAME)
        self.number = self.github.add_issue(NAME).number

    def gateway(self, *, shadow: bool = False) -> Gateway:
        writer = None if shadow else self.github.writer(NAME, 1)
        return Gateway(writer, self.github.reader(NAME, 1))

    def bodies(self) -> list[str]:
        return [comment.body for comment in self.repository.comments.get(self.number, [])]

    def methods(self) -> list[str]:
        return [write.method for write in self.github.writes]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_first_comment_is_created_with_the_hidden_marker(stage):
    applied = stage.gateway().apply(SAY, stage.number)
    assert applied.state == "done"
    (comment,) = stage.repository.comments[stage.number]
    assert comment.id == applied.github_id
    assert comment.body == f"{SAY.value}\n\n{MARKER}"


def test_inv_23_saying_the_same_again_changes_nothing_not_even_the_edit_time(stage):
    first = stage.gateway().apply(SAY, stage.number)
    before = stage.repository.issues[stage.number], list(stage.repository.comments[stage.number])
    again = stage.gateway().apply(SAY, stage.number)
    assert (again.state, again.github_id) == ("skipped", first.github_id)
    assert (stage.repository.issues[stage.number], stage.repository.comments[stage.number]) == before
    assert stage.methods() == ["create_comment"]


def test_inv_23_a_text_that_redaction_touches_is_still_known_as_the_same(stage):
    effect = Effect(EffectKind.COMMENT, "Cluster: mail jane.roe@example.org")
    stage.gateway().apply(effect, stage.number)
    assert stage.gateway().apply(effect, stage.number).state == "skipped"


def test_inv_23_another_text_edits_the_comment_in_place(stage):
    first = stage.gateway().apply(SAY, stage.number)
    second = stage.gateway().apply(replace(SAY, value="This looks like #2."), stage.number)
    assert (second.state, second.github_id) == ("done", first.github_id)
    assert stage.bodies() == [f"This looks like #2.\n\n{MARKER}"]


def test_inv_31_a_crash_between_writing_and_recording_doubles_nothing(stage):
    stage.gateway().apply(SAY, stage.number)  # its result is lost
    stage.gateway().apply(SAY, stage.number)
    assert len(stage.bodies()) == 1


def test_of_several_comments_the_oldest_is_kept_and_edited(stage):
    first = stage.github.add_comment(NAME, stage.number, f"old\n{MARKER}", "triage[bot]")
    stage.github.add_comment(NAME, stage.number, f"newer\n{MARKER}", "triage[bot]")
    assert stage.gateway().apply(SAY, stage.number).github_id == first.id


@pytest.mark.parametrize("author", ["someone", "other[bot]"])
def test_a_marker_in_somebody_elses_comment_is_not_ours(stage, author):
    stage.github.add_comment(NAME, stage.number, f"quoted\n{MARKER}", author)
    stage.gateway().apply(SAY, stage.number)
    assert stage.methods() == ["create_comment"]


def test_a_comment_of_ours_without_the_marker_is_left_alone(stage):
    stage.github.add_comment(NAME, stage.number, "a command's answer", "triage[bot]")
    stage.gateway().apply(SAY, stage.number)
    assert stage.bodies()[0] == "a command's answer"


def test_a_comment_among_many_is_found(stage):
    for n in range(250):
        stage.github.add_comment(NAME, stage.number, f"me too {n}")
    first = stage.gateway().apply(SAY, stage.number)
    stage.github.add_comment(NAME, stage.number, "and me")
    assert stage.gateway().apply(SAY, stage.number).github_id == first.github_id


def test_inv_17_a_comment_deleted_just_before_the_edit_stays_deleted(stage):
    stage.gateway().apply(SAY, stage.number)
    stage.github.fail_next("edit_comment", Gone("deleted"))
    with pytest.raises(Gone):
        stage.gateway().apply(replace(SAY, value="other"), stage.number)
    assert stage.methods() == ["create_comment"]


def test_inv_17_where_a_comment_may_not_be_the_first_none_is_begun(stage):
    with pytest.raises(Gone):
        stage.gateway().apply(SAY, stage.number, begins=False)
    assert stage.methods() == []


def test_inv_34_comments_that_cannot_be_read_mean_that_nothing_is_written(stage):
    stage.github.fail_next("comments", Unavailable("502"))
    with pytest.raises(Unavailable):
        stage.gateway().apply(SAY, stage.number)
    assert stage.github.writes == []


@pytest.mark.parametrize("error", [RetryAfter("later", 7), Unavailable("502"), Permanent("locked")])
def test_a_failure_to_write_is_the_callers_to_handle(stage, error):
    stage.github.fail_next("create_comment", error)
    with pytest.raises(type(error)):
        stage.gateway().apply(SAY, stage.number)


def test_a_missing_label_is_created_with_its_colour_and_description_then_added(stage):
    assert stage.gateway().apply(label("billing"), stage.number, labels=STYLES).state == "done"
    assert stage.methods() == ["create_label", "add_label"]
    assert stage.repository.labels["billing"] == ("d73a4a", "Money")


def test_a_label_without_a_style_gets_githubs_own_colour(stage):
    stage.gateway().apply(label("plain"), stage.number)
    assert stage.repository.labels["plain"] == ("ededed", "")


def test_an_existing_label_keeps_its_colour(stage):
    stage.repository.labels["Billing"] = ("000000", "theirs")
    stage.gateway().apply(label("billing"), stage.number, labels=STYLES)
    assert stage.repository.labels == {"Billing": ("000000", "theirs")}


def test_inv_24_the_other_labels_stay(stage):
    stage.repository.issues[stage.number] = replace(stage.repository.issues[stage.number], labels=("bug", "ui"))
    gateway = stage.gateway()
    gateway.apply(label("billing"), stage.number)
    gateway.apply(unlabel("ui"), stage.number)
    assert stage.repository.issues[stage.number].labels == ("bug", "billing")


def test_a_label_that_is_there_is_skipped_in_any_case_of_letters(stage):
    stage.repository.issues[stage.number] = replace(stage.repository.issues[stage.number], labels=("Billing",))
    assert stage.gateway().apply(label("billing"), stage.number).state == "skipped"
    assert stage.github.writes == []


def test_a_label_that_is_not_there_needs_no_removal(stage):
    assert stage.gateway().apply(unlabel("billing"), stage.number).state == "skipped"
    assert stage.github.writes == []


def test_labels_that_the_caller_has_just_read_are_not_read_again(stage):
    gateway = stage.gateway()
    assert gateway.apply(label("billing"), stage.number, live=("billing",)).state == "skipped"
    assert gateway.apply(unlabel("billing"), stage.number, live=()).state == "skipped"
    assert stage.github.calls["issue"] == 0


def test_a_label_is_looked_up_once_for_many_issues(stage):
    gateway = stage.gateway()
    for _ in range(3):
        gateway.apply(label("billing"), stage.github.add_issue(NAME).number, live=())
    assert stage.github.calls["label_exists"] == 1


def test_an_issue_that_is_gone_is_reported_as_gone(stage):
    for effect in (SAY, label("billing"), unlabel("billing")):
        with pytest.raises(Gone):
            stage.gateway().apply(effect, 99)


@pytest.mark.parametrize("effect", [SAY, label("billing"), unlabel("billing")])
def test_inv_26_shadow_mode_asks_nothing_and_writes_nothing(stage, effect):
    assert stage.gateway(shadow=True).apply(effect, stage.number).state == "shadow"
    assert stage.github.writes == []
    assert not stage.github.calls


FAULT = st.sampled_from([Unavailable("502"), RetryAfter("limit", 1), Unavailable("time-out")])
METHOD = st.sampled_from(["comments", "create_comment", "edit_comment", "label_exists", "create_label", "add_label"])
EFFECT = st.sampled_from([SAY, replace(SAY, value="Another."), label("billing"), label("bug"), unlabel("bug")])


@settings(max_examples=100)
@given(effects=st.lists(EFFECT, min_size=1, max_size=8), faults=st.lists(st.tuples(METHOD, FAULT), max_size=6))
def test_inv_31_however_often_attempts_fail_there_is_one_comment_and_each_label_once(effects, faults):
    stage = Stage()
    for method, error in faults:
        stage.github.fail_next(method, error)
    for effect in effects:
        for _ in range(len(faults) + 1):
            try:
                stage.gateway().apply(effect, stage.number, labels=STYLES)
            except (Unavailable, RetryAfter):
                continue
            break
    ours = [body for body in stage.bodies() if marked(body)]
    said = [effect.value for effect in effects if effect.kind is EffectKind.COMMENT]
    assert len(ours) == min(len(said), 1)
    assert all(body.startswith(said[-1]) for body in ours)
    labels = stage.repository.issues[stage.number].labels
    assert len(labels) == len(set(labels))
