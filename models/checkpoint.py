"""The state of a training between two steps, on disk, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from models.training_files import write

if TYPE_CHECKING:
    from models.low_rank import Trainer


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Kept at `path`, for a run with exactly the input that `about` says."""

    path: Path
    about: str

    def write(self, trainer: Trainer, losses: Sequence[float]) -> None:
        """Keep the state after so many steps."""
        write(self.path, trainer.state({"about": self.about, "losses": json.dumps(list(losses))}))

    def resume(self, trainer: Trainer) -> tuple[list[float], str]:
        """The losses of the steps done before, the trainer as it was after them, and what to tell whoever watches."""
        if not self.path.exists():
            return [], "begun"
        try:
            with safe_open(self.path, framework="numpy") as file:
                kept = file.metadata() or {}
        except (OSError, SafetensorError):
            return [], f"{self.path.name} is damaged: begun anew"
        if kept.get("about") != self.about:
            return [], f"{self.path.name} is of other files or options: begun anew"
        trainer.restore(self.path)
        losses: list[float] = json.loads(kept["losses"])
        return losses, f"going on after step {len(losses)}"

    def remove(self) -> None:
        """Forget it; nothing happens where there is none."""
        self.path.unlink(missing_ok=True)
