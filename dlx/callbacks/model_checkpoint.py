"""Lightning's checkpoints of the best epochs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback
from dlx.spec import Positive


class ModelCheckpoint(callbacks.ModelCheckpoint, Callback):
    """Keeps checkpoints of several epochs in model_checkpoint/ in the folder of the run, as Lightning's does.

    A run keeps its best and its last weights in checkpoints/ in any case.

    Args:
        monitor_of_run: the metric that selects the best weights of the run.
        better: function that returns `min` or `max` for the name of a metric.
        folder: the folder of the run.
        monitor: metric by which the best epochs are selected; auto: the one that selects the best weights; null: none,
            the latest epochs are kept.
        mode: whether smaller (min) or larger (max) values are better; auto: as the objective declares.
        save_top_k: number of checkpoints to keep; -1: all.
        save_last: also write last.ckpt whenever a checkpoint is written.
        save_weights_only: leave out the states of optimizers and callbacks.
        every_n_epochs: number of epochs between two checkpoints.
        filename: name of the files, with metrics in braces, e.g. {epoch}-{val/loss:.2f}.

    Example:
        dlx train callbacks=model_checkpoint callbacks.model_checkpoint.save_top_k=3
    """

    def __init__(
        self,
        monitor_of_run: str,
        better: Callable[[str], str],
        folder: Path,
        *,
        monitor: str | None,
        mode: Literal["auto", "min", "max"],
        save_top_k: int,
        save_last: bool,
        save_weights_only: bool,
        every_n_epochs: Annotated[int, Positive],
        filename: str,
    ) -> None:
        if save_top_k < -1:
            raise ValueError(f"save_top_k: expected int >= -1, got {save_top_k}")
        if ".." in Path(filename).parts or Path(filename).is_absolute():
            raise ValueError(f"filename: expected a name inside the folder of the run, got {filename}")
        watched = monitor_of_run if monitor == "auto" else monitor
        super().__init__(
            folder / "model_checkpoint",
            filename,
            watched,
            save_last=save_last,
            save_top_k=save_top_k,
            save_weights_only=save_weights_only,
            mode="min" if watched is None else better(watched) if mode == "auto" else mode,
            every_n_epochs=every_n_epochs,
        )
