"""What people do without a word to the bot: their acts on a small tracker, as deliveries tell of them."""

from __future__ import annotations

import pytest

from bot.activities.notice import notice
from tests.fakes.small_world import World


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
