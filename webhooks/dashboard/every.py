"""The list of every page, in the order of the navigation, and of what people may do."""

from __future__ import annotations

from collections.abc import Mapping

from webhooks.dashboard.page import Page
from webhooks.dashboard.pages import everything, overview
from webhooks.dashboard.posting import Act

PAGES: tuple[Page, ...] = (
    everything.PAGE,
    overview.PAGE,
)

ACTS: Mapping[str, Act] = {}
