"""Checkpoints: written at most every two seconds, whole or not at all, and loadable without running any code."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dlx.errors import ConfigError
from dlx.files import write_whole

if TYPE_CHECKING:
    from dlx.task import Task

SECONDS = 2.0


class Keeper:
    """Writes `best.ckpt` and `last.ckpt` of a run.

    Args:
        folder: the run's `checkpoints/`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written = time.monotonic()

    def at_epoch(self, task: Task) -> None:
        """Write both, if the last time is two seconds ago."""
        if time.monotonic() - self._written >= SECONDS:
            self.finish(task)

    def finish(self, task: Task) -> None:
        """Write both now: at the end, on interruption and when the loss diverged."""
        progress = task.progress
        if hasattr(task, "raw_optimizers"):
            write_whole(self.folder / "last.ckpt", lambda path: torch.save(whole_state(task), path))
        else:  # no epoch was asked for: the network as it was made
            state = {"state_dict": task.state_dict(), "epoch": 0}
            write_whole(self.folder / "last.ckpt", lambda path: torch.save(state, path))
        weights = task.best_weights or task.network.state_dict()
        best = {
            "state_dict": {f"network.{name}": tensor for name, tensor in weights.items()},
            "epoch": progress.best[1] if progress.best else 0,
            "value": progress.best[0] if progress.best else None,
        }
        write_whole(self.folder / "best.ckpt", lambda path: torch.save(best, path))
        self._written = time.monotonic()


def whole_state(task: Task) -> dict[str, Any]:
    """Return what a resumed run needs, in Lightning's names where Lightning has one."""
    checkpoint: dict[str, Any] = {
        "epoch": task.progress.epoch,
        "global_step": task.progress.step,
        "state_dict": task.state_dict(),
        "optimizer_states": [optimizer.state_dict() for optimizer in task.raw_optimizers],
    }
    task.on_save_checkpoint(checkpoint)
    return checkpoint


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint as plain containers (`weights_only`); None where there is none.

    Raises:
        ConfigError: the file is no checkpoint, or cut off.
    """
    if not path.is_file():
        return None
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
            raise ValueError("no weights in it")
        return checkpoint
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ConfigError(f"{path}: expected a checkpoint of dlx, but it cannot be read ({reason})") from None
