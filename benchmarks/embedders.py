"""Embedders by cosine alone: `python -m benchmarks.embedders FILE --model NAME --model NAME`, each beside the first."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from bot.evaluating.vector_cache import cached
from models.dense_cosine import DenseCosine
from models.embedder import ADAPTED, PLAIN_MODEL
from models.evaluation import differences, drawn, figures, prepared
from models.labelled import Labelled, load
from models.outcomes import Outcome, replay
from models.resampling import middle
from models.sentence_embedder import SentenceEmbedder

FIGURES = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr")


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
