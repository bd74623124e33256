"""Embedders by cosine alone: `python -m benchmarks.embedders FILE --model NAME --model NAME`, each beside the first."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from bot.evaluating.vector_cache import cached
from models.document import Document
from models.embedder import ADAPTED, PLAIN_MODEL
from models.evaluation import differences, drawn, figures, prepared
from models.issue import Issue
from models.labelled import Labelled, load
from models.outcomes import Outcome, replay
from models.rankers import Ranked
from models.resampling import middle
from models.retrieval import CROSS, SALIENT, TITLE
from models.sentence_embedder import SentenceEmbedder
from models.vector_rows import VectorRows

FIGURES = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr")


class DenseCosine:
    """What retrieval makes of the vectors, and nothing else: no words, no facts, no scorer."""

    def __init__(self, documents: Mapping[int, Document], dimension: int) -> None:
        self._documents = documents
        self._rows = VectorRows(dimension)
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by the weighted cosines of titles and salient texts."""
        near = self._rows.similarities(self._documents[issue.number].vectors, len(self._numbers))
        scores = TITLE * near[:, 0, 0] + SALIENT * near[:, 1, 1] + CROSS * np.maximum(near[:, 0, 1], near[:, 1, 0])
        order = np.argsort(-scores, kind="stable")
        return Ranked(np.array(self._numbers, dtype=np.int64)[order], scores[order].astype(np.float64))

    def add(self, issue: Issue) -> None:
        """Keep its vectors."""
        self._rows.put(len(self._numbers), self._documents[issue.number].vectors)
        self._numbers.append(issue.number)


def main() -> None:
    """A table for each file."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.embedders", description=__doc__)
    options.add_argument("files", nargs="+", type=Path, metavar="FILE")
    options.add_argument("--model", action="append", help="as TRIAGE_MODEL names it; the first is the baseline")
    options.add_argument("--cache", type=Path, default=user_cache_path("triage"), help="where vectors are kept")
    chosen = options.parse_args()
    for path in chosen.files:
        compare(path, chosen.model or [PLAIN_MODEL, PLAIN_MODEL + ADAPTED], chosen.cache)


def compare(path: Path, models: Sequence[str], cache: Path) -> None:
    """Recall of every model with 95 % intervals, and its paired difference to the first."""
    items = load(path).items
    print(f"{path.name}: {len(items):,} issues")
    baseline: list[Outcome] = []
    for model in models:
        outcomes = judged(items, model, cache)
        show(
            model,
            figures(outcomes, calibrated=False),
            {n: middle(v) for n, v in drawn(outcomes, calibrated=False).items()},
        )
        if baseline:
            differing = differences(outcomes, baseline)
            show(
                "  paired difference",
                {n: d["difference"] for n, d in differing.items()},
                {n: d["interval"] for n, d in differing.items()},
            )
        baseline = baseline or outcomes


def judged(items: Sequence[Labelled], model: str, cache: Path) -> list[Outcome]:
    """Every issue against those before it."""
    with cached(SentenceEmbedder(model), cache) as embedder:
        documents = prepared(items, embedder, lambda: None)
        print(f"  {embedder.model_id}")
        return replay(items, DenseCosine(documents, embedder.model_id.dimension))


def show(name: str, values: Mapping[str, float], intervals: Mapping[str, tuple[float, float]]) -> None:
    """One line."""
    cells = (
        f"{figure} {values[figure]:+.3f} ({intervals[figure][0]:+.3f} to {intervals[figure][1]:+.3f})"
        for figure in FIGURES
    )
    print(f"  {name}: {' · '.join(cells)}")


if __name__ == "__main__":
    main()
