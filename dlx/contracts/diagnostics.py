"""The contract of the group diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Metric
from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.contracts.objective import Objective
    from dlx.data.prepared import Data


class Diagnostic(Contract):
    """What is measured inside a network: at the start, every so many epochs, and at the end, in evaluation mode.

    Attributes:
        every: epochs between two measurements.
        examples: how many of the training split make up the batch; None: all of it.
        metric_info: the metrics, by the last segment of their names, of which more is better.
    """

    given: ClassVar[tuple[str, ...]] = ("spec",)  # of what the model is given
    every: int = 1
    examples: int | None = None
    metric_info: ClassVar[Mapping[str, Metric]] = {}

    def check(self, network: nn.Module, data: Data) -> None:
        """Refuse by ValueError what cannot be measured; the message says what would fit."""

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; a tensor of more than one value is a histogram."""
        return {}

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return pictures (height, width, 3) from 0 to 1 by name."""
        return {}

    def watch(self, network: nn.Module) -> None:
        """Put hooks on the network, before the first training step, for what must be seen in every step."""

    def watched(self, former: Mapping[str, float]) -> dict[str, float]:
        """Return what has been seen so far; `former` is what a resumed run had seen before."""
        return {}

    def unwatch(self) -> None:
        """Take the hooks off again."""
