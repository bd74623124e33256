"""The list of every workflow, by the name that deliveries and schedules know it by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.workflows.close_duplicates import close_duplicates, close_in_repository
from bot.workflows.draw_map import draw_map
from bot.workflows.erase_traces import erase_traces
from bot.workflows.follow_act import follow_act
from bot.workflows.follow_canonical import follow_canonical, keep_canonical, keep_comments
from bot.workflows.import_repository import import_repository
from bot.workflows.installation_changed import installation_changed
from bot.workflows.learn_feedback import learn_feedback
from bot.workflows.observe_issue import observe_issue
from bot.workflows.poll_reactions import poll_reactions, reconsider_issue
from bot.workflows.recover_deliveries import recover_deliveries, recover_repository
from bot.workflows.refit_clusters import refit_clusters
from bot.workflows.refit_repository import refit_repository
from bot.workflows.repository_changed import repository_changed
from bot.workflows.tell_config import tell_config
from bot.workflows.tell_report import tell_report
from bot.workflows.tell_wave import tell_wave
from bot.workflows.tidy_up import tidy_up
from bot.workflows.triage_issue import triage_issue

WORKFLOWS: dict[str, Callable[..., Any]] = {
    "triage_issue": triage_issue,
    "observe_issue": observe_issue,
    "learn_feedback": learn_feedback,
    "follow_act": follow_act,
    "import_repository": import_repository,
    "installation_changed": installation_changed,
    "erase_traces": erase_traces,
    "repository_changed": repository_changed,
    "poll_reactions": poll_reactions,
    "reconsider_issue": reconsider_issue,
    "recover_deliveries": recover_deliveries,
    "recover_repository": recover_repository,
    "refit_clusters": refit_clusters,
    "refit_repository": refit_repository,
    "tell_wave": tell_wave,
    "draw_map": draw_map,
    "tell_config": tell_config,
    "tell_report": tell_report,
    "follow_canonical": follow_canonical,
    "keep_canonical": keep_canonical,
    "keep_comments": keep_comments,
    "close_duplicates": close_duplicates,
    "close_in_repository": close_in_repository,
    "tidy_up": tidy_up,
}
