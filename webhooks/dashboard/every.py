"""The list of every page, in the order of the navigation, and of what people may do."""

from __future__ import annotations

from webhooks.dashboard.acts import ACTS
from webhooks.dashboard.page import Page
from webhooks.dashboard.pages import (
    activity,
    cluster,
    clusters,
    everything,
    issue,
    issues,
    map,
    operator,
    overview,
    quality,
    refit,
    refits,
    review,
    settings,
    status,
    waves,
)

PAGES: tuple[Page, ...] = (
    everything.PAGE,
    overview.PAGE,
    clusters.PAGE,
    cluster.PAGE,
    status.PAGE,
    waves.PAGE,
    map.PAGE,
    review.PAGE,
    issues.PAGE,
    issue.PAGE,
    quality.PAGE,
    refits.PAGE,
    refit.PAGE,
    activity.PAGE,
    settings.PAGE,
    operator.PAGE,
)

__all__ = ["ACTS", "PAGES"]
