"""What one refit may take."""

from __future__ import annotations

import pytest

from bot.activities.refit_budget import Budget, OverBudget, resident_megabytes
from bot.settings import Settings

SETTINGS = Settings(_env_file=None, refit_seconds=10, refit_memory_mb=100)  # type: ignore[call-arg]  # pydantic-settings' own argument


class Meter:
    """A clock or a scale that a test sets."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self) -> float:
        return self.value


def test_inside_its_bounds_it_goes_on() -> None:
    clock, memory = Meter(1000), Meter(300)
    budget = Budget(SETTINGS, clock, memory)
    clock.value, memory.value = 1010, 400
    budget.check()
    memory.value = 350
    budget.check()
    assert (budget.seconds, budget.megabytes) == (10, 100)


def test_too_long_names_the_setting() -> None:
    clock = Meter(0)
    budget = Budget(SETTINGS, clock, Meter(0))
    clock.value = 10.1
    with pytest.raises(OverBudget, match="TRIAGE_REFIT_SECONDS"):
        budget.check()


def test_only_memory_that_came_since_it_began_counts() -> None:
    memory = Meter(9000)
    budget = Budget(SETTINGS, Meter(0), memory)
    budget.check()
    memory.value = 9101
    with pytest.raises(OverBudget, match="TRIAGE_REFIT_MEMORY_MB"):
        budget.check()


def test_memory_is_what_this_process_holds() -> None:
    before = resident_megabytes()
    block = bytearray(64 * 1024 * 1024)
    block[::4096] = b"x" * len(block[::4096])
    assert resident_megabytes() - before > 32
    assert len(block) > 0
