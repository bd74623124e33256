"""How good clusters of labelled files are by the cut that joins them: by unseen fits, and by the one that ships.

python -m benchmarks.cluster_cuts --data FILE --plain
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import rivals
from benchmarks.cluster_rivals import COLUMNS, gold_of, row
from bot.evaluating.vector_cache import cached
from models.agglomeration import NO_DOUBT, Doubt
from models.clustering import CUT, DOUBT, ClusterLimits, cluster
from models.cross_validation import SHIPPED, Corpus, cross_validated
from models.labelled import load
from models.metrics import clustering_figures
from models.pair_graph import PairGraph, judged_pairs, levelled
from models.rankers import Scorers
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.sentence_embedder import SentenceEmbedder

CUTS = (0.05, 0.1, 0.15, 0.2, 0.24, 0.26, CUT, 0.3, 0.34, 0.4, 0.5)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    rivals.add_option(options)
    options.add_argument(
        "--plain", action="store_true", help="the probabilities as they are, and plain average linkage"
    )
    chosen = options.parse_args()
    data = chosen.data
    shipped = PairScorer.load()
    with tempfile.TemporaryDirectory() as folder, cached(SentenceEmbedder(), Path(folder)) as embedder:
        for path in sorted([*data.glob("*.jsonl"), *data.glob("*.jsonl.gz")]) if data.is_dir() else [data]:
            own = rivals.corpus(load(path).items, embedder)
            scorers, method = cross_validated(own, [], shipped.artifact, None, lambda: None, lambda: None)
            for fit, how in ((scorers, method), (lambda _: shipped, SHIPPED)):
                print(f"\n{path.name}, {how}")
                table(own, graph_of(own, fit, plain=chosen.plain), NO_DOUBT if chosen.plain else DOUBT)


def graph_of(own: Corpus, scorers: Scorers, *, plain: bool) -> PairGraph:
    """What is clustered: the pairs' chances, or the plain probabilities."""
    index = IssueIndex(own.documents[0].vectors.shape[1])
    index.put_all(own.documents)
    graph = judged_pairs(index, scorers)
    return graph if plain else levelled(graph)


def table(own: Corpus, graph: PairGraph, doubt: Doubt) -> None:
    """A line for each cut: the issues in known groups as EVALUATION counts them, and all, those who are alone too."""
    gold = gold_of(own)
    everyone = {item.issue.number: gold.get(item.issue.number, f"alone {item.issue.number}") for item in own.items}
    print(f"{'cut':>6}" + "".join(f"{column:>8}" for column in (*COLUMNS, "F1, all")) + "   clusters")
    for cut in CUTS:
        found = cluster(graph, limits=ClusterLimits(cut=cut, coherence=cut, doubt=doubt))
        label = {number: at for at, group in enumerate(found) for number in group.members}
        whole = {number: str(label.get(number, f"alone {number}")) for number in everyone}
        among_all = clustering_figures(everyone, whole)["bcubed_f1"]
        labels = [label.get(item.issue.number, -1) for item in own.items]
        print(f"{cut:>6.2f}{row(gold, own, labels)}{among_all:>8.3f}   {len(found):,}", flush=True)


if __name__ == "__main__":
    main()
