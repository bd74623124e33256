"""What the training scripts read, or say why they cannot, and write in one step."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from models.labelled import Dataset, load

NAMED = 5  # malformed lines that are told one by one


class Unusable(ValueError):
    """A file cannot be trained on, or not be written; the message says which and why."""


def read_labelled(path: Path, say: Callable[[str], None]) -> Dataset:
    """The labelled issues of a file; tells which lines are left out. Raises Unusable where none is left."""
    try:
        data = load(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unusable(f"{path} cannot be read: {reason}") from error
    for each in data.malformed[:NAMED]:
        say(f"{path.name}, {each}: left out")
    if len(data.malformed) > NAMED:
        say(f"{path.name}: {len(data.malformed) - NAMED:,} more malformed lines are left out")
    if not data.items:
        raise Unusable(f"{path.name}: no line of it is a labelled issue")
    return data


def ensure_writable(path: Path) -> None:
    """Fail before the long run, not after it: raises Unusable where the file could not be put in place."""
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}") from error


def write(path: Path, content: bytes) -> None:
    """Put a file in place in one step, so that nobody ever reads half of it."""
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(content)
    beside.replace(path)
