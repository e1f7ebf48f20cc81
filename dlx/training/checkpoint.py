"""Checkpoints: written at most every two seconds, whole or not at all, and loadable without running any code."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dlx.files import write_whole
from dlx.seeds import random_states, set_random_states

if TYPE_CHECKING:
    from dlx.training.task import Task

SECONDS = 2.0


class Checkpointer:
    """Writes `best.ckpt` and `last.ckpt` of a run.

    Args:
        folder: the run's `checkpoints/`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last, self.best = folder / "last.ckpt", folder / "best.ckpt"
        self.written = -1  # the step that last.ckpt stands at
        self._time = self._asked = time.monotonic()

    def due(self) -> bool:
        """Tell, at the end of an epoch, whether to write: waiting for one more like it would make two seconds."""
        now = time.monotonic()
        epoch, self._asked = now - self._asked, now
        return now + epoch - self._time >= SECONDS

    def write(self, task: Task) -> None:
        """Write both: where the training stands, and the best weights so far."""
        write_whole(self.last, lambda path: torch.save(whole_state(task), path))
        progress, weights = task.progress, task.best_weights or task.network.state_dict()
        best = {
            "state_dict": {f"network.{name}": tensor for name, tensor in weights.items()},
            "epoch": progress.best[1] if progress.best else 0,
            "value": progress.best[0] if progress.best else None,
        }
        write_whole(self.best, lambda path: torch.save(best, path))
        self.written, self._time = progress.step, time.monotonic()


def whole_state(task: Task) -> dict[str, Any]:
    """Return what a resumed run needs, in Lightning's names where Lightning has one, else under `dlx`."""
    return {
        "epoch": task.progress.epoch,
        "global_step": task.progress.step,
        "state_dict": task.state_dict(),
        "optimizer_states": [optimizer.state_dict() for optimizer in task.raw_optimizers],
        "dlx": {
            "progress": {**task.progress.state(), "seconds": task.seconds},
            "best_weights": dict(task.best_weights),
            "schedulers": [scheduler.state_dict() for scheduler in task.schedulers],
            "random": random_states(task.fit_device),
            "generator": task.generator.get_state(),
            "watched": task.watched(),
        },
    }


def restore_optimizers(task: Task, checkpoint: dict[str, Any]) -> None:
    """Load the states of optimizers and schedulers, and the order and noise of an unfinished epoch."""
    for optimizer, state in zip(task.raw_optimizers, checkpoint["optimizer_states"], strict=True):
        optimizer.load_state_dict(state)
    own = checkpoint["dlx"]
    for scheduler, state in zip(task.schedulers, own["schedulers"], strict=True):
        scheduler.load_state_dict(state)
    if task.progress.batch:  # the order of the epoch is drawn again, its noise continues
        task.batches.shuffle(task.progress.epoch)
        set_random_states(own["random"], task.device)
        task.generator.set_state(own["generator"])
