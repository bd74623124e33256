"""GitHub → database: the repository's present state, its configuration file, its issues."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.activities.history import read_history
from bot.activities.observe import (
    Stopped,
    config_in_force,
    current_config,
    observe_issue,
    open_repository,
    stop_repository,
)
from bot.activities.reading import read_again
from bot.errors import Gone, Permanent, RetryAfter, Unavailable
from bot.github.config_file import LARGEST_FILE
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord
from tests.fakes.github import PAGE
from tests.fakes.small_world import NAME, OTHERS, World

SUSPENDED = Permanent("the installation of the App is suspended", stops_repository=True)


def state_of(world: World) -> str | None:
    record = world.storage.repository_by_id(world.fake.info.id)
    return record.state if record else None


# --- the repository


def test_a_repository_is_looked_at_once_and_then_known(world: World) -> None:
    assert world.repository == world.repository
    assert world.github.calls["repository"] == 1
    assert state_of(world) == "active"


def test_a_renamed_repository_keeps_its_id_and_its_history(known: World) -> None:
    before = known.storage.issue_count(known.repository.id)
    known.github.repositories["acme/store"] = known.github.repositories.pop(NAME)
    known.fake.info = replace(known.fake.info, full_name="acme/store")
    record = open_repository(known.services, "acme/store", repository_id=known.fake.info.id, installation_id=1)
    assert (record.full_name, record.id) == ("acme/store", known.fake.info.id)
    assert known.storage.repository(NAME) is None
    assert known.storage.issue_count(record.id) == before


def test_inv_29_a_new_repository_under_an_old_name_gets_nothing_of_the_old_one(known: World) -> None:
    old = known.repository
    fresh = known.github.add_repository(NAME)
    record = open_repository(known.services, NAME, repository_id=fresh.info.id, installation_id=1)
    assert record.id == fresh.info.id != old.id
    assert record.imported_at is None
    assert known.storage.issue_count(record.id) == 0


def test_inv_29_a_late_delivery_under_a_name_that_another_has_by_now_stays_with_its_repository(known: World) -> None:
    mine = known.repository
    known.github.repositories["acme/store"] = known.github.repositories.pop(NAME)
    known.fake.info = replace(known.fake.info, full_name="acme/store")
    open_repository(known.services, "acme/store", repository_id=mine.id, installation_id=1)
    known.github.add_repository(NAME)
    record = open_repository(known.services, NAME, repository_id=mine.id, installation_id=1)
    assert (record.id, record.full_name) == (mine.id, "acme/store")


def test_an_archived_repository_stops_and_comes_back_when_it_is_unarchived(world: World) -> None:
    world.github.archive(NAME)
    with pytest.raises(Stopped, match="archived"):
        world.repository  # noqa: B018 - asking opens it
    assert state_of(world) == "archived"
    world.fake.info = replace(world.fake.info, archived=False)
    assert world.repository.state == "active"


def test_inv_36_a_suspended_installation_stops_the_repository_with_a_notice_and_heals_by_itself(known: World) -> None:
    number = known.report()
    known.fake.suspended = True
    with pytest.raises(Stopped):
        observe_issue(known.services, known.repository, number)
    record = known.storage.repository_by_id(known.fake.info.id)
    assert record is not None
    assert (record.state, record.state_reason) == ("stopped", "no token for this installation")
    with pytest.raises(Stopped):
        known.repository  # noqa: B018 - it is asked about again at each delivery
    known.fake.suspended = False
    assert known.repository.state == "active"
    assert known.repository.state_reason is None


@pytest.mark.parametrize("method", ["config", "issue", "issues"])
def test_inv_36_a_read_that_nothing_in_the_repository_could_do_stops_it(known: World, method: str) -> None:
    known.clock.forward(minutes=5)
    known.github.fail_next(method, SUSPENDED)
    with pytest.raises(Stopped, match="suspended"):
        _read(known, method)
    assert state_of(known) == "stopped"


def _read(world: World, method: str) -> None:
    repository = world.repository
    if method == "config":
        current_config(world.services, repository)
    elif method == "issue":
        observe_issue(world.services, repository, 5)
    else:
        read_history(world.services, repository)


def test_another_installation_is_taken_over_from_the_delivery(known: World) -> None:
    known.fake.installation_id = 2
    record = open_repository(known.services, NAME, repository_id=known.fake.info.id, installation_id=2)
    assert record.installation_id == 2
    assert known.storage.repository(NAME) == record


def as_app(world: World) -> Services:
    credentials = {"app_id": 1, "private_key": SecretStr("never used")}
    return replace(world.services, settings=world.services.settings.model_copy(update=credentials))


def test_inv_29_a_delivery_that_names_another_installation_changes_nothing(known: World) -> None:
    record = open_repository(as_app(known), NAME, repository_id=known.fake.info.id, installation_id=666)
    assert record.installation_id == known.fake.installation_id == 1
    assert known.storage.repository(NAME) == record


def test_a_repository_that_moved_to_another_installation_goes_with_it(known: World) -> None:
    known.fake.installation_id = 2
    record = open_repository(as_app(known), NAME, repository_id=known.fake.info.id, installation_id=2)
    assert record.installation_id == 2


def test_inv_29_where_the_app_is_not_installed_the_installation_named_gets_no_further(known: World) -> None:
    known.github.fail_next("installation_of", Gone("not there"))
    with pytest.raises(Stopped):
        open_repository(as_app(known), NAME, repository_id=known.fake.info.id, installation_id=666)


def test_inv_45_a_late_delivery_does_not_bring_back_a_repository_that_the_app_was_removed_from(world: World) -> None:
    world.github.fail_next("installation_of", Gone("not there"))
    with pytest.raises(Stopped, match="not installed"):
        open_repository(as_app(world), NAME, repository_id=world.fake.info.id, installation_id=1, told_by="late")
    assert world.storage.repository_by_id(world.fake.info.id) is None
    assert world.github.calls["repository"] == 0


@pytest.mark.parametrize("failure", [Unavailable("GitHub answered 502"), RetryAfter("patience", 7)])
def test_a_passing_failure_stops_nothing(world: World, failure: Exception) -> None:
    world.github.fail_next("repository", failure)  # type: ignore[arg-type]  # both are GitHubErrors
    with pytest.raises(type(failure)):
        world.repository  # noqa: B018 - asking opens it
    assert world.repository.state == "active"


def test_stopping_what_is_not_known_or_not_active_changes_nothing(world: World) -> None:
    stop_repository(world.services, None, "why")
    world.storage.save_repository(replace(world.repository, state="suspended"))
    stop_repository(world.services, world.storage.repository_by_id(world.fake.info.id), "why")
    assert state_of(world) == "suspended"


# --- the configuration file


def test_a_repository_without_a_file_has_the_default_configuration(world: World) -> None:
    assert world.config == RepoConfig()


def test_the_file_is_looked_at_once_a_minute_and_only_where_it_changed(world: World) -> None:
    world.fake.config = b"mode: shadow"
    assert world.config.mode == world.config.mode == "shadow"
    assert world.github.calls["config"] == 1
    world.clock.forward(seconds=61)
    assert world.config.mode == "shadow"
    assert world.github.calls["config"] == 2
    world.fake.config = b"mode: comment"
    assert world.config.mode == "shadow"
    world.clock.forward(seconds=61)
    assert world.config.mode == "comment"


def test_a_file_that_is_deleted_means_the_defaults_again(world: World) -> None:
    world.fake.config = b"mode: shadow"
    assert world.config.mode == "shadow"
    world.fake.config = None
    world.clock.forward(seconds=61)
    assert world.config == RepoConfig()


def test_inv_27_a_wrong_file_leaves_the_last_valid_one_in_force_with_its_errors(world: World) -> None:
    world.fake.config = b"mode: shadow"
    assert world.config.mode == "shadow"
    world.fake.config = b"mode: loud\ncolour: red"
    for _ in range(2):  # the second look finds it unchanged
        world.clock.forward(seconds=61)
        assert world.config.mode == "shadow"
        error = world.storage.config(world.repository.id).error
        assert error is not None
        assert error.splitlines()[0].startswith("line 1: mode: ")
        assert len(error.splitlines()) == 2
    world.fake.config = b"mode: comment"
    world.clock.forward(seconds=61)
    assert world.config.mode == "comment"
    assert world.storage.config(world.repository.id).error is None


def test_inv_27_what_an_older_version_took_is_read_anew_and_told_and_stays_in_force(world: World) -> None:
    text = "limits: {links: 010}"
    world.fake.config = text.encode()
    world.clock.forward(seconds=61)
    assert world.config.mode == "shadow"
    known = world.storage.config(world.repository.id)
    assert known.error is not None
    world.storage.save_config(
        world.repository.id, replace(known, valid_text=text, error=None, failed_since=None, checked_at=None)
    )  # as if an older version had taken it
    for _ in range(2):  # the second look finds it unchanged
        assert world.config.limits.links == 8
        kept = world.storage.config(world.repository.id)
        assert kept.error is not None
        assert kept.error.startswith("line 1: limits.links: '010' would be read as 8")
        assert (kept.etag, kept.valid_text) == (known.etag, text)
        assert kept.failed_since is not None
        world.clock.forward(seconds=61)
    world.fake.config = b"limits: {links: 10}"
    assert world.config.limits.links == 10
    assert world.storage.config(world.repository.id).error is None


@pytest.mark.parametrize("failure", [Unavailable("GitHub answered 500"), RetryAfter("patience", 5)])
def test_inv_27_a_failure_to_read_is_not_an_empty_file(world: World, failure: Exception) -> None:
    world.fake.config = b"mode: shadow"
    for _ in range(2):  # never read before; read before
        world.clock.forward(seconds=61)
        world.github.fail_next("config", failure)  # type: ignore[arg-type]  # both are GitHubErrors
        with pytest.raises(type(failure)):
            world.config  # noqa: B018 - asking reads it
        assert world.config.mode == "shadow"


def test_inv_27_a_file_that_can_not_be_read_any_more_leaves_the_last_valid_one_in_force(world: World) -> None:
    world.fake.config = b"mode: shadow"
    assert world.config.mode == "shadow"
    world.fake.config = b"\xff\x00"
    world.clock.forward(seconds=61)
    assert world.config.mode == "shadow"
    assert "not UTF-8" in str(world.storage.config(world.repository.id).error)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\x00", "not UTF-8"),
        (b"mode: comment\n#" + b"x" * LARGEST_FILE, "too large"),
        (b"mode: shadow\nclustres: []", "unknown key"),
    ],
)
def test_inv_27_where_no_file_was_ever_valid_the_bot_records_and_writes_nothing(
    world: World, content: bytes, told: str
) -> None:
    world.fake.config = content
    for _ in range(2):
        assert world.config == config_in_force(world.services, world.repository) == RepoConfig(mode="shadow")
        assert told in str(world.storage.config(world.repository.id).error)
        world.clock.forward(seconds=61)
    world.fake.config = b"mode: comment"
    assert world.config == RepoConfig()
    assert world.storage.config(world.repository.id).error is None


def test_inv_27_the_first_file_of_a_repository_that_had_none_is_not_guessed_at(world: World) -> None:
    assert world.config.mode == "comment"
    world.fake.config = b"mode: shadow\nclustres: []"
    world.clock.forward(seconds=61)
    assert world.config.mode == "shadow"


def test_inv_27_a_wrong_file_of_the_organisation_lets_nobody_speak(world: World) -> None:
    world.github.add_repository("acme/.github").config = b"mode: shadow\nclustres: []"
    assert world.config.mode == "shadow"


def test_inv_27_an_empty_file_is_a_valid_one(world: World) -> None:
    world.fake.config = b""
    assert world.config == RepoConfig()
    world.fake.config = b"mode: loud"
    world.clock.forward(seconds=61)
    assert world.config == RepoConfig()


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_that_powershell_wrote_is_read(world: World, coding: str) -> None:
    mark = "" if coding == "utf-16" else "\ufeff"
    world.fake.config = (mark + "mode: shadow\r\n").encode(coding)
    assert world.config.mode == "shadow"
    assert world.storage.config(world.repository.id).error is None


# --- one issue


def test_an_issue_is_kept_as_it_is_now(known: World) -> None:
    known.change(5, state="closed", state_reason="completed")
    seen = observe_issue(known.services, known.repository, 5)
    stored = known.storage.issue(known.repository.id, 5)
    assert seen is not None
    assert stored is not None
    assert stored.issue == seen
    assert stored.issue.state == "closed"


def test_an_issue_that_is_gone_is_forgotten(known: World) -> None:
    known.github.fail_next("issue", Gone("not there"))
    assert observe_issue(known.services, known.repository, 5) is None
    assert known.storage.issue(known.repository.id, 5) is None


def test_inv_41_what_is_kept_of_an_issue_is_redacted(known: World) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    number = known.report(body=f"My token is {token} and my address is jane@customer.example.org")
    observe_issue(known.services, known.repository, number)
    kept = repr(known.storage.issue(known.repository.id, number))
    assert token not in kept
    assert "jane@customer.example.org" not in kept


def test_a_repositorys_own_facts_are_read_from_its_issues(world: World) -> None:
    world.fake.config = b"facts:\n  - {name: tier, pattern: '\\b(gold|silver) tier\\b'}\n"
    assert world.config.facts
    number = world.report(body=f"{BODY_START} I am on the gold tier.")
    observe_issue(world.services, world.repository, number)
    stored = world.storage.issue(world.repository.id, number)
    assert stored is not None
    assert stored.facts["tier"] == frozenset({"gold"})


BODY_START = "Since yesterday nothing works any more."


# --- the history


def test_the_whole_history_is_read_over_every_page(world: World) -> None:
    for _ in range(PAGE):
        world.report()
    read_history(world.services, world.repository)
    assert world.storage.issue_count(world.repository.id) == PAGE + len(OTHERS)
    assert world.repository.imported_at is not None


def test_inv_34_a_history_that_breaks_off_is_not_taken_for_a_whole_one(world: World) -> None:
    for _ in range(PAGE):
        world.report()
    world.github.fail_next("issues", Unavailable("GitHub answered 502"))
    with pytest.raises(Unavailable):
        read_history(world.services, world.repository)
    _fail_second_page(world)
    with pytest.raises(Unavailable):
        read_history(world.services, world.repository)
    assert world.repository.imported_at is None
    read_history(world.services, world.repository)
    assert world.storage.issue_count(world.repository.id) == PAGE + len(OTHERS)


def _fail_second_page(world: World) -> None:
    """The first page's rows are saved; then the next request fails."""
    lay = [None, Unavailable("GitHub answered 502")]
    called = world.github.called

    def once(method: str) -> None:
        called(method)
        if method == "issues" and lay:
            failure = lay.pop(0)
            if failure is not None:
                raise failure

    world.github.called = once  # type: ignore[method-assign]  # a fault in the middle of a list


def test_the_second_reading_asks_only_for_what_changed(world: World) -> None:
    read_history(world.services, world.repository)
    seen: list[int] = []
    world.change(2, title="Another title")
    late = world.report()
    read_history(world.services, world.repository, seen.append)
    assert sum(seen) == 2
    assert world.storage.issue(world.repository.id, late) is not None
    changed = world.storage.issue(world.repository.id, 2)
    assert changed is not None
    assert changed.issue.title == "Another title"


def test_new_facts_are_read_from_the_issues_that_are_there_already(world: World) -> None:
    number = world.report(body=f"{BODY_START} I am on the gold tier.")
    world.learn()
    world.fake.config = b"facts:\n  - {name: tier, pattern: '\\b(gold|silver) tier\\b'}\n"
    world.clock.forward(minutes=2)
    world.learn()
    stored = world.storage.issue(world.repository.id, number)
    assert stored is not None
    assert stored.facts["tier"] == frozenset({"gold"})
    assert read_again(world.services, world.repository, world.config) == 0


def test_inv_45_a_repository_that_is_forgotten_while_it_is_read_does_not_come_back(world: World) -> None:
    repository = world.repository

    def forget(_: int) -> None:
        world.storage.forget_repository(repository.id)

    with pytest.raises(Stopped, match="forgotten"):
        read_history(world.services, repository, forget)
    assert world.storage.repository_by_id(repository.id) is None


def test_a_repository_that_is_suspended_while_it_is_read_stays_so(world: World) -> None:
    repository = world.repository

    def suspend(_: int) -> None:
        world.storage.save_repository(replace(repository, state="suspended"))

    assert read_history(world.services, repository, suspend).state == "suspended"
    assert state_of(world) == "suspended"


def test_the_configuration_in_force_is_the_last_valid_one_without_asking(world: World) -> None:
    world.fake.config = b"mode: shadow"
    repository = world.repository
    assert config_in_force(world.services, repository) == RepoConfig()
    assert world.config.mode == "shadow"
    assert config_in_force(world.services, RepositoryRecord(repository.id, NAME)).mode == "shadow"
