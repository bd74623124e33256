"""Where two pages of a list met: when an issue leaves a list that is being read, another slips over the seam, unread.

GitHub counts the pages of a list anew with every issue that is closed, reopened, transferred or deleted meanwhile, so
what may be missing stands, in the list's order, between the last rows of one page and the first rows of the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median_low

SEAMS = "seams"  # in the cursors of an ImportRecord: `303-299 …`, pairs of numbers between which one may be missing
AROUND = 3  # rows on each side of a seam; one that came from elsewhere has a late number among early ones
MOST = 2_000  # numbers that are asked for one by one, the highest first

Cursors = Mapping[str, str | None]


def with_seam(cursors: Cursors, listing: str, numbers: Sequence[int]) -> dict[str, str | None]:
    """What changes in the cursors when a page with these numbers (in the list's order) follows the one before."""
    if not numbers:
        return {}
    end = f"{listing}/end"
    changed: dict[str, str | None] = {end: str(median_low(numbers[-AROUND:]))}
    high, low = cursors.get(end), median_low(numbers[:AROUND])
    if high is not None and int(high) - low > 1:
        changed[SEAMS] = f"{cursors.get(SEAMS) or ''} {high}-{low}".strip()
    return changed


def between(cursors: Cursors) -> list[int]:
    """The numbers at the seams, the highest first."""
    pairs = [pair.split("-") for pair in (cursors.get(SEAMS) or "").split()]
    numbers = {number for high, low in pairs for number in range(int(low) + 1, int(high))}
    return sorted(numbers, reverse=True)


def left(numbers: Iterable[int], asked: Collection[int]) -> dict[str, str | None]:
    """The cursors' change when these numbers were asked for."""
    kept = [f"{number + 1}-{number - 1}" for number in numbers if number not in asked]
    return {SEAMS: " ".join(kept) or None}
