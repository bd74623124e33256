"""A small change to an embedder's weights: low-rank factors in a safetensors file, with where they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from models.embedder import Vectors

FORMAT = 1
SHIPPED = Path(__file__).parent / "weights" / "adapter.safetensors"
_ABOUT = "triage"  # one key of metadata: with more, the format keeps no order and the bytes would differ
_UP, _DOWN = ".up", ".down"

Half = NDArray[np.float16]


class AdapterError(ValueError):
    """The adapter cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to weights of the model with the digest `base`.

    `factors` has for each weight its `up`, shape (out, rank), and `down`, shape (rank, in): the weight grows by
    up · down (Hu et al.: LoRA, 2021).
    """

    base: str
    factors: Mapping[str, tuple[Half, Half]]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Twelve hex digits of the factors and the base: what decides on the vectors, and nothing else."""
        digest = hashlib.sha256(self.base.encode())
        for name, (up, down) in sorted(self.factors.items()):
            for half in (up, down):
                digest.update(f"\0{name}\0{half.shape}\0".encode() + half.astype("<f2").tobytes())
        return digest.hexdigest()[:12]

    def delta(self, name: str) -> Vectors:
        """What is added to one weight, shape (out, in)."""
        up, down = self.factors[name]
        product: Vectors = up.astype(np.float32) @ down.astype(np.float32)
        return product


def dump(adapter: Adapter) -> bytes:
    """The adapter as a safetensors file, the same bytes for the same content."""
    tensors: dict[str, Half] = {}
    for name, (up, down) in adapter.factors.items():
        tensors |= {name + _UP: np.ascontiguousarray(up), name + _DOWN: np.ascontiguousarray(down)}
    about = {"format": FORMAT, "base": adapter.base, "provenance": adapter.provenance}
    return save(tensors, {_ABOUT: json.dumps(about, sort_keys=True)})


def read(path: Path) -> Adapter:
    """Read an adapter; raises AdapterError for a file that is missing, damaged or something else."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})[_ABOUT])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - a file, not a mapping
        if about["format"] != FORMAT:
            raise AdapterError(f"format {about['format']} where {FORMAT} is needed")
        names = sorted(name.removesuffix(_UP) for name in tensors if name.endswith(_UP))
        factors = {name: (tensors.pop(name + _UP), tensors.pop(name + _DOWN)) for name in names}
        base, provenance = str(about["base"]), dict(about["provenance"])
    except FileNotFoundError:
        raise AdapterError("the file is not there") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise AdapterError(f"not an adapter, or a damaged one ({error})") from error
    if tensors or not factors or not all(_fit(up, down) for up, down in factors.values()):
        raise AdapterError("not an adapter: its factors do not fit together")
    return Adapter(base, factors, provenance)


def _fit(up: Half, down: Half) -> bool:
    return (
        up.ndim == down.ndim == 2
        and up.shape[1] == down.shape[0] > 0
        and all(half.dtype == np.float16 and bool(np.isfinite(half).all()) for half in (up, down))
    )
