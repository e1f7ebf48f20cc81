"""The progress of a training: the state, apart from the weights, that a resumed run needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


class Interrupted(Exception):  # noqa: N818 (an event, no error)
    """Raised when the user or the system has asked the run to stop; a checkpoint to resume from is written."""


class Diverged(Exception):  # noqa: N818 (a result, no error)
    """Raised when the loss has become NaN, infinite, or much larger than the first one."""


@dataclass
class Progress:
    """The state of a training between two batches.

    Attributes:
        epoch: number of completed epochs.
        batch: number of completed batches in the current epoch.
        step: total number of completed training steps.
        losses: loss, penalty and number of examples of each step in the current epoch; the loss is that of the first
            phase.
        phases: the losses of each phase in the current epoch, by name.
        first_loss: the first loss of the run, with which later ones are compared to detect divergence.
        history: the monitored metric after each epoch.
        best: the best value of the monitored metric and its epoch; None before the first epoch ends.
        stopped: True if the training ends before its last epoch, by early stopping or `trainer.max_steps`.
        seconds: seconds of training, without interruptions.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    losses: list[tuple[Tensor, Tensor | None, int]] = field(default_factory=list)
    phases: dict[str, list[Tensor]] = field(default_factory=dict)
    first_loss: float | None = None
    history: list[float] = field(default_factory=list)
    best: tuple[float, int] | None = None
    stopped: bool = False
    seconds: float = 0.0

    def state(self) -> dict[str, Any]:
        """Return the state as plain containers for a checkpoint."""
        phases = {name: list(values) for name, values in self.phases.items()}
        return {**vars(self), "losses": list(self.losses), "phases": phases, "history": list(self.history)}

    def note_losses(self, losses: Mapping[str, Tensor], penalty: Tensor | None, size: int) -> None:
        """Record a training step.

        Args:
            losses: the loss of each phase that took part by name, that of the first phase first.
            penalty: the sum of the penalties; None without any.
            size: number of examples.
        """
        self.losses.append((next(iter(losses.values())), penalty, size))
        for name, loss in losses.items():
            self.phases.setdefault(name, []).append(loss)

    def refuse_divergence(self, losses: Sequence[float], factor: float) -> None:
        """Check the losses of the epoch that has just ended.

        Args:
            losses: the loss of each step.
            factor: multiple of the first loss of the run above which a loss counts as diverged.

        Raises:
            Diverged: A loss is not finite or too large; the message names the step.
        """
        bound = abs(self.first_loss or 0.0) * factor
        for number, loss in enumerate(losses, self.step - len(losses) + 1):
            if not math.isfinite(loss) or (bound and loss > bound):
                what = "is not finite" if not math.isfinite(loss) else f"exceeds {bound:.3g}"
                raise Diverged(f"the loss {what} at step {number} (epoch {self.epoch + 1}): {loss:.4g}")

    def refuse_infinity(self, name: str, value: float) -> None:
        """Check that the monitored metric is finite.

        Raises:
            Diverged: The metric is not finite; the message names the step.
        """
        if not math.isfinite(value):
            raise Diverged(f"{name} is not finite at step {self.step} (epoch {self.epoch + 1}): {value}")

    def note(self, value: float, mode: str) -> bool:
        """Add the monitored metric of an epoch to the history, and return True if it is the best so far.

        Args:
            value: the value of the metric.
            mode: `min` if a lower value is better, `max` if a higher one is.
        """
        self.history.append(value)
        sign = 1 if mode == "min" else -1
        better = self.best is None or sign * value < sign * self.best[0]
        if better:
            self.best = (value, self.epoch + 1)
        return better
