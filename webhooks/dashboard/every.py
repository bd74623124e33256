"""The list of every page, in the order of the navigation, and of what people may do."""

from __future__ import annotations

from webhooks.dashboard.acts import ACTS
from webhooks.dashboard.page import Page
from webhooks.dashboard.pages import cluster, clusters, everything, issue, issues, overview, review, status

PAGES: tuple[Page, ...] = (
    everything.PAGE,
    overview.PAGE,
    clusters.PAGE,
    cluster.PAGE,
    status.PAGE,
    review.PAGE,
    issues.PAGE,
    issue.PAGE,
)

__all__ = ["ACTS", "PAGES"]
