"""Issues → stored texts and facts by the repository's recipe; read again where the recipe is another by now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.activities.embed import embed_each
from bot.errors import where
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord, StoredIssue
from models import redact
from models.document import parts
from models.facts import FactPattern
from models.issue import Issue
from models.text import TEXT_RECIPE

BATCH = 64  # issues read again, and embedded again, between two saves

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a repository's issues are read. `name` tells what made a stored text: our code's recipes for redaction and
    text, the repository's own facts, and its template."""

    name: str
    patterns: tuple[FactPattern, ...]
    boilerplate: frozenset[str]

    def stored(self, issue: Issue) -> StoredIssue:
        """A (redacted) issue with its text and facts."""
        prepared = parts(issue, patterns=self.patterns, boilerplate=self.boilerplate)
        return StoredIssue(issue, prepared.text, prepared.text_hash, self.name, prepared.facts)

    def all_stored(self, issues: Iterable[Issue], *, again: bool = False) -> list[StoredIssue]:
        """All but those that bring out a bug: a poisonous one is left out alone, its place in the log (INV 33).

        `again`: they were redacted by an earlier recipe, and are redacted once more.
        """
        kept = []
        for issue in issues:
            try:
                kept.append(self.stored(_redacted(issue) if again else issue))
            except Exception as error:  # whatever it is, the others do not suffer for it
                log.warning("issue.set_aside", issue=issue.number, reason=" at ".join(where(error)))
        return kept


def recipe_in_force(services: Services, repository_id: int, config: RepoConfig) -> Recipe:
    """The recipe by which the repository's issues are read now."""
    boilerplate = services.storage.learned(repository_id).boilerplate
    own = repr((config.facts, sorted(boilerplate))) if config.facts or boilerplate else ""
    mark = f"+{hashlib.sha256(own.encode()).hexdigest()[:8]}" if own else ""
    return Recipe(f"{TEXT_RECIPE}/{redact.RECIPE}{mark}", config.fact_patterns(), boilerplate)


def read_again(services: Services, repository: RepositoryRecord, config: RepoConfig) -> int:
    """Bring stored issues to the recipe in force, newest first; returns how many were read.

    What was redacted before is redacted once more, for today's patterns may know secrets that yesterday's did not
    (INV 41). A text that was searchable and changed is embedded at once, so that it stays so; what is stored says how
    far this came, so that it may end at any instant.
    """
    recipe = recipe_in_force(services, repository.id, config)
    stale = services.storage.outdated(repository.id, recipe.name)[::-1]
    for start in range(0, len(stale), BATCH):
        rows = list(services.storage.issues(repository.id, stale[start : start + BATCH]))
        fresh = recipe.all_stored([row.issue for row in rows], again=True)
        searchable = _changed(services, repository.id, rows, fresh)
        services.storage.save_issues(repository.id, fresh)
        embed_each(services, repository.id, searchable)
    return len(stale)


def _redacted(issue: Issue) -> Issue:
    return replace(issue, title=redact.redact(issue.title), body=redact.redact(issue.body))


def _changed(
    services: Services, repository_id: int, rows: Sequence[StoredIssue], fresh: Sequence[StoredIssue]
) -> list[StoredIssue]:
    """Those whose text is another now, and whose text before was embedded."""
    model_id = str(services.embedder.model_id)
    numbers = [row.issue.number for row in rows]
    embedded = {one.number: one.text_hash for one in services.storage.vectors(repository_id, model_id, numbers)}
    before = {row.issue.number: row.text_hash for row in rows if embedded.get(row.issue.number) == row.text_hash}
    return [row for row in fresh if before.get(row.issue.number, row.text_hash) != row.text_hash]
