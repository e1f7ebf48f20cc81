"""The shape of what each layer gives."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.nn.layers import watched
from dlx.spec import Positive


class Shapes(Diagnostic):
    """The shape of each layer's output for one example, and how many values it has.

    Gives `shape/<layer>/<axis>` with axes from 0, batch left out (an image: channels, height, width), and
    `shape/<layer>/values`; a layer is a module without parts of its own. Costs one forward pass on one example.

    Args:
        every: epochs between two measurements; the start and the end are always measured.

    Example:
        dlx train diagnostics=shapes model=mlp trainer.max_epochs=0
    """

    examples = 1

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        whole = [name for name, module in network.named_modules() if name and not list(module.children())]
        with watched(network, whole) as seen, torch.no_grad():
            network(batch.inputs)
        result: dict[str, Tensor] = {}
        for name, call in seen.items():
            if not isinstance(call.first, Tensor):
                continue
            shape = call.first.shape[1:]
            result |= {f"shape/{name}/{axis}": torch.tensor(size) for axis, size in enumerate(shape)}
            result[f"shape/{name}/values"] = torch.tensor(shape.numel())
        return result
