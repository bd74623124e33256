"""What people do without a word to the bot: their acts on a small tracker, as deliveries tell of them."""

from __future__ import annotations

import pytest

from bot.activities.earned import closing_right
from bot.activities.notice import notice
from bot.activities.resolve import Reason
from tests.fakes.small_world import CONFIG, World


@pytest.mark.parametrize(("author", "heard"), [("triage[bot]", True), ("Triage[bot]", True), ("other[bot]", False)])
def test_inv_17_a_comment_of_ours_that_we_do_not_remember_is_deleted_by_a_person(
    known: World, author: str, heard: bool
) -> None:
    """It was written before the bot was uninstalled and came back, or by a process that died as it wrote."""
    details = {"sender": "ann", "sender_type": "User", "comment": 4711, "comment_by": author}
    delivery = {"id": "d", "event": "issue_comment", "action": "deleted", "issue": 5, "details": details}
    assert notice(known.services, known.repository, delivery) == heard
    said = [one.kind for one in known.storage.feedback(known.repository.id, 5)]
    assert said == (["objection", "comment-deleted"] if heard else [])


def closed_as_duplicate(world: World, number: int, by: str = "mia") -> bool:
    """Closed by GitHub's own way, by somebody with a say; whether that says anything."""
    world.fake.permissions[by] = "triage"
    world.change(number, state="closed", state_reason="duplicate", closed_at=world.clock())
    world.resolve(number)  # reads it from GitHub
    details = {"sender": by, "sender_type": "User"}
    delivery = {"id": f"c{number}", "event": "issues", "action": "closed", "issue": number, "details": details}
    return notice(world.services, world.repository, delivery)


def words(world: World, number: int) -> list[tuple[str, int | None]]:
    return [(one.kind, one.other) for one in world.storage.feedback(world.repository.id, number)]


@pytest.mark.parametrize(("said", "judged"), [(None, 0), ("Closing as dup of #5.", 1)])
def test_who_closes_as_a_duplicate_and_names_none_does_not_help_to_earn_closing(
    known: World, said: str | None, judged: int
) -> None:
    number = known.report()
    known.triage(number)
    if said is not None:
        known.github.add_comment(known.fake.info.full_name, number, said, "mia")
    assert closed_as_duplicate(known, number)
    assert words(known, number) == [("duplicate", 5)]
    assert closing_right(known.storage, known.repository.id).judged == judged


def test_who_closes_as_a_duplicate_and_names_none_meant_what_the_comment_says_that_stands(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 0}\n"
    known.clock.forward(minutes=2)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    last = known.decide(number, Reason("follow", silent=True))
    assert last.body["canonical"] is None
    known.act(last)
    assert "#5" in known.comments(number)[0]
    assert closed_as_duplicate(known, number)
    assert words(known, number) == [("duplicate", 5)]
