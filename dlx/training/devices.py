"""Decisions that the devices of a training make together, so that all take the same steps and end together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightning


class Devices:
    """The devices of a training; with a single one, nothing is exchanged.

    Args:
        task: the LightningModule that is trained; it has a trainer once the training begins.
        interrupted: returns True if the training should stop.
    """

    def __init__(self, task: lightning.LightningModule, interrupted: Callable[[], bool]) -> None:
        self.task, self.interrupted = task, interrupted

    @property
    def gather(self) -> Callable[[Any], Any] | None:
        """The function that stacks a tensor of all devices along a new first dimension; None on a single device."""
        return self.task.all_gather if self.task.trainer.world_size > 1 else None

    def asked_to_stop(self) -> bool:
        """Return whether any of the devices was asked to stop."""
        trainer = self.task.trainer
        if trainer.world_size == 1:
            return self.interrupted()
        return bool(trainer.strategy.reduce_boolean_decision(self.interrupted(), all=False))

    def agreed(self, row: dict[str, float]) -> dict[str, float]:
        """Return the metrics of the first device, so that all devices make the same decisions."""
        trainer = self.task.trainer
        return row if trainer.world_size == 1 else trainer.strategy.broadcast(row)
