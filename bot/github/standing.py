"""How the App stands with GitHub: its installations, and what is left of its requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.github import mapping
from bot.github.protocol import RateLimit


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation of the App, with what its account granted (which may lag behind what the App asks for)."""

    id: int
    account: str
    permissions: Mapping[str, str]
    single_files: tuple[str, ...]
    suspended: bool


def installation(data: Any) -> Installation:
    """One of GET /app/installations. Raises `mapping.Malformed`."""
    permissions = {name: str(level) for name, level in mapping.table(data, "permissions").items()}
    account = data.get("account")
    login = account.get("login") if isinstance(account, dict) else None
    paths = data.get("single_file_paths") or [data.get("single_file_name")]
    files = tuple(path for path in paths if isinstance(path, str) and path)
    is_suspended = data.get("suspended_at") is not None
    return Installation(mapping.number(data), str(login or "?"), permissions, files, is_suspended)


def rate_limit(data: Any) -> RateLimit:
    """GET /rate_limit. Raises `mapping.Malformed`."""
    core = mapping.table(mapping.table(data, "resources"), "core")
    try:
        return RateLimit(int(core["limit"]), int(core["remaining"]), datetime.fromtimestamp(int(core["reset"]), UTC))
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise mapping.Malformed("core") from None
