"""Fits the artifact that ships: `python -m models.train FILE… --out models/weights/scorer.json`."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.artifacts import Artifact, Logistic, dump
from models.cluster_fitting import fit_clusters
from models.document import Document, prepare_all
from models.embedder import Embedder
from models.fitting import Matrix, Pool, collect, fit_calibration, fit_pairs, held_out_logits
from models.labelled import Labelled, load
from models.metrics import calibration_figures, detection_figures, retrieval_figures, threshold_for
from models.scorer import PairScorer, sigmoid
from models.sentence_embedder import SentenceEmbedder

PRECISE, WORTH_A_LINK = 0.95, 0.7  # shares of right ones wanted among the flagged, held out
IN_CLUSTER = 0.5  # more probable than all else together
BATCH = 256
NO_CLUSTERS = Logistic((), (), (), (), 0.0)  # pairs come first, clusters build on them


@dataclass(frozen=True, slots=True)
class Source:
    """A file of labelled issues with its pools; `judged` where every issue was looked at by a reader."""

    path: Path
    items: Sequence[Labelled]
    documents: Sequence[Document]
    pools: Sequence[Pool]
    judged: bool


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the files, fit, and write the artifact."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="labelled issues, JSON lines or .gz")
    parser.add_argument("--out", type=Path, required=True, help="the artifact to write")
    parser.add_argument("--model", default=None, help="an embedder other than the packaged one")
    options = parser.parse_args(arguments)
    embedder = SentenceEmbedder(options.model) if options.model else SentenceEmbedder()
    artifact = train(options.files, embedder)
    options.out.write_text(dump(artifact), encoding="utf-8")
    _say(f"written to {options.out}: {artifact.thresholds}")


def train(files: Sequence[Path], embedder: Embedder) -> Artifact:
    """An artifact fitted on all files; its metrics are held out by cluster. Raises ValueError where none is judged."""
    sources = [_source(path, embedder) for path in files]
    judged = [source for source in sources if source.judged]
    if not judged:
        raise ValueError("calibration needs a file in which every issue has a gold_cluster or null")
    pairs = fit_pairs([source.pools for source in sources])
    held_out = [_held_out(source, sources) for source in judged]
    pools = [pool for source in judged for pool in source.pools]
    logits = [logit for each in held_out for logit in each]
    calibration, thresholds, metrics = _calibrated(pools, logits)
    scorer = PairScorer(Artifact(pairs, calibration, NO_CLUSTERS, thresholds))
    clusters = fit_clusters([(source.items, source.documents) for source in judged], embedder, scorer)
    provenance = {
        "command": "python -m models.train " + " ".join(path.name for path in files) + " --out scorer.json",
        "model": str(embedder.model_id),
        "seed": 0,
        "files": [_described(source) for source in sources],
        "held_out": metrics,
        "other_repositories": _transfer(sources),
    }
    return Artifact(pairs, calibration, clusters, thresholds, provenance)


def figures(pools: Sequence[Pool], logits: Sequence[Matrix]) -> dict[str, float]:
    """Retrieval and detection figures of pools under given log-odds; a query without its duplicate was never found."""
    ranks = [_rank(pool, scores) for pool, scores in zip(pools, logits, strict=True) if pool.is_query]
    top = [float(scores.max()) for scores in logits]
    found = retrieval_figures(ranks) | detection_figures(top, _tops_right(pools, logits), [p.is_query for p in pools])
    return {name: round(value, 4) for name, value in found.items()}


def _source(path: Path, embedder: Embedder) -> Source:
    data = load(path)
    issues = [item.issue for item in data.items]
    documents: list[Document] = []
    for start in range(0, len(issues), BATCH):
        documents += prepare_all(issues[start : start + BATCH], embedder)
        _say(f"{path.name}: {len(documents)} of {len(issues)} issues embedded")
    pools = list(collect(data.items, documents))
    _say(f"{path.name}: {sum(pool.is_query for pool in pools)} queries")
    return Source(path, data.items, documents, pools, judged=all(item.judged for item in data.items))


def _held_out(source: Source, sources: Sequence[Source]) -> list[Matrix]:
    return held_out_logits(source.pools, [other.pools for other in sources if other is not source])


def _calibrated(
    pools: Sequence[Pool], logits: Sequence[Matrix]
) -> tuple[tuple[float, float], dict[str, float], dict[str, float]]:
    """Calibration and thresholds on the held-out top candidates of the judged files, and the metrics there."""
    top, right = [float(scores.max()) for scores in logits], _tops_right(pools, logits)
    calibration = fit_calibration(top, right)
    probabilities = sigmoid(calibration[0] * np.array(top) + calibration[1])
    duplicate = threshold_for(probabilities, right, PRECISE)
    thresholds = {
        "duplicate": round(max(0.9, 0.9 if duplicate is None else duplicate), 3),
        "related": round(threshold_for(probabilities, right, WORTH_A_LINK) or WORTH_A_LINK, 3),
        "cluster": IN_CLUSTER,
    }
    flagged = probabilities >= thresholds["duplicate"]
    metrics = figures(pools, logits) | calibration_figures(probabilities, right)
    metrics["precision_at_duplicate"] = float(np.mean(np.array(right)[flagged])) if flagged.any() else 0.0
    metrics["flagged_at_duplicate"] = float(flagged.mean())
    return calibration, thresholds, {name: round(value, 4) for name, value in metrics.items()}


def _transfer(sources: Sequence[Source]) -> dict[str, dict[str, float]]:
    """What a fit on the other files alone reaches on each."""
    if len(sources) < 2:
        return {}
    found = {}
    for source in sources:
        model: Logistic = fit_pairs([other.pools for other in sources if other is not source])
        found[source.path.name] = figures(source.pools, [model.logits(pool.features) for pool in source.pools])
    return found


def _rank(pool: Pool, scores: Matrix) -> float:
    if not pool.right.any():
        return float("inf")
    best = scores[pool.right].max()
    return float((scores > best).sum() + ((scores == best) & ~pool.right).sum() + 1)


def _tops_right(pools: Sequence[Pool], logits: Sequence[Matrix]) -> list[bool]:
    return [bool(pool.right[int(scores.argmax())]) for pool, scores in zip(pools, logits, strict=True)]


def _described(source: Source) -> dict[str, Any]:
    return {
        "name": source.path.name,
        "sha256": hashlib.sha256(source.path.read_bytes()).hexdigest(),
        "issues": len(source.items),
        "queries": sum(pool.is_query for pool in source.pools),
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
