"""A share of what was counted, with how far it may be off, and how it is written."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

LIKELY = 1.959964  # standard deviations of the normal distribution that hold 95 %
UNBROKEN = "\u00a0"  # a space at which no line ends


@dataclass(frozen=True, slots=True)
class Share:
    """A share of one with its 95 % interval; `part` is None, and the interval all there is, where nothing was counted.

    `right` of `whole` were so; `part` is their quotient, `low` and `high` its bounds.
    """

    right: int
    whole: int
    part: float | None = None
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def of(cls, right: int, whole: int) -> Share:
        """`right` of `whole`."""
        if not whole:
            return cls(0, 0)
        return cls(right, whole, right / whole, *wilson(right, whole))

    def to_data(self) -> dict[str, float | int | None]:
        """For JSON."""
        return asdict(self)


def wilson(right: int, whole: int, deviations: float = LIKELY) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927) so many standard deviations wide; `whole` is at least 1."""
    part, spread = right / whole, deviations**2 / whole
    middle = (part + spread / 2) / (1 + spread)
    half = math.sqrt(part * (1 - part) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(part: float, digits: int = 1) -> str:
    """A share of one as `47.3 %`, everywhere in the same way; number and sign stay on one line."""
    return f"{100 * part:.{digits}f}{UNBROKEN}%"
