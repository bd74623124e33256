"""Each promise about what follows in time notices a bot that breaks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import effects, policy, rules
from bot.activities import close, importing, live_canonical, obey, observe, promise, refit, upkeep
from bot.activities.refit_budget import OverBudget
from bot.closing import Right
from bot.services import Services
from bot.storage.clusters import Clusters
from bot.storage.records import Provenance, RepositoryRecord
from bot.storage.repositories import Repositories
from bot.storage.tasks import Tasks
from bot.workflows import close_duplicates
from models.cluster import Generation
from tests.fakes.stored import delivery
from tests.stateful.histories import Histories
from tests.stateful.people import CLOSING, FIXED_IN, IN_A_FIX, KNOWN, SECURITY
from tests.stateful.promises import Broken
from tests.stateful.telling import noticed
from tests.stateful.town import NAME


def told_of(history: Histories, *authors: str) -> int:
    """So many more reports of the known problem, answered; the last one's number."""
    for author in authors:
        history.report(KNOWN, author)
    history.the_bot_works_everything_off()
    return max(history.town.issues)


def in_mode_close(history: Histories) -> int:
    """A report that the bot promised to close, a week later; a maintainer agreed with it on another one."""
    town = history.town
    number = told_of(history, "cyd")
    decided = town.storage.last_decision(town.repository_id, number)
    assert decided is not None
    history.comments_on(number, "mia", f"Duplicate of #{decided.body['canonical']}")
    town.fake.config = CLOSING.encode()
    town.clock.forward(90)
    number = told_of(history, "bob")
    town.clock.forward(8 * 86400)
    town.engine.scheduled("close_duplicates")
    return number


def test_what_was_promised_is_closed_and_nobody_complains(history: Histories) -> None:
    number = in_mode_close(history)
    assert noticed(history) == ""
    assert history.town.issues[number].state == "closed"


def test_a_bot_with_which_nobody_ever_agreed_closes_nothing_and_one_that_does_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = history.town
    town.fake.config = CLOSING.encode()
    for expected in ("", "nobody ever agreed"):
        town.clock.forward(90)
        told_of(history, "bob")
        town.clock.forward(8 * 86400)
        town.engine.scheduled("close_duplicates")
        assert expected in noticed(history)
        assert all(issue.state == "open" for issue in town.issues.values()) or expected
        for module in (close, promise, close_duplicates):
            monkeypatch.setattr(module, "closing_right", lambda *_: Right(earned=True))


def test_a_bot_that_closes_what_somebody_answered_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close, "held_back", lambda *_: ())
    number = in_mode_close(history)
    history.comments_on(number, "bob", "The same here.")
    assert "answered" in noticed(history)


def test_inv_06_a_bot_that_does_not_follow_the_canonical_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of(history, "bob", "cyd")
    monkeypatch.setattr(upkeep.Surroundings, "mark", lambda *_: "always the same")
    number = told_of(history, "ann")
    decided = history.town.storage.last_decision(history.town.repository_id, number)
    assert decided is not None
    history._close(decided.body["canonical"], "mia", "not_planned")
    assert "still called a duplicate" in noticed(history)


def test_inv_12_a_bot_that_loses_an_issue_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    told_of(history, "bob")
    history.town.storage.delete_issue(history.town.repository_id, 2)
    assert "not indexed: [2]" in noticed(history)


def test_inv_15_a_bot_that_does_not_compare_versions_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = history.town.storage.last_decision(history.town.repository_id, told_of(history, "bob"))
    assert decided is not None
    history.town.change(decided.body["canonical"], labels=(FIXED_IN,))
    monkeypatch.setattr(rules, "has_fix", lambda *_: None)
    history.report(IN_A_FIX, "cyd")
    assert "fixed in 3.2.0" in noticed(history)


def test_inv_35_a_bot_whose_tasks_do_not_say_that_they_ended_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tasks, "finish_task", lambda *_: None)
    history.town.engine.scheduled("keep_comments")
    assert "never ended" in noticed(history)


def test_inv_37_a_bot_that_writes_more_than_github_takes_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = effects.render
    monkeypatch.setattr(effects, "render", lambda *given: (written(*given) or "") + "and so on " * 7000)
    history.report(KNOWN, "bob")
    assert "inv_37" in noticed(history)


def test_inv_37_a_bot_that_links_everything_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_links", lambda _case, shown, _target: tuple(shown))
    with pytest.raises(Broken, match="links"):
        told_of(history, "bob", "cyd", "ann", "bob")


def test_inv_38_a_bot_that_puts_an_issue_into_two_clusters_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of(history, "bob", "cyd")
    publish = Clusters.publish

    def twice(storage: Any, repository_id: int, generation: Generation, *more: Any) -> None:
        first = next(one for one in generation.clusters if one.members)
        again = replace(first, id="again", slug=None, canonical=None)
        publish(storage, repository_id, replace(generation, clusters=(*generation.clusters, again)), *more)

    monkeypatch.setattr(Clusters, "publish", twice)
    history.town.clock.forward(26 * 3600)
    history.town.engine.scheduled("refit_clusters")
    assert "in two clusters" in noticed(history)


def test_inv_38_a_bot_that_clears_the_clusters_before_it_fails_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of(history, "bob", "cyd")

    def cleared(services: Services, repository: RepositoryRecord, *_: Any) -> None:
        empty = Generation(refit.next_number(services, repository.id), services.clock(), ())
        services.storage.publish(repository.id, empty, Provenance("nightly", "", ""))
        raise OverBudget("it took too long")

    monkeypatch.setattr(refit, "judged", cleared)
    history.town.clock.forward(26 * 3600)
    history.town.engine.scheduled("refit_clusters")
    assert "the last refit made" in noticed(history)


def test_inv_42_a_bot_that_obeys_strangers_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    number = told_of(history, "bob")
    monkeypatch.setattr("bot.activities.listen.allowed", lambda *_, **__: True)
    history.comments_on(number, "sly", "/triage pause")
    assert "sly said paused" in noticed(history)


def test_inv_44_a_bot_that_counts_reports_on_a_security_report_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [told_of(history, "bob"), told_of(history, "cyd")]
    for room in (live_canonical, obey):
        monkeypatch.setattr(room, "looks_like_security_report", lambda _: False)
    for number in numbers:
        history.comments_on(number, "mia", "Duplicate of #4")
    assert history.town.issues[4].title == SECURITY[0]
    assert "inv_44" in noticed(history)


def test_inv_45_a_bot_that_forgets_by_halves_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    told_of(history, "bob")

    forget = Repositories.forget_repository

    def half(storage: Any, repository_id: int) -> dict[str, int]:
        forgotten = forget(storage, repository_id)
        storage.accept([delivery("left", repository_id=repository_id, repository=NAME)], lambda *_: None)
        return forgotten

    monkeypatch.setattr(Repositories, "forget_repository", half)
    history.town.uninstalled()
    assert "still names the repository" in noticed(history)


def test_inv_45_an_uninstalled_repository_comes_back_as_a_new_one(history: Histories) -> None:
    number = told_of(history, "bob")
    history.town.uninstalled()
    assert noticed(history) == ""
    assert history.town.record is None
    assert history.town.traces() == []
    history.town.installed_again()
    history.report(KNOWN, "cyd")
    assert noticed(history) == ""
    assert history.town.own(number + 1)


def test_a_bot_that_keeps_a_broadcast_to_itself_is_noticed(history: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    told_of(history, "bob", "cyd")
    monkeypatch.setattr(upkeep.Surroundings, "status", lambda *_: None)
    clusters = history.town.storage.clusters_in_force(history.town.repository_id)
    place = next(at for at, one in enumerate(clusters) if 7 in one.members)
    history.tells_the_members_of_a_cluster(place=place, who="mia", fix=1, works=0)
    assert "was not told" in noticed(history)


def test_inv_36_a_bot_that_writes_while_it_is_stopped_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = told_of(history, "bob")
    town = history.town
    assert town.record is not None
    stopped = observe.replace(town.record, state="stopped", state_reason="suspended")
    monkeypatch.setattr(observe, "_is_settled", lambda *_: True)
    town.storage.save_repository(stopped)
    history.comments_on(number, "mia", "/triage different")
    assert "inv_36" in noticed(history)


def test_inv_23_a_bot_that_does_not_know_its_own_comments_again_is_noticed(
    history: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "adopt", lambda *_: None)
    history.report(KNOWN, "bob")
    history.the_bot_works(5)
    history.town.uninstalled()
    history.town.settle()
    history.town.installed_again()
    assert "does not know its own comments" in noticed(history)
