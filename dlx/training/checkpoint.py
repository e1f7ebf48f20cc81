"""Checkpoints, written atomically with a checksum and at most every two seconds; loading one executes no code."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dlx.files import sync_folder, with_checksum, write_whole
from dlx.results.checkpoint import BEST, LAST, PREVIOUS
from dlx.seeds import random_states, set_random_states
from dlx.training.loops import callbacks_of, loop_state

if TYPE_CHECKING:
    from dlx.training.task import Task

SECONDS = 2.0


class Checkpointer:
    """Writes the checkpoints `best.ckpt` and `last.ckpt` of a run, and keeps the former last one as `previous.ckpt`.

    Args:
        folder: the folder `checkpoints/` of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = -1  # the training step of last.ckpt
        self._time = self._asked = time.monotonic()

    def due(self) -> bool:
        """Return True if checkpoints should be written at the end of this epoch.

        They should if two seconds would have passed since the last ones after one more epoch of the same duration.
        """
        now = time.monotonic()
        epoch, self._asked = now - self._asked, now
        return now + epoch - self._time >= SECONDS

    def write(self, task: Task) -> None:
        """Write both checkpoints: the best weights so far, and the state of the training.

        The last one is written at the end: a run that is killed before it resumes from the former one, and writes the
        best weights again.
        """
        progress, weights = task.progress, task.best_weights or task.network.state_dict()
        best = {
            "state_dict": {f"network.{name}": tensor for name, tensor in weights.items()},
            "epoch": progress.best[1] if progress.best else 0,
            "value": progress.best[0] if progress.best else None,
        }
        write_whole(self.folder / BEST, content_of(best))
        write_whole(self.folder / LAST, content_of(whole_state(task)), former=self.folder / PREVIOUS)
        sync_folder(self.folder)
        self.written, self._time = progress.step, time.monotonic()


def content_of(state: dict[str, Any]) -> Callable[[Path], int]:
    """Return a function that writes a checkpoint with its checksum; `torch.load` reads it like any other."""
    content = BytesIO()  # an error of the disk reaches Python with its cause only if Python writes the file
    torch.save(state, content)
    return lambda path: path.write_bytes(with_checksum(content.getvalue()))


def whole_state(task: Task) -> dict[str, Any]:
    """Return the state that a resumed run needs: under Lightning's names if it has one, otherwise under `dlx`."""
    state: dict[str, Any] = {
        "epoch": task.progress.epoch,
        "global_step": task.progress.step,
        "state_dict": task.state_dict(),
        "optimizer_states": [optimizer.state_dict() for optimizer in task.raw_optimizers],
        "dlx": {
            "progress": {**task.progress.state(), "seconds": task.seconds},
            "best_weights": dict(task.best_weights),
            "schedulers": [scheduler.state_dict() for scheduler in task.schedules.all],
            "random": random_states(task.fit_device),
            "generator": task.generator.get_state(),
            "watched": task.watched(),
        },
    }
    if not task.quick and task.raw_optimizers:
        state["lightning"] = loop_state(task)
        for callback in callbacks_of(task.trainer):
            callback.on_save_checkpoint(task.trainer, task, state)
    return state


def restore_optimizers(task: Task, checkpoint: dict[str, Any]) -> None:
    """Load the states of optimizers and schedulers, and the order and noise of an unfinished epoch."""
    for optimizer, state in zip(task.raw_optimizers, checkpoint["optimizer_states"], strict=True):
        optimizer.load_state_dict(state)
    own = checkpoint["dlx"]
    for scheduler, state in zip(task.schedules.all, own["schedulers"], strict=True):
        scheduler.load_state_dict(state)
    if task.progress.batch:  # the order of the epoch is drawn again, its noise continues
        task.batches.shuffle(task.progress.epoch)
        set_random_states(own["random"], task.device)
        task.generator.set_state(own["generator"])
