"""What the promises say of a history that a test told."""

from __future__ import annotations

from tests.stateful.histories import Histories
from tests.stateful.promises import Broken


def noticed(history: Histories) -> str:
    """What the promises say in the end; '' where they notice nothing."""
    try:
        history.the_bot_works_everything_off()
        history.promises_hold()
    except Broken as broken:
        return str(broken)
    return ""
