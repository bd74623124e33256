"""Faults on demand: which request fails, how, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "timeout", "drop", "malformed_json", "html", "secondary_limit", "rate_limit", "delay"]


@dataclass(slots=True)
class Fault:
    """One planned fault. `after` lets the request do its work first and spoils only the answer."""

    path: re.Pattern[str]
    method: str | None = None
    kind: Kind = "status"
    status: int = 500
    times: int | None = 1  # None: until it is taken away
    delay_ms: float = 0.0
    retry_after: int = 60
    after: bool = False
    message: str | None = None


@dataclass(slots=True)
class Faults:
    """The planned faults, in order."""

    planned: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault for this request, counted as used once."""
        for fault in self.planned:
            if fault.method in (None, method) and fault.path.search(path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.planned.remove(fault)
                return fault
        return None
