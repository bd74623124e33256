"""The map of issues beside PCA, t-SNE and UMAP: how near it keeps what is alike, how still it lies, how it grows."""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

try:
    from umap import UMAP
except ImportError:  # comes with an extra: pip install '.[bench]'
    UMAP = None

from benchmarks import matching, rivals
from bot.activities.draw_map import meanings
from bot.evaluating.vector_cache import cached
from models.document import Document
from models.embedder import Vectors
from models.evaluation import prepared
from models.labelled import Labelled, groups, load
from models.layout import layout
from models.repulsion import Points
from models.sentence_embedder import SentenceEmbedder

SIZES = [10_000, 100_000]
NEAR = 10  # neighbours that should stay neighbours
NEW = 0.02  # share of the issues that one night brings
MOST_BARNES_HUT = 6_000  # issues: beyond, scikit-learn's t-SNE takes minutes
BLOCK = 1_000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=SIZES, metavar="ISSUES")
    rivals.add_option(options)
    chosen = options.parse_args()
    data = chosen.data
    files = sorted([*data.glob("*.jsonl"), *data.glob("*.jsonl.gz")]) if data.is_dir() else [data]
    with (
        tempfile.TemporaryDirectory(prefix="triage-bench-") as folder,
        cached(SentenceEmbedder(), Path(folder)) as kept,
    ):
        for path in files:
            items = load(path).items
            quality(path.name, items, list(prepared(items, kept, lambda: None).values()))
    scaling(chosen.sizes)


def quality(name: str, items: Sequence[Labelled], documents: Sequence[Document]) -> None:
    """Each way to draw the same vectors."""
    vectors = meanings(documents)
    ways: dict[str, Callable[[], Points]] = {
        "Triage": lambda: layout(vectors),
        "PCA": lambda: PCA(2, random_state=0).fit_transform(vectors),
    }
    if len(vectors) <= MOST_BARNES_HUT:
        ways["t-SNE, Barnes–Hut"] = lambda: TSNE(init="pca", random_state=0).fit_transform(vectors)
    if UMAP is not None:
        ways["UMAP"] = lambda: UMAP(random_state=0, n_jobs=1).fit_transform(vectors)
    wanted, known = nearest(vectors), same_problem(items)
    print(f"\n{name}: {len(vectors):,} issues, {len(known):,} with another report of the same problem")
    print(f"{'':20}{'neighbours kept':>18}{'same problem near':>20}{'CPU seconds':>14}")
    for way, draw in ways.items():
        started = time.process_time()
        places = draw()
        took = time.process_time() - started
        found = cKDTree(places).query(places, NEAR + 1)[1]
        print(f"{way:20}{kept(wanted, found):>18.3f}{beside(known, found):>20.3f}{took:>14.1f}")
    still(vectors)


def nearest(vectors: Vectors) -> np.ndarray:
    """Rows of the NEAR nearest of each, shape (n, NEAR)."""
    found = []
    for start in range(0, len(vectors), BLOCK):
        products = vectors[start : start + BLOCK] @ vectors.T
        products[np.arange(len(products)), np.arange(start, start + len(products))] = -np.inf
        found.append(np.argpartition(products, -NEAR, axis=1)[:, -NEAR:])
    return np.concatenate(found)


def same_problem(items: Sequence[Labelled]) -> dict[int, set[int]]:
    """Row → rows of the same group, where it is not alone."""
    by_group: dict[object, list[int]] = {}
    named = groups(items)
    for row, item in enumerate(items):
        if item.issue.number in named:
            by_group.setdefault(named[item.issue.number], []).append(row)
    return {row: set(rows) - {row} for rows in by_group.values() if len(rows) > 1 for row in rows}


def kept(wanted: np.ndarray, found: np.ndarray) -> float:
    """The share of the nearest in meaning that are among the nearest on the map."""
    return float(np.mean([len(set(one) & set(other)) / NEAR for one, other in zip(wanted, found, strict=True)]))


def beside(known: dict[int, set[int]], found: np.ndarray) -> float:
    """The share of issues that have another report of the same problem among the nearest on the map."""
    return float(np.mean([bool(others & set(found[row])) for row, others in known.items()]))


def still(vectors: Vectors) -> None:
    """How far the settled issues move in a night that brings new ones, as a share of the map's radius."""
    before = int(len(vectors) * (1 - NEW))
    first = layout(vectors[:before])
    new = np.full((len(vectors) - before, 2), np.nan, dtype=np.float32)
    night = layout(vectors, np.concatenate([first, new]))[:before]
    afresh = layout(vectors)[:before]
    radius = float(np.sqrt((first**2).sum(axis=1).mean()))
    for what, places in (("a night with new issues", night), ("a map drawn afresh", turned(afresh, first))):
        moved = float(np.median(np.linalg.norm(places - first, axis=1)) / radius)
        print(f"{what} moves the median issue by {moved:.3f} of the radius")


def turned(places: Points, onto: Points) -> Points:
    """The same picture, turned onto another as well as it goes."""
    own, old = places - places.mean(axis=0), onto - onto.mean(axis=0)
    u, _, v = np.linalg.svd(own.T @ old)
    return own @ (u @ v) + onto.mean(axis=0)


def scaling(sizes: Sequence[int]) -> None:
    """CPU seconds of the first map of made-up issues, and of the next night's."""
    print(f"\n{'issues':>8}{'first map, CPU s':>18}{'next night, CPU s':>19}")
    for size in sizes:
        vectors = meanings(list(itertools.islice(matching.documents(), size)))
        started = time.process_time()
        places = layout(vectors)
        drawn = time.process_time()
        layout(vectors, places)
        print(f"{size:>8,}{drawn - started:>18.1f}{time.process_time() - drawn:>19.1f}", flush=True)


if __name__ == "__main__":
    main()
