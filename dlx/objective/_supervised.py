"""What objectives with one loss of output and target have in common."""

from __future__ import annotations

from typing import Any

from torch import Generator, Tensor

from dlx.contracts import Batch, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data import tree
from dlx.data.prepared import Data, Split


class Supervised(Objective):
    """One phase, in which all parameters follow the mean loss of a batch.

    A subclass writes `loss`, `predictions`, `judged`, `baseline` and `figures`.
    """

    def loss(self, output: Any, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, ...)."""
        raise NotImplementedError

    def training_loss(self, output: Any, batch: Batch) -> Tensor:
        """Return the loss that is descended, where it is another than the one that is reported."""
        return self.loss(output, batch)

    def phases(self) -> list[Phase]:
        """Return one phase: all parameters, the mean loss of the batch."""
        return [Phase("train", (), self._descended)]

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        return self.training_loss(net(batch.inputs), batch)

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss that is reported, at the network's outputs."""
        return self.loss(net(batch.inputs), batch)

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the loss, as a tensor on the device."""
        return {"loss": self.loss(outputs, batch)}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return what predictions give, and the loss in the precision of the outputs."""
        batch = tree.moved(part.batch(), outputs.device, outputs.dtype)
        return {**super().metrics(outputs, part, data), "loss": float(self.loss(outputs, batch))}
