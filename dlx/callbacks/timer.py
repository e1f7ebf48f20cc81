"""Lightning's timer."""

from __future__ import annotations

from typing import Literal

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback
from dlx.spec import DURATION


class Timer(callbacks.Timer, Callback):
    """Ends the training after a duration, as Lightning's Timer does; `trainer.max_time` is its short form.

    How many epochs fit into the duration depends on the machine, so the results do too.

    Args:
        duration: days, hours, minutes and seconds, as DD:HH:MM:SS.
        interval: when the duration is checked: after each step or each epoch.

    Example:
        dlx train callbacks=timer callbacks.timer.duration=00:00:00:10 trainer.max_epochs=100000
    """

    def __init__(self, *, duration: str, interval: Literal["step", "epoch"]) -> None:
        if not DURATION.fullmatch(duration):
            raise ValueError(f"duration: expected DD:HH:MM:SS, e.g. 00:00:10:00 for ten minutes, got {duration!r}")
        super().__init__(duration, interval)
