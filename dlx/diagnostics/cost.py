"""What a pass costs."""

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

    Gives `cost/flops/forward`, `cost/flops/backward` and `cost/flops/ratio` (all passes over the forward one: about 3,
    and never more than a small constant, whatever the number of weights: Baur & Strassen 1983), and
    `cost/seconds/forward`, `cost/seconds/backward`. One multiplication and addition is two operations; elementwise
    functions are not counted. Costs `repeats` + 2 forward and backward passes on the batch.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        examples: size of the fixed batch, from the training split.
        repeats: timed passes, of which the median is taken.

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
