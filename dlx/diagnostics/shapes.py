"""Output shapes of the layers."""

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
    """Shape and number of values of each layer's output for one example.

    It reports `shape/<layer>/<axis>`, with axes counted from 0 without the batch axis (channels, height and width for
    an image), and `shape/<layer>/values`. A layer is a module without submodules. The cost is one forward pass on one
    example.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.

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
