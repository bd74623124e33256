"""Clusters of a whole history beside HDBSCAN, BERTopic and community detection; how time and memory grow."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import cluster_rivals, matching, rivals
from bot.evaluating.vector_cache import cached
from models.clustering import cluster
from models.document import Document
from models.embedder import PLAIN_MODEL
from models.labelled import load
from models.naming import background, name
from models.pair_graph import pair_graph
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.sentence_embedder import SentenceEmbedder
from models.text import Text

REPEATED = 0.4  # share of the made-up issues that report an earlier one's cause again
CAUSES = 0.2  # share of the others whose cause is ever reported again
RIVAL_MOST = 10_000  # issues that BERTopic is fitted on beside it: it takes minutes for more
SIZES = [5_000, 10_000, 20_000, 50_000, 100_000]
RIVAL = "--rival"  # BERTopic's fit too, on the same vectors
ONE = "--one"  # a size of its own process, so that its peak of memory is its own


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=SIZES, metavar="ISSUES")
    options.add_argument(ONE, type=int, help=argparse.SUPPRESS)
    options.add_argument(RIVAL, action="store_true", help=argparse.SUPPRESS)
    rivals.add_option(options)
    chosen = options.parse_args()
    if chosen.one is not None:
        print(json.dumps(measure(chosen.one, rival=chosen.rival)))
        return
    scaling(chosen.sizes)
    data = chosen.data
    files = sorted([*data.glob("*.jsonl"), *data.glob("*.jsonl.gz")]) if data.is_dir() else [data]
    with (
        tempfile.TemporaryDirectory(prefix="triage-bench-") as folder,
        cached(SentenceEmbedder(), Path(folder)) as kept,
        cached(SentenceEmbedder(PLAIN_MODEL), Path(folder)) as plain,
    ):
        corpora = {path: rivals.corpus(load(path).items, kept) for path in files}
        for path, own in corpora.items():
            others = [] if own.judged else [other for each, other in corpora.items() if each != path]
            cluster_rivals.table(path.name, own, others, plain)


def scaling(sizes: list[int]) -> None:
    """One refit of made-up issues at each size, and the exponents of its growth from the smallest to the largest."""
    print(
        f"{'issues':>8}{'fill s':>9}{'copy s':>8}{'pairs s':>9}{'clusters s':>12}{'names s':>9}{'refit s':>9}"
        f"{'CPU s':>8}{'peak MB':>9}{'BERTopic s':>12}   pairs, clusters, issues in them"
    )
    found = []
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.clustering", ONE, str(size)]
        command += [RIVAL] if size <= RIVAL_MOST else []
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(ended.stderr)
        one = json.loads(ended.stdout)
        found.append((size, one))
        print(
            f"{size:>8,}{one['fill_s']:>9.1f}{one['copy_s']:>8.2f}{one['pairs_s']:>9.1f}{one['clusters_s']:>12.1f}"
            f"{one['names_s']:>9.1f}{one['refit_s']:>9.1f}{one['cpu_s']:>8.1f}{one['peak_mb']:>9,.0f}"
            f"{one['bertopic_s'] or '–':>12}   {one['pairs']:,}, {one['clusters']:,}, {one['clustered']:,}",
            flush=True,
        )
    (small, least), (large, most) = found[0], found[-1]
    if large > small:
        wall, cpu = (math.log(most[unit] / least[unit]) / math.log(large / small) for unit in ("refit_s", "cpu_s"))
        print(f"{'':>8}  exponent {small:,} → {large:,}: {wall:.2f} (CPU {cpu:.2f})")


def measure(size: int, *, rival: bool) -> dict[str, float]:
    """Seconds to fill an index with issues whose vectors are there, to judge the pairs, to cluster and to name them.

    The refit is the last three: the index is in memory all day. CPU seconds are those of the refit over all threads.
    Decisions wait only while the index is copied. BERTopic is fitted after it, on the same vectors; 0 where it is not.
    """
    made = list(history(size))
    index, started = IssueIndex(matching.DIMENSION), time.perf_counter()
    index.put_all(made)
    filled, spent = time.perf_counter(), time.process_time()
    graph = pair_graph(index, PairScorer.load())
    judged = time.perf_counter()
    groups = cluster(graph)
    clustered = time.perf_counter()
    known = background(index)
    for group in groups:
        name([index.document(number) for number in group.members], known, group.medoid)
    ended = time.perf_counter()
    spent = time.process_time() - spent
    index.snapshot()
    return {
        "copy_s": time.perf_counter() - ended,
        "fill_s": filled - started,
        "pairs_s": judged - filled,
        "clusters_s": clustered - judged,
        "names_s": ended - clustered,
        "refit_s": ended - filled,
        "cpu_s": spent,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "pairs": len(graph.left),
        "clusters": len(groups),
        "clustered": sum(len(group.members) for group in groups),
        "bertopic_s": fitted_s(made) if rival else 0.0,
    }


def fitted_s(documents: Sequence[Document]) -> float:
    """Seconds of BERTopic's fit, without what it compiles first; 0 where it is not installed."""
    texts = [f"{one.text.title}\n{one.text.prose}\n{one.text.error}" for one in documents]
    vectors = cluster_rivals.salient(documents)
    cluster_rivals.topics(texts[:500], vectors[:500])
    started = time.perf_counter()
    found = cluster_rivals.topics(texts, vectors)
    return round(time.perf_counter() - started, 1) if len(found) else 0.0


def history(size: int) -> Iterator[Document]:
    """Made-up issues, of which many report an earlier one's cause again, in part in its words."""
    draw, noise, causes = random.Random(5), np.random.default_rng(5), list[Document]()
    for fresh in itertools.islice(matching.documents(), size):
        if causes and draw.random() < REPEATED:
            yield again(draw.choice(causes), fresh, draw, noise)
            continue
        if draw.random() < CAUSES:
            causes.append(fresh)
        yield fresh


def again(cause: Document, fresh: Document, draw: random.Random, noise: np.random.Generator) -> Document:
    """Another report of the cause: its error, half of its words, and vectors near its own."""
    title, prose = (
        " ".join(draw.sample(old.split(), len(old.split()) // 2) + draw.sample(new.split(), len(new.split()) // 2))
        for old, new in ((cause.text.title, fresh.text.title), (cause.text.prose, fresh.text.prose))
    )
    near = cause.vectors + 0.5 * noise.normal(size=cause.vectors.shape) / math.sqrt(matching.DIMENSION)
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    facts = dict(cause.facts) | {"version": fresh.facts["version"]}
    return replace(fresh, text=Text(title, prose, cause.text.error), facts=facts, vectors=near)


if __name__ == "__main__":
    main()
