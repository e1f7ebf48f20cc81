"""The base class of the objectives whose loss depends on the network's output and the target."""

from __future__ import annotations

from typing import Any

from torch import Generator, Tensor

from dlx.contracts import Batch, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data import tree
from dlx.data.prepared import Data, Split


class Supervised(Objective):
    """Base class of objectives with a single phase, which minimizes the mean loss of a batch over all parameters.

    A subclass implements `loss`, `predictions`, `judged`, `baseline` and `figures`.
    """

    def loss(self, output: Any, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, ...)."""
        raise NotImplementedError

    def training_loss(self, output: Any, batch: Batch) -> Tensor:
        """Return the loss that is minimized; the default is the loss that is reported."""
        return self.loss(output, batch)

    def phases(self) -> list[Phase]:
        """Return the single phase, which updates all parameters."""
        return [Phase("train", (), self._descended)]

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        return self.training_loss(net(batch.inputs), batch)

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the reported loss of a batch."""
        return self.loss(net(batch.inputs), batch)

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the loss, as a tensor on the device."""
        return {"loss": self.loss(outputs, batch)}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return the metrics of the predictions, and the loss in the precision of the outputs."""
        batch = tree.moved(part.batch(), outputs.device, outputs.dtype)
        return {**super().metrics(outputs, part, data), "loss": float(self.loss(outputs, batch))}
