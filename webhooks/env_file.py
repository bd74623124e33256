"""Writing `.env`: some variables set, every other line as it was, never half a file, mode 600."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.errors import SettingsError


def values(path: Path) -> dict[str, str]:
    """The variables that the file sets to something; none where there is no file. Raises SettingsError."""
    found = dotenv_values(stream=StringIO(_text(path)), interpolate=False)
    return {name: value for name, value in found.items() if value}


def merged(text: str, changes: Mapping[str, str]) -> str:
    """The file's text with the variables set, those that were there in their old places; raises ValueError for a value
    that does not fit on one quoted line."""
    left = {name: _assignment(name, value) for name, value in changes.items()}
    lines: list[str] = []
    for binding in parse_stream(StringIO(text)):
        if binding.key is not None and binding.key in changes:
            lines.append(left.pop(binding.key, ""))  # a second line for the same name is dropped
        else:
            lines.append(binding.original.string)
    whole = "".join(lines)
    if whole and not whole.endswith("\n") and left:
        whole += "\n"
    return whole + "".join(left.values())


def check_writable(path: Path) -> None:
    """Raises SettingsError where the file could not be written; changes nothing."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.resolve().parent):
            _text(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def write(path: Path, changes: Mapping[str, str]) -> None:
    """Set the variables in the file, which is either the old or the new one whatever happens. Raises SettingsError."""
    target = path.resolve()  # a link stays a link
    text = merged(_text(path), changes)
    try:
        _replace(target, text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def _replace(target: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".env-")  # made with mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error


def _assignment(name: str, value: str) -> str:
    """Single quotes: python-dotenv, systemd and a shell all take what is between them as it stands."""
    if any(mark in value for mark in "'\r\n\0"):
        raise ValueError(f"the value of {name} has a quote or a line break")
    return f"{name}='{value}'\n"
