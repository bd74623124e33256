"""Quality on labelled files: Triage beside raw MiniLM with a threshold, BM25, and paraphrase mining."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers.util import paraphrase_mining_embeddings

from bot.evaluating.vector_cache import VectorCache, cached
from models.cross_validation import Corpus, cross_validated
from models.document import Document
from models.embedder import PLAIN_MODEL, Vectors
from models.evaluation import BATCH, figures, prepared
from models.issue import Issue
from models.labelled import Labelled, load
from models.outcomes import NOTHING, Outcome, replay
from models.rankers import Judged, Ranked, Ranker, RawCosine, RawWords, raw_text
from models.scorer import PairScorer
from models.sentence_embedder import SentenceEmbedder

SAMPLE = Path(__file__).parent.parent / "bot" / "sample" / "issues.jsonl"
THRESHOLD = 0.85  # a cosine from which on bots of today call an issue a duplicate
COLUMNS = {
    "R@1": "recall_at_1",
    "R@5": "recall_at_5",
    "R@10": "recall_at_10",
    "AUROC": "auroc",
    "AP": "average_precision",
    "R@P.8": "recall_at_precision_0.80",
    "R@P.9": "recall_at_precision_0.90",
}


class Mined:
    """`sentence_transformers.util.paraphrase_mining` over all raw texts at once, read from the later issue's side."""

    def __init__(self, items: Sequence[Labelled], vectors: Vectors) -> None:
        self._pairs: dict[int, list[tuple[float, int]]] = {}
        numbers = [item.issue.number for item in items]
        for score, one, other in paraphrase_mining_embeddings(torch.from_numpy(vectors)):
            early, late = sorted((int(one), int(other)))
            self._pairs.setdefault(numbers[late], []).append((float(score), numbers[early]))

    def rank(self, issue: Issue) -> Ranked:
        """The earlier issues of its mined pairs."""
        pairs = sorted(self._pairs.get(issue.number, ()), reverse=True)
        if not pairs:
            return NOTHING
        return Ranked(np.array([number for _, number in pairs]), np.array([score for score, _ in pairs]))

    def add(self, issue: Issue) -> None:
        """Nothing: it was given everything."""


def add_option(options: argparse.ArgumentParser) -> None:
    """`--data`: where labelled files are; without one, the sample that ships."""
    options.add_argument("--data", type=Path, default=SAMPLE, help="a labelled file, or a folder of *.jsonl and *.gz")


def compare(data: Path) -> None:
    """A table for each file. Triage is fitted on other clusters or, for a stream among others, on the others alone."""
    files = sorted([*data.glob("*.jsonl"), *data.glob("*.jsonl.gz")]) if data.is_dir() else [data]
    with (
        tempfile.TemporaryDirectory(prefix="triage-bench-") as folder,
        cached(SentenceEmbedder(), Path(folder)) as kept,
        cached(SentenceEmbedder(PLAIN_MODEL), Path(folder)) as plain,
    ):
        corpora = {path: corpus(load(path).items, kept) for path in files}
        for path, own in corpora.items():
            others = [] if own.judged else [other for each, other in corpora.items() if each != path]
            table(path.name, own, others, plain)


def corpus(items: Sequence[Labelled], embedder: VectorCache) -> Corpus:
    """The issues, read and embedded."""
    return Corpus(items, list(prepared(items, embedder, lambda: None).values()))


def table(name: str, own: Corpus, others: Sequence[Corpus], plain: VectorCache) -> None:
    """Every rival on one file; the raw ones with plain MiniLM."""
    scorer = PairScorer.load()
    scorers, method = cross_validated(own, others, scorer.artifact, None, lambda: None, lambda: None)
    documents: dict[int, Document] = {document.number: document for document in own.documents}
    raw = raw_vectors(own.items, plain)
    by_number = {item.issue.number: raw[at : at + 1] for at, item in enumerate(own.items)}
    rankers: dict[str, tuple[Ranker, float]] = {
        "Triage": (Judged(documents, scorers, own.documents[0].vectors.shape[1]), scorer.thresholds["duplicate"]),
        "raw MiniLM, cosine": (RawCosine(by_number, raw.shape[1]), THRESHOLD),
        "raw BM25": (RawWords(), np.inf),
        "paraphrase_mining": (Mined(own.items, raw), THRESHOLD),
    }
    outcomes = {rival: replay(own.items, ranker) for rival, (ranker, _) in rankers.items()}
    queries = sum(outcome.is_query for outcome in outcomes["Triage"])
    print(f"\n{name}: {len(own.items):,} issues, {queries:,} queries; Triage {method}")
    print(f"{'':20}" + "".join(f"{column:>7}" for column in COLUMNS) + "   at its threshold")
    for rival, (_, threshold) in rankers.items():
        measured = figures(outcomes[rival], calibrated=False)
        cells = "".join(f"{measured[figure]:>7.3f}" for figure in COLUMNS.values())
        print(f"{rival:20}{cells}   {flagged(outcomes[rival], threshold)}")


def flagged(outcomes: Sequence[Outcome], threshold: float) -> str:
    """How many are flagged from a threshold on, and how many of these rightly."""
    if threshold == np.inf:
        return "–"
    right = [outcome.right for outcome in outcomes if outcome.score >= threshold]
    return f"≥ {threshold:.2f}: {sum(right)} of {len(right)} flagged are right"


def raw_vectors(items: Sequence[Labelled], embedder: VectorCache) -> Vectors:
    """Of the raw title and body, shape (issues, dimension)."""
    texts = [raw_text(item.issue) for item in items]
    return np.vstack([embedder.embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)])
