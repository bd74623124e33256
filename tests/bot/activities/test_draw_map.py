"""A repository's map: drawn of what is public, kept, still, and given up in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.activities.draw_map import AGE, STATE, draw_map
from bot.activities.refit import BY_HAND, begun, refit
from bot.storage.look_records import MapRecord
from models.issue_map import NO_CLUSTER, IssueMap, from_bytes
from tests.fakes.small_world import World

SECRET = "An attacker can execute arbitrary code: remote code execution, CVE-2026-12345."


def drawn(world: World) -> tuple[MapRecord, IssueMap]:
    record = draw_map(world.services, world.repository)
    assert record is not None
    assert world.storage.map(world.repository.id) == record
    return record, from_bytes(record.header, record.points)


def test_every_indexed_issue_has_a_place_and_its_cluster(known: World) -> None:
    refit(known.services, known.repository, known.config, begun(known.services, known.repository, BY_HAND))
    record, shown = drawn(known)
    assert shown.numbers.tolist() == [1, 2, 3, 4, 5]
    assert np.isfinite(shown.places).all()
    assert shown.clusters == ("extra",)
    assert shown.cluster.tolist() == [NO_CLUSTER] * 4 + [0]
    assert record.generation == known.storage.generations(known.repository.id)[0].number


def test_it_can_be_coloured_by_state_age_and_fact(known: World) -> None:
    known.change(2, state="closed", state_reason="not_planned")
    known.learn()
    _, shown = drawn(known)
    channels = {one.name: one for one in shown.channels}
    assert {STATE, AGE} <= set(channels)
    state = channels[STATE]
    assert [state.values[code] for code in state.codes] == ["open", "closed, not planned", "open", "open", "open"]


def test_inv_44_a_security_report_is_not_on_the_map(known: World) -> None:
    hidden = known.report(title="Weakness in the login", body=SECRET)
    known.learn()
    _, shown = drawn(known)
    assert hidden not in shown.numbers.tolist()


def test_the_next_night_begins_where_this_one_ended(known: World) -> None:
    things = ("login", "export", "printer", "calendar", "search")
    for number in range(60):
        thing = things[number % len(things)]
        known.report(title=f"The {thing} is slow", body=f"Case {number} of a slow {thing}.", author=f"person-{number}")
    known.learn()
    record, first = drawn(known)
    turned = first.places @ np.array([[0, -1], [1, 0]], dtype=np.float32)  # as a map begun anew never lies
    known.storage.save_map(replace(record, points=replace(first, places=turned).to_bytes()))
    known.report(author="late")
    known.learn()
    _, second = drawn(known)
    moved = np.linalg.norm(second.places[:-1] - turned, axis=1)
    assert np.median(moved) < 0.2 * np.sqrt((turned**2).sum(axis=1).mean())


def test_places_of_another_model_are_not_gone_on_from(known: World) -> None:
    record, first = drawn(known)
    known.storage.save_map(replace(record, model_id="another"))
    _, second = drawn(known)
    assert np.array_equal(first.places, second.places)


def test_a_map_over_the_budget_leaves_yesterdays(known: World) -> None:
    record, _ = drawn(known)
    settings = known.services.settings.model_copy(update={"refit_seconds": 0})
    assert draw_map(replace(known.services, settings=settings), known.repository) is None
    assert known.storage.map(known.repository.id) == record


def test_a_repository_without_issues_has_an_empty_map(world: World) -> None:
    world.fake.issues.clear()
    world.learn()
    _, shown = drawn(world)
    assert (len(shown.numbers), shown.clusters, shown.channels) == (0, (), ())
