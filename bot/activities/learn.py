"""What a repository teaches, learned anew: its template, and how far the score is to be believed there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.activities.judged import judged_decisions, linked_duplicates
from bot.activities.observe import config_in_force
from bot.activities.reading import read_again
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import LearnedRecord, RepositoryRecord
from models.boilerplate import keys_of
from models.boilerplate import learn as learn_lines
from models.recalibration import Recalibration, recalibrate

NEWS_LEAST, NEWS_SHARE = 20, 0.02  # issues that have to be new before the template is learned again
PRECISION = 0.9  # of the shipped cut for duplicates, where the artifact does not tell

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Learned:
    """What is different now: lines of the template that came and went, how many issues were read again for it, and the
    calibration before and after."""

    template: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]
    read_again: int
    before: Recalibration | None
    after: Recalibration

    def to_data(self) -> dict[str, Any]:
        """For `--json` and the log, which get no line of a text."""
        return {
            "template_lines": len(self.template),
            "lines_added": len(self.added),
            "lines_removed": len(self.removed),
            "issues_read_again": self.read_again,
            "calibration_before": self.before.to_data() if self.before else None,
            "calibration": self.after.to_data(),
        }


def learn(services: Services, repository: RepositoryRecord) -> Learned:
    """Learn the template and the calibration from what is stored, and bring stored texts in step.

    It may end at any instant: what was learned is kept first, and what is stored says which texts are still to be read
    again. Comes before the embedding of what is new, so that nothing is embedded twice.
    """
    config = config_in_force(services, repository)
    known = services.storage.learned(repository.id)
    before = services.calibration_of(repository.id)
    fresh = _with_template(services, repository.id, config, known)
    if fresh != known:
        services.storage.save_learned(repository.id, fresh)
    again = read_again(services, repository, config)
    after = _recalibrated(services, repository.id)
    marked = {"scorer": services.scorer_id, "model": str(services.embedder.model_id), "found": after.to_data()}
    services.storage.save_learned(repository.id, replace(fresh, learned_at=services.clock(), calibration=marked))
    result = Learned(
        fresh.boilerplate,
        fresh.boilerplate - known.boilerplate,
        known.boilerplate - fresh.boilerplate,
        again,
        before,
        after,
    )
    log.info("repository.learned", repository=repository.full_name, **result.to_data())
    return result


def learn_template(services: Services, repository: RepositoryRecord) -> None:
    """Learn the template alone, where enough of the history is new."""
    known = services.storage.learned(repository.id)
    fresh = _with_template(services, repository.id, config_in_force(services, repository), known)
    if fresh != known:
        services.storage.save_learned(repository.id, fresh)


def _with_template(services: Services, repository_id: int, config: RepoConfig, known: LearnedRecord) -> LearnedRecord:
    """The record with the template as the history has it, where enough of that is new."""
    total = services.storage.issue_count(repository_id)
    if known.learned_at is not None and abs(total - known.issues) < max(NEWS_LEAST, NEWS_SHARE * known.issues):
        return known
    issues = (row.issue for row in services.storage.issues(repository_id) if not row.issue.is_pull_request)
    lines = learn_lines(issues, known.boilerplate, _spared(config), config.fact_patterns())
    return replace(known, learned_at=services.clock(), issues=total, boilerplate=lines)


def _spared(config: RepoConfig) -> frozenset[str]:
    """What maintainers wrote of the known clusters is what those are found by."""
    written = [text for one in config.known_clusters() for text in (one.title, one.description, *one.examples) if text]
    return frozenset().union(*map(keys_of, written))


def _recalibrated(services: Services, repository_id: int) -> Recalibration:
    held_out = services.scorer.artifact.provenance.get("held_out", {})
    precision = float(held_out.get("precision_at_duplicate", PRECISION))
    judged = judged_decisions(services, repository_id)
    linked = linked_duplicates(services, repository_id, but=judged)
    return recalibrate(list(judged.values()), services.scorer.thresholds["duplicate"], precision, linked)
