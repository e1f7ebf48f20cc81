"""Lightning's progress bar."""

from __future__ import annotations

from typing import Annotated

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback
from dlx.spec import Positive


class RichProgressBar(callbacks.RichProgressBar, Callback):
    """Shows Lightning's own progress bar with batches, instead of the one of dlx with epochs.

    Args:
        refresh_rate: number of batches between two updates.
        leave: keep the bar of each epoch on the screen.

    Example:
        dlx train callbacks=rich_progress_bar
    """

    def __init__(self, *, refresh_rate: Annotated[int, Positive], leave: bool) -> None:
        super().__init__(refresh_rate, leave)
