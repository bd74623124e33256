"""Random histories for as long as it takes: `make soak ARGS="--steps 100000"`; a seed always means the same ones."""

from __future__ import annotations

import argparse
import logging
import sys
import time

import pytest
import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.chances import COUNT
from tests.stateful.histories import Histories

STEPS = 100_000
HISTORIES = 10  # known by one seed; the first of them is the simplest that there is
LONGEST = 60  # steps of one history


def batch(number: int, *, shrink: bool = False) -> None:
    """Live through the histories of one seed, always the same ones; raises what the promises say."""
    chosen = settings(
        max_examples=HISTORIES,
        stateful_step_count=LONGEST,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        report_multiple_bugs=False,
    )
    nothing = providers.Constants()
    with pytest.MonkeyPatch.context() as patch:
        # Else some draws come out of the modules that are loaded, and each change of the code makes other histories.
        patch.setattr(providers, "_get_local_constants", lambda: nothing, raising=False)
        run_state_machine_as_test(seed(number)(Histories), settings=chosen)


def tell(line: str) -> None:
    """To whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Take the steps; where a promise is broken, say at which seed to look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS, help="steps to take, at least")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; a run that was ended goes on at its last")
    parser.add_argument("--shrink", action="store_true", help="make a history that breaks a promise shorter")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    at, began = asked.seed, time.monotonic()
    while COUNT.steps < asked.steps:
        try:
            batch(at, shrink=asked.shrink)
        except BaseException:
            tell(f"ended at seed {at} after {COUNT.steps} steps; look again with ARGS='--seed {at} --steps 1 --shrink'")
            raise
        at += 1
        rate = COUNT.steps / (time.monotonic() - began)
        tell(f"{COUNT.steps} of {asked.steps} steps, {rate:.0f} a second, next seed {at}")
    tell(f"{COUNT.steps} steps were taken, and every promise was kept")


if __name__ == "__main__":
    main()
