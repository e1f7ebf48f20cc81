"""Where a training stands: all that a resumed run must know beside the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


class Interrupted(Exception):  # noqa: N818 (an event, no error)
    """The user or the system asked the run to stop; a usable checkpoint is written."""


class Diverged(Exception):  # noqa: N818 (a result, no error)
    """The loss became NaN, infinite, or far larger than the first."""


@dataclass
class Progress:
    """The state of a training between two batches.

    Attributes:
        epoch: epochs completed.
        batch: batches done in the epoch under way.
        step: training steps done in all.
        losses: loss and penalty of each step of the epoch under way, with its number of examples; the loss is that of
            the first phase.
        phases: the losses of each phase in the epoch under way.
        first_loss: the very first loss, by which divergence is judged.
        history: the monitored metric of each epoch.
        best: value and epoch of the best one.
        stopped: the training is over before its last epoch: early stopping, or enough steps.
        seconds: time spent in training, interruptions left out.
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
        """Return plain containers for a checkpoint."""
        phases = {name: list(values) for name, values in self.phases.items()}
        return {**vars(self), "losses": list(self.losses), "phases": phases, "history": list(self.history)}

    def note_losses(self, losses: Mapping[str, Tensor], penalty: Tensor | None, size: int) -> None:
        """Add a step: the loss of each phase that took part, the first one's first, their penalty, the examples."""
        self.losses.append((next(iter(losses.values())), penalty, size))
        for name, loss in losses.items():
            self.phases.setdefault(name, []).append(loss)

    def refuse_divergence(self, losses: Sequence[float], factor: float) -> None:
        """Refuse a loss of the epoch just done that is not finite, or exceeds so many times the first of the run.

        Raises:
            Diverged: says at which step.
        """
        bound = abs(self.first_loss or 0.0) * factor
        for number, loss in enumerate(losses, self.step - len(losses) + 1):
            if not math.isfinite(loss) or (bound and loss > bound):
                what = "is not finite" if not math.isfinite(loss) else f"exceeds {bound:.3g}"
                raise Diverged(f"the loss {what} at step {number} (epoch {self.epoch + 1}): {loss:.4g}")

    def refuse_infinity(self, name: str, value: float) -> None:
        """Refuse a monitored metric that is not finite.

        Raises:
            Diverged: says at which step.
        """
        if not math.isfinite(value):
            raise Diverged(f"{name} is not finite at step {self.step} (epoch {self.epoch + 1}): {value}")

    def note(self, value: float, mode: str) -> bool:
        """Add the monitored metric of an epoch to the history and tell whether it is the best so far.

        Args:
            value: of the metric.
            mode: `min` or `max`, the better direction.
        """
        self.history.append(value)
        sign = 1 if mode == "min" else -1
        better = self.best is None or sign * value < sign * self.best[0]
        if better:
            self.best = (value, self.epoch + 1)
        return better
