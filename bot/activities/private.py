"""What reads like a security report is in no cluster: a cluster is public (INV 44)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from models.constraints import Constraints
from models.reconcile import Fit
from models.retrieval import IssueIndex
from models.text import looks_like_security_report

UNSAID = Constraints()


def public(index: IssueIndex, fit: Fit, constraints: Constraints = UNSAID) -> Fit:
    """The fit without the security reports among its members and those whom people put somewhere; only these are looked
    at, for a look takes time."""
    lists = [*(one.members for one in fit.groups), *(one.members for one in fit.known)]
    put = (constraints.anchors, *constraints.blocks)
    hidden = secret(index, {number for members in (*lists, *put) for number in members})
    if not hidden:
        return fit
    groups = [replace(one, members=tuple(n for n in one.members if n not in hidden)) for one in fit.groups]
    return replace(
        fit,
        groups=[
            replace(one, medoid=one.medoid if one.medoid in one.members else one.members[0])
            for one in groups
            if one.members
        ],
        known=[replace(one, members=tuple(n for n in one.members if n not in hidden)) for one in fit.known],
        numbers=[number for number in fit.numbers if number not in hidden],
    )


def secret(index: IssueIndex, numbers: Iterable[int]) -> frozenset[int]:
    """Those of the issues that read like a security report; an issue that is not in the index has no text to read."""
    return frozenset(
        number for number in numbers if number in index and looks_like_security_report(index.document(number).text)
    )
