"""Fits the artifact that ships: `python -m models.train FILE… --out models/weights/scorer.json`."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.artifacts import Artifact, Company, Logistic, dump
from models.certainty import in_order
from models.cluster_fitting import fit_clusters
from models.company import company, firsts
from models.cross_validation import HeldOut, fitted_anew, held_out
from models.document import Document, prepare_all
from models.embedder import DEFAULT_MODEL, Embedder, ModelUnavailable
from models.fitting import MOST_ALONE, Matrix, NothingToFit, Pool, collect, fit_pairs, logits_of, tops_right
from models.labelled import Labelled
from models.metrics import calibration_figures, detection_figures, retrieval_figures, threshold_for
from models.scorer import PairScorer, sigmoid
from models.sentence_embedder import SentenceEmbedder
from models.standing import CANDIDATE_FEATURES
from models.training_files import Unusable, ensure_writable, read_labelled, write

PRECISE, WORTH_A_LINK = 0.9, 0.7  # shares of right ones wanted among the flagged, held out
IN_CLUSTER = 0.5  # more probable than all else together
BATCH = 256
NOTHING = Logistic((), (), (), (), 0.0)  # where a fit is still to come
ALONE = Company((1.0, 0.0), 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of labelled issues with its pools; `judged` where every issue was looked at by a reader."""

    path: Path
    embedder: Embedder
    items: Sequence[Labelled]
    documents: Sequence[Document]
    pools: Sequence[Pool]
    judged: bool


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the files, fit, and write the artifact; exit code 1 and a sentence where that cannot be done."""
    options = _parser().parse_args(arguments)
    embedders: dict[str, Embedder] = {}
    files = []
    for argument in options.files:
        name, _, model = argument.partition("=")
        files.append(
            (Path(name), embedders.setdefault(model or options.model, SentenceEmbedder(model or options.model)))
        )
    try:
        ensure_writable(options.out)
        artifact = train(files, options.model)
    except (Unusable, NothingToFit, ModelUnavailable) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
    artifact = replace(artifact, provenance={**artifact.provenance, "command": command_of(options.files)})
    write(options.out, dump(artifact).encode())
    _say(f"written to {options.out}: {artifact.thresholds}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument(
        "files", nargs="+", metavar="FILE[=MODEL]", help="labelled issues, JSON lines or .gz, and what embeds them"
    )
    parser.add_argument("--out", type=Path, required=True, help="the artifact to write")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="what embeds where a file names nothing else")
    return parser


def command_of(files: Sequence[str]) -> str:
    """What was run, with each FILE[=MODEL] but no folder of this machine."""
    named = []
    for name, equals, model in (argument.partition("=") for argument in files):
        bare = (Path(part).name if Path(part).exists() else part for part in model.split("+"))
        named.append(Path(name).name + equals + "+".join(bare))
    return f"python -m models.train {' '.join(named)} --out scorer.json"


def train(files: Sequence[tuple[Path, Embedder]], model: str) -> Artifact:
    """An artifact fitted on all files; its metrics are held out by cluster.

    `model` names what embeds known clusters' words. Vectors of unlike models may be given where an adapter was trained
    on some of the files: each is then embedded by one that did not see it, as a new repository's issues are.
    Raises Unusable, NothingToFit, ModelUnavailable.
    """
    sources = [_source(path, embedder) for path, embedder in files]
    judged = [source for source in sources if source.judged]
    if not judged:
        raise Unusable(
            "calibration needs a file in which every issue has a gold_cluster, or null where it stands alone"
        )
    calibrating = [(source.pools, [other.pools for other in sources if other is not source]) for source in judged]
    blank = Artifact(NOTHING, (1.0, 0.0), NOTHING, (1.0, 0.0), ALONE, NOTHING, {})
    unseen = held_out(calibrating)
    fitted = fitted_anew(blank, [source.pools for source in sources], unseen)
    thresholds, metrics = _measured(fitted, unseen)
    scorer = PairScorer(replace(fitted, thresholds=thresholds))
    taught = [(source.items, source.documents, source.embedder) for source in judged]
    provenance = {
        "model": model,
        "seed": 0,
        "files": [_described(source) for source in sources],
        "held_out": metrics,
        "held_out_told": _told(fitted, unseen),
        "other_repositories": _transfer(sources),
    }
    return replace(scorer.artifact, clusters=fit_clusters(taught, scorer), provenance=provenance)


def figures(pools: Sequence[Pool], logits: Sequence[Matrix]) -> dict[str, float]:
    """Retrieval and detection figures of pools under given log-odds; a query without its duplicate was never found."""
    ranks = [_rank(pool, scores) for pool, scores in zip(pools, logits, strict=True) if pool.is_query]
    top = [float(scores.max()) for scores in logits]
    found = retrieval_figures(ranks) | detection_figures(top, tops_right(pools, logits), [p.is_query for p in pools])
    return {name: round(value, 4) for name, value in found.items()}


def _source(path: Path, embedder: Embedder) -> Source:
    data = read_labelled(path, _say)
    judged = all(item.judged for item in data.items)
    issues = [item.issue for item in data.items]
    documents: list[Document] = []
    for start in range(0, len(issues), BATCH):
        documents += prepare_all(issues[start : start + BATCH], embedder)
        _say(f"{path.name}: {len(documents)} of {len(issues)} issues embedded")
    pools = list(collect(data.items, documents, most_alone=None if judged else MOST_ALONE))
    _say(f"{path.name}: {sum(pool.is_query for pool in pools)} queries")
    return Source(path, embedder, data.items, documents, pools, judged=judged)


def _measured(fitted: Artifact, unseen: HeldOut) -> tuple[dict[str, float], dict[str, float]]:
    """Thresholds on the held-out top candidates of the judged files, and the metrics there."""
    slope, intercept = fitted.certainty
    both = list(zip(unseen.pairs, unseen.candidates, strict=True))
    sure = [in_order(sigmoid(slope * pairs + intercept), candidates) for pairs, candidates in both]
    probabilities, right = np.array([scores.max() for scores in sure]), tops_right(unseen.pools, sure)
    duplicate = threshold_for(probabilities, right, PRECISE)
    thresholds = {
        "duplicate": round(max(0.9, 0.9 if duplicate is None else duplicate), 3),
        "related": round(threshold_for(probabilities, right, WORTH_A_LINK) or WORTH_A_LINK, 3),
        "cluster": IN_CLUSTER,
    }
    flagged = probabilities >= thresholds["duplicate"]
    metrics = figures(unseen.pools, sure) | calibration_figures(probabilities, right)
    metrics["precision_at_duplicate"] = float(np.mean(np.array(right)[flagged])) if flagged.any() else 0.0
    metrics["flagged_at_duplicate"] = float(flagged.mean())
    return thresholds, {name: round(value, 4) for name, value in metrics.items()}


def _told(fitted: Artifact, unseen: HeldOut) -> dict[str, float]:
    """The metrics where the groups of earlier issues are known, and each group counts once."""
    (slope, intercept), known = fitted.certainty, fitted.company
    pools, sure = [], []
    for pool, pairs, candidates in zip(unseen.pools, unseen.pairs, unseen.candidates, strict=True):
        added = company(known.chance[0] * candidates + known.chance[1], pool.groups)
        probabilities = sigmoid(slope * (pairs + known.certainty * added) + intercept)
        found = in_order(probabilities, candidates + known.order * added)
        order = np.argsort(-found, kind="stable")
        kept = order[firsts(pool.groups[order])]
        pools.append(replace(pool, features=pool.features[kept], right=pool.right[kept], groups=pool.groups[kept]))
        sure.append(found[kept])
    tops = np.array([scores.max() for scores in sure])
    metrics = figures(pools, sure) | calibration_figures(tops, tops_right(pools, sure))
    return {name: round(value, 4) for name, value in metrics.items()}


def _transfer(sources: Sequence[Source]) -> dict[str, dict[str, float]]:
    """What a fit on the other files alone finds in each."""
    if len(sources) < 2:
        return {}
    found = {}
    for source in sources:
        others = [other.pools for other in sources if other is not source]
        model = fit_pairs(others, CANDIDATE_FEATURES)
        ranks = [_rank(pool, logits_of(model, pool)) for pool in source.pools if pool.is_query]
        found[source.path.name] = {name: round(value, 4) for name, value in retrieval_figures(ranks).items()}
    return found


def _rank(pool: Pool, scores: Matrix) -> float:
    if not pool.right.any():
        return float("inf")
    best = scores[pool.right].max()
    return float((scores > best).sum() + ((scores == best) & ~pool.right).sum() + 1)


def _described(source: Source) -> dict[str, Any]:
    return {
        "name": source.path.name,
        "model": str(source.embedder.model_id),
        "sha256": hashlib.sha256(source.path.read_bytes()).hexdigest(),
        "issues": len(source.items),
        "queries": sum(pool.is_query for pool in source.pools),
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
