"""The folder that a demo works in: empty and temporary, or one that the operator names and keeps."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.errors import TriageError

MARK = ".triage-demo"
MARK_TEXT = "`triage demo --keep` wrote this folder and may empty it at its next start.\n"


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder with its keys; `is_temporary` ones are removed where nothing failed."""

    folder: Path
    is_temporary: bool
    webhook_secret: str

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "triage.db"

    @property
    def private_key(self) -> Path:
        """The App's key, as GitHub would hand it out."""
        return self.folder / "app.private-key.pem"

    @property
    def public_key(self) -> Path:
        """What the played GitHub checks the App's tokens with."""
        return self.folder / "app.public-key.pem"

    def log(self, name: str) -> Path:
        """Where a process writes what it says."""
        return self.folder / f"{name}.log"

    def remove(self) -> None:
        """Delete a temporary folder; leave one that was asked for."""
        if self.is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def prepare(keep: Path | None) -> Workplace:
    """An empty folder with fresh keys; raises TriageError for one that holds what a demo did not write."""
    folder = Path(tempfile.mkdtemp(prefix="triage-demo-")) if keep is None else _kept(keep.absolute())
    place = Workplace(folder, keep is None, secrets.token_hex(24))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    place.private_key.touch(mode=0o600)
    place.private_key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    place.public_key.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return place


def _kept(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = list(folder.iterdir())
        if found and not (folder / MARK).is_file():
            raise TriageError(f"--keep {folder}: the folder holds files that no demo wrote; name an empty one")
        for path in found:
            _delete(path)
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    except OSError as error:
        raise TriageError(f"--keep {folder}: {error.strerror}") from None
    return folder


def _delete(path: Path) -> None:
    """Only what a demo writes: plain files of these names."""
    ours = path.name.startswith("triage.db") or path.suffix in {".log", ".pem"} or path.name == MARK
    if ours and path.is_file() and not path.is_symlink():
        path.unlink()
    else:
        raise TriageError(f"--keep {path.parent}: {path.name} was not written by a demo; name an empty folder")
