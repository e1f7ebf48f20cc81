"""The cost of a forward and a backward pass."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.nn.cost import flops, seconds
from dlx.spec import Positive


class Cost(Diagnostic):
    """Floating-point operations and seconds of a forward and of a backward pass, for one example.

    It reports `cost/flops/forward`, `cost/flops/backward`, `cost/seconds/forward`, `cost/seconds/backward` and
    `cost/flops/ratio`, the operations of both passes divided by those of the forward pass. The ratio is about 3 and
    bounded by a small constant for any number of weights (Baur & Strassen 1983). A multiplication with an addition
    counts as two operations; elementwise functions are not counted. The cost is `repeats` + 2 forward and backward
    passes on the batch.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples in the fixed batch.
        repeats: number of timed passes; their median is reported.

    Example:
        dlx train -m diagnostics=cost model=mlp,lstm dataset=digits trainer.max_epochs=0
    """

    def __init__(
        self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive], repeats: Annotated[int, Positive]
    ) -> None:
        self.every, self.examples, self.repeats = every, examples, repeats

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, for one example of the batch."""
        counted = flops(network, batch, loss)
        timed = seconds(network, batch, loss, self.repeats)
        result: dict[str, Tensor] = {}
        for name, values in (("flops", counted), ("seconds", timed)):
            for way, value in zip(("forward", "backward"), values, strict=True):
                result[f"cost/{name}/{way}"] = torch.tensor(value / len(batch.inputs), dtype=torch.float64)
        if counted[0]:
            result["cost/flops/ratio"] = torch.tensor(sum(counted) / counted[0], dtype=torch.float64)
        return result
