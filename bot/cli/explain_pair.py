"""Why an issue's decision may be surer, or less sure, of another issue than the two of them alone would make it."""

from __future__ import annotations

from bot.activities.judge import Judgement
from bot.case import root_of
from models.decision import Candidate, Verdict

SAME = 0.005  # probabilities that a person reads as one figure


def decided_otherwise(judgement: Judgement, pair: Candidate) -> str | None:
    """A sentence where the decision points at the pair's other issue with another probability, or elsewhere; None where
    there is nothing to say. `pair`: the other issue, judged by itself."""
    decision = judgement.decision
    head = f"the decision on #{decision.number}"
    root = root_of(pair.number, judgement.case.history.duplicates)
    if decision.canonical is None or decision.canonical not in {pair.number, root}:
        named = "names no issue" if decision.canonical is None else f"points at #{decision.canonical}"
        return f"{head} ({decision.verdict.value}) {named}" if decision.verdict is not Verdict.IGNORED else None
    if decision.confirmed:
        return f"{head} says 1.00: a person said so, which goes before every score"
    if decision.canonical != pair.number:
        return f"{head} points at #{root}, of which #{pair.number} is a duplicate itself"
    if abs(decision.probability - pair.probability) < SAME:
        return None
    return f"{head} says {decision.probability:.2f}: {_by(judgement)}"


def _by(judgement: Judgement) -> str:
    """What made the target as probable as it is."""
    decision, duplicates = judgement.decision, judgement.case.history.duplicates
    cluster = decision.cluster_probability if decision.cluster is not None else None
    if cluster is not None and abs(cluster - decision.probability) < SAME:
        return f"it belongs to the cluster {decision.cluster} with that probability, whose canonical issue this is"
    near = (one for one in judgement.case.candidates if root_of(one.number, duplicates) == decision.canonical)
    best = min(near, key=lambda one: abs(one.probability - decision.probability), default=None)
    if best is not None and best.number != decision.canonical:
        return f"its duplicate #{best.number} is as like as that"
    return "the pair is judged in the company of the other candidates there"
