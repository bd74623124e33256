"""`triage explain`: the evidence behind a decision, or between two issues."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.activities.earned import closing_sentence
from bot.activities.embed import check_comparable
from bot.activities.judge import Judgement, document_of, judge
from bot.activities.observe import config_in_force, observe_issue
from bot.activities.promise import promised
from bot.activities.refused import NAME, refusals
from bot.activities.standing import spoken_decision, standing_rows
from bot.activities.words import told_groups
from bot.cli.explain_pair import decided_otherwise
from bot.cli.opened import NOT_ASKED, can_ask, known_repository, out, print_json, services_for, settings_for_command
from bot.decision_data import to_data
from bot.effects import conclusion
from bot.errors import NotFound
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord, StoredIssue
from bot.vetoes import sentence
from models.decision import Candidate, Evidence, Verdict
from models.fingerprint import words_of
from models.issue import IssueRef
from models.recalibration import NOTHING_TAUGHT

SHOWN = 10  # candidates in the table

Target = Annotated[str, typer.Argument(help="OWNER/REPO#12", metavar="OWNER/REPO#N")]
Other = Annotated[str | None, typer.Argument(help="Another issue of it: #7 or 7", metavar="#M")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def explain(target: Target, other: Other = None, as_json: AsJson = False) -> None:
    """Why an issue was decided as it was; with two numbers, why these are, or are not, matched."""
    try:
        ref = IssueRef.parse(target)
        number = _other(other) if other is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with services_for(settings_for_command(), offline=True) as services:
        repository = known_repository(services, ref.repository)
        check_comparable(services, repository)
        _ensure(services, repository, ref.number)
        if number is not None:
            _ensure(services, repository, number)
            _explain_pair(services, repository, ref.number, number, as_json=as_json)
        else:
            _explain_one(services, repository, ref.number, as_json=as_json)


def _other(text: str) -> int:
    """The number that `#7` or `7` names; raises ValueError."""
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text!r} is not another issue's number like #7")
    return int(digits)


def _ensure(services: Services, repository: RepositoryRecord, number: int) -> None:
    """Where the issue was never read, read it now."""
    stored = services.storage.issue(repository.id, number)
    if stored is None and not can_ask(services.settings):
        raise NotFound(f"{repository.full_name}#{number} is not in the database, and without credentials {NOT_ASKED}")
    if stored is None and observe_issue(services, repository, number) is None:
        raise NotFound(f"{repository.full_name}#{number} does not exist on GitHub")


def _explain_one(services: Services, repository: RepositoryRecord, number: int, *, as_json: bool) -> None:
    config = config_in_force(services, repository)
    judgement = _as_recorded(services, repository, config, judge(services, repository, number, config))
    last = services.storage.last_decision(repository.id, number)
    concluded = conclusion(judgement.decision, judgement.case.config, judgement.view)
    refused = refusals(services.storage, repository.id, {number})
    data = _data(services, repository.id, judgement) | {
        "closing": closing_sentence(services.storage, repository.id, config),
        "repository": repository.full_name,
        "changed": last is None or last.conclusion != concluded,
        "last_decided_at": last.decided_at if last else None,
        "refused": next((one.to_data() for one in refused), None),
    }
    if as_json:
        print_json(data)
        return
    _print_decision(judgement, data)
    out.print(f"closing: {data['closing']}", markup=False)
    for one in refused:
        out.print(f"{NAME}: {one.sentence()}", markup=False)
    _print_candidates(judgement)
    _print_clusters(judgement)


def _as_recorded(
    services: Services, repository: RepositoryRecord, config: RepoConfig, judgement: Judgement
) -> Judgement:
    """With what its comment would promise of closing."""
    number = judgement.decision.number
    rows = standing_rows(services.storage, repository.id, number, config)
    spoken = spoken_decision(services.storage, repository.id, number, rows)
    return replace(judgement, decision=promised(services, repository.id, config, judgement, spoken))


def _data(services: Services, repository_id: int, judgement: Judgement) -> dict[str, Any]:
    thresholds = judgement.case.thresholds
    found = services.calibration_of(repository_id)
    return {
        "number": judgement.decision.number,
        "decision": to_data(judgement.decision),
        "facts": {name: sorted(values) for name, values in judgement.document.facts.items() if values},
        "messages": words_of([judgement.document.text]),
        "thresholds": {
            "duplicate": thresholds.duplicate,
            "related": thresholds.related,
            "cluster": thresholds.cluster,
        },
        "candidates": [_candidate(one) for one in judgement.case.candidates[:SHOWN]],
        "clusters": [
            {
                "slug": one.slug,
                "probability": round(one.probability, 4),
                "margin": round(one.margin, 4),
                "contradicts": [_evidence(fact) for fact in one.contradicts],
            }
            for one in judgement.case.matches
        ],
        "model": str(services.embedder.model_id),
        "scorer": judgement.scorer_id,
        "calibration": found.sentence() if found else NOTHING_TAUGHT,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "number": one.number,
        "probability": round(one.probability, 4),
        "matches": [_evidence(fact) for fact in one.matches],
        "differs": [_evidence(fact) for fact in one.differs],
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {"name": one.name, "text": one.text, "weight": round(one.weight, 3)}


def _print_decision(judgement: Judgement, data: dict[str, Any]) -> None:
    decision = judgement.decision
    target = f" #{decision.canonical}" if decision.canonical else ""
    out.print(
        f"[bold]#{decision.number}: {decision.verdict.value}{target}[/] with probability {decision.probability:.2f}"
    )
    if decision.confirmed:
        out.print("a person said so, which goes before every score")
    if decision.vetoes:
        stands = decision.verdict is Verdict.DUPLICATE
        heading = "also weighed, and the verdict stands" if stands else "held back by"
        out.print(f"{heading}: {', '.join(decision.vetoes)}", markup=False)
        for name in decision.vetoes:
            out.print(f"  {name}: {sentence(name)}", markup=False)
    for name, values in data["facts"].items():
        said = [f"“{data['messages'][one]}”" if one in data["messages"] else one for one in values]
        out.print(f"  {name}: {', '.join(said)}", markup=False)
    cuts = data["thresholds"]
    out.print(
        f"thresholds: duplicate {cuts['duplicate']:.2f}, related {cuts['related']:.2f}, cluster {cuts['cluster']:.2f}"
    )
    out.print(f"calibration: {data['calibration']}", markup=False)


def _print_candidates(judgement: Judgement) -> None:
    if not judgement.case.candidates:
        out.print("no earlier issue is like it")
        return
    table = Table("issue", "probability", "matches on", "differs on", box=None, header_style="bold", pad_edge=False)
    for one in judgement.case.candidates[:SHOWN]:
        table.add_row(f"#{one.number}", f"{one.probability:.2f}", _words(one.matches), _words(one.differs))
    out.print(table, markup=False)


def _print_clusters(judgement: Judgement) -> None:
    for one in judgement.case.matches[:3]:
        why = f" · contradicts: {_words(one.contradicts)}" if one.contradicts else ""
        out.print(f"cluster {one.slug}: {one.probability:.2f}, margin {one.margin:.2f}{why}", markup=False)


def _words(evidence: tuple[Evidence, ...]) -> str:
    return " · ".join(one.text for one in evidence[:4])


def _explain_pair(services: Services, repository: RepositoryRecord, number: int, other: int, *, as_json: bool) -> None:
    first, second = max(number, other), min(number, other)
    stored: dict[int, StoredIssue | None] = {one: services.storage.issue(repository.id, one) for one in (first, second)}
    later, earlier = stored[first], stored[second]
    if later is None or earlier is None or first == second:
        raise NotFound(f"two different issues are needed, not #{number} and #{other}")
    document_of(services, repository.id, earlier)
    document = document_of(services, repository.id, later)
    index = services.indexes.index(repository.id)
    if second not in index:
        raise NotFound(f"#{second} is nobody's candidate: it is a pull request or a bot's issue")
    scorer, _ = services.scorer_for(repository.id)
    groups = told_groups(services.storage.feedback(repository.id), first)
    (candidate,) = scorer.judge(document, index, [second], groups)
    cut = scorer.thresholds["duplicate"]
    judgement = judge(services, repository, first, config_in_force(services, repository))
    why = decided_otherwise(judgement, candidate)
    if as_json:
        pair = {**_candidate(candidate), "number": first, "other": second, "threshold": cut}
        decided = {name: to_data(judgement.decision)[name] for name in ("verdict", "canonical", "probability")}
        print_json(pair | {"decision": decided, "why_decided_otherwise": why})
        return
    said = "the same problem" if candidate.probability >= cut else "not the same problem, as far as can be told"
    out.print(f"[bold]#{first} and #{second}: {candidate.probability:.2f}[/] – {said} (threshold {cut:.2f})")
    shared = services.storage.cluster_of(repository.id, first)
    if shared is not None and shared == services.storage.cluster_of(repository.id, second):
        out.print(f"both are in the cluster {shared}, by which #{first} is judged, too", markup=False)
    if why is not None:
        out.print(why, markup=False)
    for heading, facts in (("matches on", candidate.matches), ("differs on", candidate.differs)):
        out.print(heading)
        for one in facts:
            out.print(f"  {one.weight:+.2f}  {one.text}", markup=False)
