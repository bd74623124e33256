"""No GitHub at all: for commands that read only the database where no credentials are configured."""

from __future__ import annotations

from typing import Any, NoReturn

from bot.errors import SettingsError


class Offline:
    """Every question is answered by the sentence that says what to configure."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise SettingsError(
            "this needs GitHub: set TRIAGE_GITHUB_TOKEN, or TRIAGE_APP_ID and TRIAGE_PRIVATE_KEY of the App"
        )

    def heard_limits(self) -> dict[int, Any]:
        """Nothing was asked."""
        return {}

    reader = writer = app_slug = failed_deliveries = redeliver = _refuse
    installation_repositories = installation_of = is_suspended = _refuse
