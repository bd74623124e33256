"""Trains low-rank factors beside an encoder's frozen weights; with sentence_embedder the only file that knows torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import Tensor, nn

from models.embedder import Vectors
from models.sentence_embedder import computes_bfloat16, encoder_of, load_sentence_transformer
from models.training_pairs import Batch

MAX_TOKENS = 128  # what is beyond changes little and costs as much
SCALE = 20.0  # of cosines, as in the training of MiniLM itself
OWN = 2 / 3  # weight of title and salient text of one issue; the rest is for duplicates
WEIGHT_DECAY = 0.01
_CHUNK = 2048  # tokens whose activations are made at once by one thread
_AT_ONCE = 4096  # texts tokenised together
_STATE = ("exp_avg", "exp_avg_sq")


class LowRank(nn.Module):
    """A frozen linear layer and the product of two small matrices beside it, which begins at zero."""

    def __init__(self, linear: nn.Linear, rank: int, random: torch.Generator) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.randn(rank, linear.in_features, generator=random) * linear.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, given: Tensor) -> Tensor:
        """The layer's output, shape (…, out)."""
        down, up = self.down.to(given.dtype), self.up.to(given.dtype)
        result: Tensor = self.linear(given) + nn.functional.linear(nn.functional.linear(given, down), up)
        return result


class Trainer:
    """One model with low-rank factors and their optimiser; the same steps give the same bytes, whatever the threads.

    Each thread computes whole chunks of a batch, so that threads wait for each other once a step, not at every layer.
    """

    def __init__(self, folder: Path, *, rank: int, seed: int, threads: int) -> None:
        self._model = load_sentence_transformer(folder).eval()  # without drop-out, which would depend on the threads
        self._model.requires_grad_(requires_grad=False)
        if computes_bfloat16():
            self._model.bfloat16()
        random = torch.Generator().manual_seed(seed)
        self._layers = _with_factors(encoder_of(self._model), rank, random)
        self._factors = [half for layer in self._layers.values() for half in (layer.up, layer.down)]
        self._optimiser = torch.optim.AdamW(self._factors, weight_decay=WEIGHT_DECAY)
        self._pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def step(self, batch: Batch, rate: float) -> float:
        """Learn from one batch at a learning rate; returns its loss before."""
        vectors, chunks = self._embed([*batch.titles, *batch.salient])
        leaf = vectors.detach().requires_grad_()
        count = len(batch.titles)
        value = loss(leaf[:count], leaf[count:], torch.tensor(batch.groups))
        value.backward()  # type: ignore[no-untyped-call] # torch leaves it untyped
        assert leaf.grad is not None  # noqa: S101 - backward has just set it
        for factor, gradient in zip(self._factors, self._gradients(chunks, leaf.grad), strict=True):
            factor.grad = gradient
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.step()
        return float(value.detach())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the first 128 tokens as the model makes them now, shape (texts, dimension)."""
        starts = range(0, len(texts), _AT_ONCE)
        made = [self._embed(texts[start : start + _AT_ONCE], learning=False)[0] for start in starts]
        result: Vectors = torch.cat(made).numpy()
        return result

    def factors(self) -> dict[str, tuple[NDArray[np.float16], NDArray[np.float16]]]:
        """What an Adapter holds."""
        return {
            f"{name}.weight": (layer.up.detach().half().numpy(), layer.down.detach().half().numpy())
            for name, layer in self._layers.items()
        }

    def state(self, about: Mapping[str, str]) -> bytes:
        """Everything that a resumed run needs, as safetensors."""
        tensors = {f"{at}.factor": factor.detach() for at, factor in enumerate(self._factors)}
        for at, factor in enumerate(self._factors):
            tensors |= {f"{at}.{name}": self._optimiser.state[factor][name] for name in (*_STATE, "step")}
        return save(tensors, dict(about))

    def restore(self, path: Path) -> None:
        """Go on where a state was written."""
        tensors = load_file(path)
        for at, factor in enumerate(self._factors):
            factor.data.copy_(tensors[f"{at}.factor"])
            self._optimiser.state[factor] = {name: tensors[f"{at}.{name}"] for name in (*_STATE, "step")}

    def _embed(self, texts: Sequence[str], *, learning: bool = True) -> tuple[Tensor, list[tuple[list[int], Tensor]]]:
        """Unit vectors in float32, shape (texts, dimension), and the chunks, by place, whose graphs they come from."""
        tokens = self._model.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)
        places = _chunks([len(each) for each in tokens["input_ids"]])

        def forward(chunk: Sequence[int]) -> Tensor:
            with torch.set_grad_enabled(learning):
                return self._forward({name: [rows[place] for place in chunk] for name, rows in tokens.items()})

        made = list(self._pool.map(forward, places))
        order = torch.tensor([place for chunk in places for place in chunk])
        vectors = torch.cat([each.detach() for each in made])[torch.argsort(order)]
        return vectors, list(zip(places, made, strict=True))

    def _forward(self, tokens: Mapping[str, Sequence[Sequence[int]]]) -> Tensor:
        features = self._model[0](dict(self._model.tokenizer.pad(tokens, return_tensors="pt")))
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in list(self._model)[1:]:
            features = module(features)
        return nn.functional.normalize(features["sentence_embedding"], dim=1)

    def _gradients(self, chunks: Sequence[tuple[list[int], Tensor]], gradient: Tensor) -> list[Tensor]:
        """Summed in the order of the chunks, whichever thread was first."""

        def backward(chunk: tuple[list[int], Tensor]) -> tuple[Tensor, ...]:
            return torch.autograd.grad(chunk[1], self._factors, gradient[chunk[0]])

        parts = zip(*self._pool.map(backward, chunks), strict=True)
        return [torch.stack(part).sum(dim=0) for part in parts]


def loss(titles: Tensor, salient: Tensor, groups: Tensor) -> Tensor:
    """In-batch softmax both ways: an issue's title finds its salient text, and duplicates find each other.

    Vectors of shape (issues, dimension), groups of shape (issues,). Issues of one group are never held against each
    other (van den Oord et al.: Representation learning with contrastive predictive coding, 2018).
    """
    same = groups[:, None] == groups[None, :]
    own = torch.eye(len(groups), dtype=torch.bool)
    crossed = SCALE * titles @ salient.T
    result = (_softmax(crossed, own, same) + _softmax(crossed.T, own, same)) / 2
    if (duplicate := same & ~own).any():
        alike = (SCALE * titles @ titles.T, SCALE * salient @ salient.T, crossed, crossed.T)
        among = torch.stack([_softmax(scores, duplicate, same) for scores in alike]).mean()
        result = OWN * result + (1 - OWN) * among
    return result


def _softmax(scores: Tensor, wanted: Tensor, same: Tensor) -> Tensor:
    """Mean of -log p of each wanted pair against its row's pairs of unlike groups."""
    others = scores.masked_fill(same, float("-inf")).logsumexp(dim=1, keepdim=True)
    return (torch.logaddexp(scores, others.expand_as(scores)) - scores)[wanted].mean()


def _with_factors(encoder: nn.Module, rank: int, random: torch.Generator) -> dict[str, LowRank]:
    """Put factors beside every linear layer that the vectors depend on; by name."""
    linear = {name: each for name, each in encoder.named_modules() if isinstance(each, nn.Linear)}
    layers = {name: LowRank(each, rank, random) for name, each in linear.items() if "pooler" not in name}
    for name, layer in layers.items():
        encoder.set_submodule(name, layer)
    return layers


def _chunks(lengths: Sequence[int]) -> list[list[int]]:
    """Places by length, the longest first, in chunks of about as many tokens."""
    chunks: list[list[int]] = [[]]
    for place in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        if chunks[-1] and (len(chunks[-1]) + 1) * lengths[chunks[-1][0]] > _CHUNK:
            chunks.append([])
        chunks[-1].append(place)
    return chunks
