"""Rate limits as GitHub counts them, one bucket an actor and resource."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from webhooks.github_double.answers import Refusal
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.records import Actor

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)
ANONYMOUS_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one actor used of one resource until `reset` (seconds since 1970)."""

    limit: int
    reset: int
    used: int = 0

    def headers(self, resource: str) -> dict[str, str]:
        """The x-ratelimit headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-resource": resource,
        }

    @property
    def remaining(self) -> int:
        """Requests that are left in the window."""
        return max(0, self.limit - self.used)

    def as_json(self) -> dict[str, int]:
        """The bucket as GET /rate_limit shows it."""
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.reset, "used": self.used}


@dataclass(slots=True)
class Limits:
    """The buckets of one double."""

    config: DoubleConfig
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def bucket(self, actor: Actor, resource: str) -> Bucket:
        """The actor's present window."""
        now = int(self.config.clock().timestamp())
        found = self.buckets.get((actor.bucket, resource))
        if found is None or found.reset <= now:
            window = 60 if resource == "search" else 3600
            found = self.buckets[actor.bucket, resource] = Bucket(self._limit(actor, resource), now + window)
        return found

    def _limit(self, actor: Actor, resource: str) -> int:
        if resource == "search":
            return self.config.search_limit
        return min(ANONYMOUS_LIMIT, self.config.rate_limit) if actor.kind == "anonymous" else self.config.rate_limit

    def spend(self, actor: Actor, resource: str) -> Bucket:
        """Count one request; 403 where the window is used up."""
        found = self.bucket(actor, resource)
        if found.remaining == 0:
            raise exhausted(actor, found, resource)
        self.buckets[actor.bucket, resource] = found = replace(found, used=found.used + 1)
        return found

    def refund(self, actor: Actor, resource: str) -> Bucket:
        """Give one request back: a 304 is free."""
        found = self.bucket(actor, resource)
        self.buckets[actor.bucket, resource] = found = replace(found, used=max(0, found.used - 1))
        return found

    def overview(self, actor: Actor) -> dict[str, Any]:
        """The body of GET /rate_limit."""
        core, search = (self.bucket(actor, name).as_json() for name in ("core", "search"))
        return {"resources": {"core": core, "search": search}, "rate": core}


def exhausted(actor: Actor, bucket: Bucket, resource: str, status: int = 403) -> Refusal:
    """GitHub's refusal once the primary limit is used up."""
    whom = f"installation ID {actor.installation_id}" if actor.installation_id else f"user {actor.login or 'anonymous'}"
    spent = replace(bucket, used=bucket.limit)
    return Refusal(status, f"API rate limit exceeded for {whom}.", headers=spent.headers(resource))


def secondary(retry_after: int, status: int = 403) -> Refusal:
    """GitHub's refusal when too much is asked at once."""
    return Refusal(status, SECONDARY, headers={"retry-after": str(retry_after)})
