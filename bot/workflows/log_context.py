"""What a task logs says which repository it is about, as the lines of a delivery's work do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import structlog

Flow = Callable[[dict[str, Any]], str]


def names_repository(flow: Flow) -> Flow:
    """Wrap a workflow that no delivery began: each line that it or a step of it logs has `task` and `repository`."""

    @functools.wraps(flow)
    def named(order: dict[str, Any]) -> str:
        with structlog.contextvars.bound_contextvars(task=flow.__name__, repository=order.get("repository")):
            return flow(order)

    return named
