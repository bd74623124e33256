"""What a repository teaches: its template and its calibration, learned from what is stored and used from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.activities.judge import judge
from bot.activities.judged import judged_decisions, linked_duplicates
from bot.activities.learn import NEWS_LEAST, Learned, learn
from bot.storage.records import StoredIssue
from models.markdown import line_key
from models.recalibration import LEAST
from tests.fakes.small_world import BODY, OTHERS, TITLE, World
from tests.fakes.stored import decision, effect, word

SYLLABLES = ("ba", "do", "fi", "gu", "ka", "lo", "mi", "nu", "ra", "so")
FORM = "### Lamp report\n\nTell the wattage of all lamps\n\n"
SENTENCE = "The promised credit never shows up on my page"


def name(number: int) -> str:
    """A word that no other number has."""
    return "".join(SYLLABLES[int(digit)] for digit in f"{number:03}")


def report(world: World, number: int, body: str = FORM) -> int:
    words = f"{body}The {name(number)} is odd near the {name(number + 500)} since the update."
    return world.report(title=f"{name(number)} or {name(number + 300)}", body=words, author=f"reporter-{number}")


def learned(world: World) -> Learned:
    return learn(world.services, world.repository)


def stored(world: World, number: int) -> StoredIssue:
    found = world.storage.issue(world.repository.id, number)
    assert found is not None
    return found


def read(world: World) -> None:
    world.learn()
    world.clock.forward(minutes=2)


# --- the template


@pytest.fixture
def templated(world: World) -> World:
    for number in range(60):
        report(world, number)
    read(world)
    return world


def test_a_template_is_learned_from_the_history_and_taken_out_of_it(templated: World) -> None:
    before = stored(templated, 30).text.prose
    found = learned(templated)
    assert found.added == {"lamp report", "tell the wattage of all lamps"} == found.template
    assert found.read_again == len(OTHERS) + 60
    assert "wattage" in before
    assert "wattage" not in stored(templated, 30).text.prose
    late = report(templated, 100)
    templated.resolve(late)
    assert "wattage" not in stored(templated, late).text.prose


def test_the_log_has_counts_and_no_line_of_a_text(templated: World, caplog: pytest.LogCaptureFixture) -> None:
    told = learned(templated).to_data()
    assert (told["template_lines"], told["lines_added"], told["lines_removed"]) == (2, 2, 0)
    assert "wattage" not in str(told)


def test_a_small_history_teaches_no_template(world: World) -> None:
    for number in range(40):
        report(world, number)
    read(world)
    assert learned(world).template == frozenset()


def test_a_second_look_changes_nothing_until_enough_is_new(templated: World) -> None:
    first = learned(templated)
    for number in range(100, 100 + NEWS_LEAST - 1):
        report(templated, number, body="### Kettle form\n\n")
    read(templated)
    assert learned(templated).added == frozenset()
    report(templated, 199, body="### Kettle form\n\n")
    read(templated)
    again = learned(templated)
    assert again.added <= {"kettle form"}
    assert again.template >= first.template


def test_a_wave_of_reports_alike_teaches_nothing_and_stays_visible(world: World) -> None:
    for number in range(80):
        report(world, number)
        if number % 4 == 0:
            world.report(
                title=f"Promised credit missing again {number}",
                body=f"### Lamp report\n\n{SENTENCE}\nMy machine is {name(number)}.",
                author=f"waver-{number}",
            )
    read(world)
    found = learned(world)
    assert "lamp report" in found.template
    assert line_key(SENTENCE) not in found.template
    late = world.report(title="Promised credit missing", body=f"{FORM}{SENTENCE}", author="late")
    assert world.resolve(late).decision.links


def test_what_a_known_cluster_is_found_by_is_never_learned(templated: World) -> None:
    templated.fake.config = b"clusters:\n  - {slug: lamps, title: Lamps, examples: ['Tell the wattage of all lamps']}\n"
    templated.clock.forward(minutes=2)
    assert templated.config.clusters
    assert learned(templated).template == {"lamp report"}


def test_inv_41_no_secret_is_kept_as_a_line_of_the_template(world: World) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
    for number in range(60):
        report(world, number, body=f"### Lamp report\n\nMy key is {secret}\n\nWrite to ada.lovelace@example.org\n\n")
    read(world)
    learned(world)
    kept = repr(world.storage.learned(world.repository.id)).casefold()
    assert "lamp report" in kept
    assert secret.casefold()[4:] not in kept
    assert "lovelace" not in kept


def test_a_run_that_was_cut_off_is_taken_up(templated: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bot.activities.learn.read_again", stop)
        with pytest.raises(KeyboardInterrupt):
            learned(templated)
    assert "wattage" in stored(templated, 30).text.prose
    assert learned(templated).read_again == len(OTHERS) + 60
    assert "wattage" not in stored(templated, 30).text.prose


# --- the calibration


def decide(world: World, number: int, named: int, **body: object) -> None:
    """The bot named an issue, an hour ago."""
    record = decision(number, named, repository_id=world.repository.id, decided_at=world.clock() - timedelta(hours=1))
    world.storage.save_decision(replace(record, body={"canonical": named, "links": []} | body), [])


def say(world: World, number: int, kind: str, other: int | None = None, **changes: object) -> None:
    fields = {"repository_id": world.repository.id, "said_at": world.clock()} | changes
    world.storage.save_feedback(replace(word(number, kind, other), **fields))  # type: ignore[arg-type] # by name


def rights(world: World) -> list[bool]:
    return [one.right for one in judged_decisions(world.services, world.repository.id).values()]


@pytest.fixture
def pair(world: World) -> tuple[World, int, int]:
    """Two like reports; the bot named the first on the second."""
    first, second = world.report(), world.report()
    read(world)
    decide(world, second, first)
    return world, first, second


def test_what_nobody_judged_teaches_nothing(pair: tuple[World, int, int]) -> None:
    assert rights(pair[0]) == []


@pytest.mark.parametrize(
    ("kind", "right"), [("separated", False), ("duplicate", True), ("objection", False), ("reopened", None)]
)
def test_a_word_on_what_the_bot_named_is_a_judgement(pair: tuple[World, int, int], kind: str, right: bool) -> None:
    world, first, second = pair
    say(world, second, kind, None if kind in {"objection", "reopened"} else first)
    assert rights(world) == ([] if right is None else [right])


def test_a_pair_that_was_separated_from_the_other_side_was_wrong(pair: tuple[World, int, int]) -> None:
    world, first, second = pair
    say(world, first, "separated", second)
    assert rights(world) == [False]


def test_another_canonical_by_a_person_makes_what_was_named_wrong_and_its_root_makes_it_right(
    pair: tuple[World, int, int],
) -> None:
    world, first, second = pair
    say(world, second, "duplicate", 1)
    assert rights(world) == [False]
    say(world, first, "duplicate", 1)
    assert rights(world) == [True]


def test_closing_as_a_duplicate_confirms_what_was_named_before(pair: tuple[World, int, int]) -> None:
    world, _, second = pair
    world.change(second, state="closed", state_reason="duplicate", closed_at=world.clock())
    read(world)
    assert rights(world) == [True]
    say(world, second, "objection")
    assert rights(world) == [False]


def test_what_the_bot_closed_by_itself_confirms_nothing(pair: tuple[World, int, int]) -> None:
    world, first, second = pair
    closing = effect(second, repository_id=world.repository.id, kind="close", value="duplicate", state="done")
    world.storage.save_decision(decision(second, first, repository_id=world.repository.id), [closing])
    world.change(second, state="closed", state_reason="duplicate", closed_at=world.clock())
    read(world)
    assert rights(world) == []
    say(world, second, "reopened")  # so that closing it once more was a person's act
    assert rights(world) == [True]


@pytest.mark.parametrize("reason", ["completed", "not_planned", None])
def test_another_closing_says_nothing(pair: tuple[World, int, int], reason: str | None) -> None:
    world, _, second = pair
    world.change(second, state="closed", state_reason=reason, closed_at=world.clock())
    read(world)
    assert rights(world) == []


def test_what_people_said_before_the_bot_named_it_is_no_judgement_of_the_bot(pair: tuple[World, int, int]) -> None:
    world, first, second = pair
    say(world, second, "duplicate", first, said_at=world.clock() - timedelta(hours=2))
    assert rights(world) == []


def test_a_link_that_was_shown_counts_where_no_canonical_was_named(world: World) -> None:
    first, second = world.report(), world.report()
    read(world)
    decide(world, second, first, canonical=None, links=[{"number": first}, {"number": 1}])
    say(world, second, "objection")
    assert rights(world) == [False]


def test_a_decision_that_named_nothing_is_no_judgement(world: World) -> None:
    _, second = world.report(), world.report()
    read(world)
    decide(world, second, 0, canonical=None)
    say(world, second, "objection")
    assert rights(world) == []


def test_an_issue_that_is_gone_teaches_nothing(pair: tuple[World, int, int]) -> None:
    world, first, second = pair
    say(world, second, "separated", first)
    world.storage.delete_issue(world.repository.id, first)
    assert rights(world) == []


def spoken(world: World, outcomes: Sequence[bool]) -> None:
    """Many like reports on each of which the bot named its own twin; people say what it was worth."""
    for at, right in enumerate(outcomes):
        body = f"{BODY} The {name(at)} was seen beside the {name(at + 400)}."
        twins = [world.report(title=f"{TITLE} {name(at)}", body=body, author=f"a{at}-{n}") for n in range(2)]
        read(world) if at == len(outcomes) - 1 else None
        decide(world, twins[1], twins[0])
        say(world, twins[1], "duplicate" if right else "separated", twins[0])


@pytest.fixture
def misled(world: World) -> World:
    """A repository whose people found three in four wrong."""
    spoken(world, [at % 4 == 0 for at in range(LEAST + 10)])
    return world


def test_objections_make_the_repositorys_scores_more_modest(misled: World) -> None:
    number = misled.report(title=f"{TITLE} {name(1)}", body=f"{BODY} The {name(1)} was seen beside the {name(401)}.")
    misled.resolve(number)
    before = judge(misled.services, misled.repository, number, misled.config)
    found = learned(misled)
    after = judge(misled.services, misled.repository, number, misled.config)
    assert found.before is None
    assert found.after.adopted
    assert after.case.candidates[0].probability < before.case.candidates[0].probability - 0.1
    assert [one.number for one in after.case.candidates[:3]] == [one.number for one in before.case.candidates[:3]]
    assert misled.services.calibration_of(misled.repository.id) == found.after


def test_each_decision_says_whose_calibration_it_rests_on(misled: World) -> None:
    number = misled.report()
    shipped = misled.resolve(number).decision.model
    learned(misled)
    own = misled.resolve(number).decision.model
    assert shipped.endswith(misled.services.scorer_id)
    assert own.startswith(f"{shipped}+own-")
    assert misled.services.scorer_for(misled.repository.id)[1] == own.split(" ")[-1]


def test_confirmed_decisions_alone_make_nothing_bolder(world: World) -> None:
    spoken(world, [True] * (LEAST + 5))
    assert not learned(world).after.adopted
    assert world.services.scorer_for(world.repository.id) == (world.services.scorer, world.services.scorer_id)


def test_inv_13_a_calibration_of_another_model_or_scorer_is_not_used(misled: World) -> None:
    learned(misled)
    services, repository = misled.services, misled.repository
    assert services.scorer_for(repository.id)[0] != services.scorer
    other = replace(services, scorer_id="scorer-00000000")
    assert other.scorer_for(repository.id) == (other.scorer, other.scorer_id)
    assert other.calibration_of(repository.id) is None
    kept = services.storage.learned(repository.id)
    assert kept.calibration is not None
    services.storage.save_learned(
        repository.id, replace(kept, calibration={**kept.calibration, "model": "another@1/1/64"})
    )
    assert services.scorer_for(repository.id) == (services.scorer, services.scorer_id)


def test_a_word_that_is_taken_back_is_forgotten_at_the_next_look(misled: World) -> None:
    learned(misled)
    said = misled.storage.feedback(misled.repository.id)
    misled.storage.amend_feedback(misled.repository.id, [one for one in said if one.kind == "separated"], [])
    found = learned(misled)
    assert found.before is not None
    assert found.before.adopted
    assert not found.after.adopted
    assert misled.services.scorer_for(misled.repository.id)[0] == misled.services.scorer


# --- the history


def linked(world: World, outcomes: Sequence[bool]) -> None:
    """Twins that people linked by themselves: to each other, or each to another issue than its twin."""
    for at, right in enumerate(outcomes):
        body = f"{BODY} The {name(at)} was seen beside the {name(at + 400)}."
        title = f"{TITLE} {name(at)}"
        apart = [report(world, at + 600), report(world, at + 700)]
        first, second = (world.report(title=title, body=body, author=f"a{at}-{n}") for n in range(2))
        say(world, second, "duplicate", first if right else apart[0])
        if not right:
            say(world, first, "duplicate", apart[1])
    read(world)


def test_what_people_linked_by_themselves_is_held_against_the_first_candidate(world: World) -> None:
    linked(world, [True, True])
    assert [one.right for one in linked_duplicates(world.services, world.repository.id)] == [True, True]
    linked(world, [False])
    assert {one.right for one in linked_duplicates(world.services, world.repository.id)[2:]} == {False}


def test_a_candidate_on_which_people_said_nothing_is_no_outcome(world: World) -> None:
    first, second = world.report(), world.report()
    other = report(world, 600)
    read(world)
    say(world, second, "duplicate", other)
    assert linked_duplicates(world.services, world.repository.id) == []
    say(world, first, "duplicate", other)
    assert [one.right for one in linked_duplicates(world.services, world.repository.id)] == [True]


def test_an_issue_that_the_bot_had_named_first_is_a_judged_decision_and_no_history(
    pair: tuple[World, int, int],
) -> None:
    world, first, second = pair
    say(world, second, "duplicate", first)
    judged = judged_decisions(world.services, world.repository.id)
    assert list(judged) == [second]
    assert linked_duplicates(world.services, world.repository.id, but=judged) == []


def test_a_history_in_which_like_reports_were_other_problems_makes_the_bot_more_modest(world: World) -> None:
    linked(world, [at % 4 == 0 for at in range(LEAST + 10)])
    found = learned(world).after
    assert found.judged == 0
    assert found.linked >= LEAST
    assert found.lowered < 0 or found.duplicate > world.services.scorer.thresholds["duplicate"]
    scorer, mark = world.services.scorer_for(world.repository.id)
    assert scorer != world.services.scorer
    assert mark != world.services.scorer_id


def test_a_history_that_the_bot_would_have_found_changes_nothing(world: World) -> None:
    linked(world, [True] * (LEAST + 10))
    found = learned(world).after
    assert found.linked >= LEAST
    assert world.services.scorer_for(world.repository.id) == (world.services.scorer, world.services.scorer_id)
