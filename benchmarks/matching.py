"""One issue against 10,000 and 100,000 others without the embedder, its floor and memory; and quality beside rivals."""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks import rivals
from models.document import Document
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.text import Text

DIMENSION = 384
QUERIES = 40
WORDS, TOPICS = 60_000, 300
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
BYTES_A_NUMBER = 4  # float32


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000], metavar="ISSUES")
    rivals.add_option(options)
    chosen = options.parse_args()
    head = f"{'issues':>8}{'retrieve':>10}{'judge':>8}{'both':>8}{'p95':>8}{'add':>8}{'floor':>8}   memory an issue"
    print(head + "\n" + f"{'':>8}" + f"{'ms':>10}" + f"{'ms':>8}" * 5)
    for size in chosen.sizes:
        measure(size)
    rivals.compare(chosen.data)


def measure(size: int) -> None:
    """Fill an index and judge further issues against it."""
    gc.collect()
    before = resident_bytes()
    index, text_bytes, added = IssueIndex(DIMENSION), 0, 0.0
    source = documents()
    for _ in range(size):
        document = next(source)
        text_bytes += len(document.text.title) + len(document.text.prose) + len(document.text.error)
        started = time.perf_counter()
        index.put(document)
        added += time.perf_counter() - started
    grown = resident_bytes() - before
    retrieve, judge = timed(index, source)
    both = [sum(each) for each in zip(retrieve, judge, strict=True)]
    figures = [statistics.median(retrieve), statistics.median(judge), statistics.median(both)]
    figures += [statistics.quantiles(both, n=20)[-1], added / size * 1000, floor(size)]
    row = f"{size:>8,}{figures[0]:>10.1f}" + "".join(f"{each:>8.1f}" for each in figures[1:])
    beyond = (grown - text_bytes) / size / 1024
    print(f"{row}   {beyond:.1f} KB beyond {text_bytes / size / 1024:.1f} KB of text")
    numbers = size * 2 * DIMENSION
    print(f"{'':>8}  floor: {numbers * BYTES_A_NUMBER / 1e6:,.0f} MB of vectors, {numbers * 4 / 1e6:,.0f} MFLOP")


def timed(index: IssueIndex, source: Iterator[Document]) -> tuple[list[float], list[float]]:
    """Milliseconds of retrieval, and of features, scores and evidence, for issues that the index does not hold."""
    scorer = PairScorer.load()
    retrieve, judge = [], []
    for _ in range(QUERIES):
        query = next(source)
        started = time.perf_counter()
        numbers = index.retrieve(query)
        found = time.perf_counter()
        scorer.judge(query, index, numbers)
        retrieve.append((found - started) * 1000)
        judge.append((time.perf_counter() - found) * 1000)
    return retrieve, judge


def floor(size: int) -> float:
    """Milliseconds of the one thing that must be done: every vector's product with the two of the query."""
    matrix = np.ones((2 * size, DIMENSION), dtype=np.float32)
    query = np.ones((DIMENSION, 2), dtype=np.float32)
    took = []
    for _ in range(9):
        started = time.perf_counter()
        matrix @ query
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def documents() -> Iterator[Document]:
    """Made-up issues with Zipf's words, some of 500 errors, and vectors around topics; the same at every run."""
    draw, vectors = random.Random(11), np.random.default_rng(11)
    words = [f"{draw.choice('bdfgklmnprst')}{number:x}" for number in range(WORDS)]
    weights = np.cumsum(1 / np.arange(1, WORDS + 1)).tolist()
    centres = vectors.normal(size=(TOPICS, 2, DIMENSION))
    number = 0
    while True:
        number += 1
        made = centres[draw.randrange(TOPICS)] + 0.8 * vectors.normal(size=(2, DIMENSION))
        made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
        title, prose = (" ".join(draw.choices(words, cum_weights=weights, k=count)) for count in (8, 120))
        fault, status = draw.randrange(500), draw.choice(["400", "401", "429", "500"])
        error = f"Error {status}: fault {fault:x} in {words[fault]}" if draw.random() < 0.6 else ""
        facts = {
            "version": frozenset({f"1.{draw.randrange(40)}.0"}),
            "os": frozenset({draw.choice(["linux", "macos"])}),
        }
        if error:
            facts |= {"status_code": frozenset({status}), "error_message": frozenset({f"{fault:x}"})}
        yield Document(number, Text(title, prose, error), facts, made, FIRST + timedelta(hours=number))


def resident_bytes() -> int:
    """VmRSS of this process."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
