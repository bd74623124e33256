"""Variants of a cluster: the members that state one value of a fact, where the members fall into several such parts."""

from __future__ import annotations

from collections.abc import Mapping

from models.cluster import Part
from models.decision import Agreement
from models.document import Facts
from models.facts import FACT_NAMES, compare
from models.share import wilson

# Versions are too many to be variants, and fingerprints and frames tell a reader nothing.
DIVIDING = ("status_code", "error_type", "exit_code", "exception", "os", "terminal", "plan", "model")
LEAST = 3  # members of a part
LEAST_SHARE = 0.05  # of the members that state the fact; a part must have more with 95 % certainty
_CERTAINTY = 1.645  # standard deviations


def variants(facts: Mapping[int, Facts]) -> tuple[Part, ...]:
    """The parts into which facts divide a cluster; `facts` are those of each member, by issue number.

    A fact divides where two or more of its values contradict each other and each has enough members that state no
    other (Wilson's bound on their share, 1927). Repositories' own facts divide as well. Facts come in a fixed order,
    and of each the larger part first.
    """
    own = sorted({name for stated in facts.values() for name in stated} - set(FACT_NAMES))
    return tuple(part for name in (*DIVIDING, *own) for part in _parts(name, facts))


def _parts(name: str, facts: Mapping[int, Facts]) -> tuple[Part, ...]:
    stated = {number: values for number in sorted(facts) if (values := facts[number].get(name))}
    parts = []
    for value in sorted({value for values in stated.values() for value in values}):
        members = tuple(number for number, values in stated.items() if _states(name, value, values))
        if len(members) >= LEAST and wilson(len(members), len(stated), _CERTAINTY)[0] > LEAST_SHARE:
            parts.append(Part(name, value, members))
    parts = [one for one in parts if any(_contradict(name, one.value, other.value) for other in parts)]
    return tuple(sorted(parts, key=lambda part: (-len(part.members), part.value)))


def _states(name: str, value: str, values: frozenset[str]) -> bool:
    """Whether these are the value alone, or with broader ones that it includes ("max 5x" with "max")."""
    others = values - {value}
    return value in values and all(len(other) < len(value) and not _contradict(name, value, other) for other in others)


def _contradict(name: str, one: str, other: str) -> bool:
    return compare(name, frozenset({one}), frozenset({other})) is Agreement.DIFFER
