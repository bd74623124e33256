"""Adapts the embedder to issues: `python -m models.adapt FILE… --out models/weights/adapter.safetensors`."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.adapter import Adapter, dump
from models.checkpoint import Checkpoint
from models.dense_cosine import retrieval_by_cosine
from models.embedder import PLAIN_MODEL, ModelUnavailable
from models.labelled import Labelled
from models.sentence_embedder import model_digest, model_folder
from models.training_files import Unusable, ensure_writable, read_labelled, write
from models.training_pairs import Corpus, corpus, deal

if TYPE_CHECKING:
    from models.low_rank import Trainer

EVERY = 25  # steps between two checkpoints
WARM = 0.1  # share of the steps in which the learning rate rises; then it falls in a line
LICENCE = (
    "MIT, as the project that trained it; the model that it is added to has its own licence. "
    "It holds no text of the files that it was trained on."
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides on the result beside the files and the model: `batch` in issues, `rate` at its highest."""

    steps: int = 100
    batch: int = 48
    rank: int = 16
    rate: float = 5e-4
    seed: int = 0


DEFAULT = Recipe()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the files, train, and write the adapter."""
    options = _parser().parse_args(arguments)
    recipe = Recipe(options.steps, options.batch, options.rank, options.rate, options.seed)
    try:
        adapter = adapt(options.files, options.out, recipe, threads=options.threads, held_out=options.held_out)
    except (Unusable, ModelUnavailable) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(f"interrupted; called in the same way again, it goes on (what is done is kept each {EVERY} steps)")
    _say(f"written to {options.out}: adapter {adapter.digest} for the model {adapter.base}")


def adapt(
    files: Sequence[Path],
    out: Path,
    recipe: Recipe,
    *,
    threads: int = 1,
    held_out: Sequence[Path] = (),
    every: int = EVERY,
    say: Callable[[str], None] | None = None,
) -> Adapter:
    """Train an adapter on labelled issues and write it; goes on where an earlier run with the same input was stopped.

    What it finds in the `held_out` files by cosine alone goes with it, beside what the model found before. A checkpoint
    is written beside it after `every` steps, then `say` hears of it. The same input gives the same bytes on the same
    kind of processor. Raises Unusable, ModelUnavailable.
    """
    from models.low_rank import Trainer  # noqa: PLC0415 - torch takes seconds, in which somebody may interrupt it

    say = say or _say
    ensure_writable(out)
    corpora = [_corpus(path, say) for path in files]
    unseen = {path.name: read_labelled(path, say).items for path in held_out}
    folder = model_folder(PLAIN_MODEL)
    base, provenance = model_digest(folder), _provenance(files, corpora, [out, *held_out], recipe)
    trainer = Trainer(folder, rank=recipe.rank, seed=recipe.seed, threads=threads)
    before = _found(unseen, trainer)
    checkpoint = Checkpoint(out.with_name(out.name + ".checkpoint"), json.dumps([base, provenance], sort_keys=True))
    losses, found = checkpoint.resume(trainer)
    say(found)
    batches = deal(corpora, steps=recipe.steps, size=recipe.batch, seed=recipe.seed)
    for at, batch in islice(enumerate(batches, start=1), len(losses), None):
        losses.append(trainer.step(batch, _rate(recipe, at)))
        if at % every == 0 or at == recipe.steps:
            checkpoint.write(trainer, losses)
            say(f"step {at} of {recipe.steps}: loss {np.mean(losses[-every:]):.3f}")
    metrics = {"loss": _ends(losses), "held_out": {"plain": before, "adapted": _found(unseen, trainer)}}
    adapter = Adapter(base, trainer.factors(), provenance | metrics)
    write(out, dump(adapter))
    checkpoint.remove()
    return adapter


def _corpus(path: Path, say: Callable[[str], None]) -> Corpus:
    found = corpus(read_labelled(path, say).items)
    if len(found) < 2:
        raise Unusable(f"{path.name}: fewer than two of its issues say more than a title")
    if len(set(found.groups)) < 2:
        raise Unusable(f"{path.name}: all its issues belong together, so there is nothing to tell them from")
    say(f"{path.name}: {len(found)} issues to learn from")
    return found


def _found(unseen: Mapping[str, Sequence[Labelled]], trainer: Trainer) -> dict[str, dict[str, float]]:
    return {
        name: {figure: round(value, 4) for figure, value in retrieval_by_cosine(items, trainer.embed).items()}
        for name, items in unseen.items()
    }


def _provenance(
    files: Sequence[Path], corpora: Sequence[Corpus], named: Sequence[Path], recipe: Recipe
) -> dict[str, Any]:
    out, *held_out = named
    words = [*(path.name for path in files), "--out", out.name, *(f"--held-out {path.name}" for path in held_out)]
    words += [f"--{name} {value}" for name, value in asdict(recipe).items()]
    return {
        "command": f"python -m models.adapt {' '.join(words)}",
        "files": [
            {"name": path.name, "sha256": _sha256(path), "issues": len(each)}
            for path, each in zip(files, corpora, strict=True)
        ],
        "model": PLAIN_MODEL,
        "licence": LICENCE,
    }


def _rate(recipe: Recipe, step: int) -> float:
    warm = max(1, round(WARM * recipe.steps))
    return recipe.rate * min(step / warm, (recipe.steps - step + 1) / (recipe.steps - warm + 1))


def _ends(losses: Sequence[float]) -> dict[str, float]:
    tenth = max(1, len(losses) // 10)
    return {
        "first tenth": round(float(np.mean(losses[:tenth])), 4),
        "last tenth": round(float(np.mean(losses[-tenth:])), 4),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.adapt", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="labelled issues, JSON lines or .gz")
    parser.add_argument("--out", type=Path, required=True, help="the adapter to write; a run that was stopped goes on")
    parser.add_argument(
        "--held-out",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="measure on it; it is not learned from",
    )
    parser.add_argument("--steps", type=_positive, default=DEFAULT.steps)
    parser.add_argument("--batch", type=_positive, default=DEFAULT.batch, help="issues in a step")
    parser.add_argument("--rank", type=_positive, default=DEFAULT.rank)
    parser.add_argument("--rate", type=_above_zero, default=DEFAULT.rate, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=DEFAULT.seed)
    parser.add_argument("--threads", type=_positive, default=os.cpu_count() or 1)
    return parser


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
