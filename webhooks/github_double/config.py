"""What a double is told at its start: the App that it plays, where deliveries go, limits, clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

EVENTS = ("issue_comment", "issues", "repository")
PERMISSIONS = {"issues": "write", "metadata": "read", "single_file": "read"}
SINGLE_FILE = ".github/triage.yml"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DoubleConfig:
    """The settings of one double.

    `public_key` (PEM) verifies the App's JWT; without one a JWT is checked for its form and times only.
    With `webhook_url` and `webhook_secret` the double sends signed deliveries as GitHub does.
    `announce` sends them for changes through the REST API too; the admin calls always do.
    """

    app_id: int = 1
    app_slug: str = "triage"
    app_name: str = "Triage"
    app_owner: str = "triage-app"
    client_id: str = "Iv23liTriageDouble"
    client_secret: str | None = field(default=None, repr=False)  # None: nobody can sign in
    callback_urls: tuple[str, ...] = ()  # none: any is taken
    public_key: str | None = None
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: tuple[str, ...] = EVENTS
    single_files: tuple[str, ...] = (SINGLE_FILE,)
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    announce: bool = True
    delivery_timeout_s: float = 10.0  # GitHub's own
    latency_ms: float = 0.0
    rate_limit: int = 5000  # requests an hour and token's installation
    search_limit: int = 30  # searches a minute
    token_lifetime_s: int = 3600
    clock: Callable[[], datetime] = _now
