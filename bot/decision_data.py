"""models.decision.Decision ↔ JSON-able data, for the database and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from models.decision import Agreement, Candidate, Decision, Evidence, Verdict

BESIDE = frozenset({"text_hash", "told"})  # what `bot.activities.resolve` keeps beside a decision


def to_data(decision: Decision) -> dict[str, Any]:
    """Everything but the effects, which have rows of their own."""
    data = asdict(decision)
    del data["effects"]
    return data


def from_data(data: Mapping[str, Any]) -> Decision:
    """The decision that `to_data` wrote, beside which the hash of its text may stand; raises KeyError or ValueError for
    anything else."""
    links = tuple(
        Candidate(
            link["number"],
            link["probability"],
            link["similarity"],
            tuple(
                Evidence(one["name"], Agreement(one["agreement"]), one["text"], one["weight"])
                for one in link["evidence"]
            ),
        )
        for link in data["links"]
    )
    plain = {name: value for name, value in data.items() if name not in {"links", "verdict", "vetoes", *BESIDE}}
    return Decision(verdict=Verdict(data["verdict"]), links=links, vetoes=tuple(data["vetoes"]), **plain)
