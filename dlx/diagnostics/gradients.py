"""Gradients by layer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.spec import Positive

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Gradients:
    """Norm of the loss's gradient for each weight matrix, on a fixed batch in evaluation mode.

    Gives `gradient/norm/<layer>`, `gradient/max_norm`, and `gradient/ratio`: the norm at the second weight matrix over
    that at the last one. Below 1 gradients vanish on the way back (Glorot & Bengio 2010, figure 7).
    Costs one forward and one backward pass on the batch.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        double: measure in float64, where float32 would underflow to 0.
        examples: size of the fixed batch, from the training split.

    Example:
        dlx train diagnostics=gradients activation=sigmoid model.depth=10
    """

    def __init__(self, *, every: Annotated[int, Positive], double: bool, examples: Annotated[int, Positive]) -> None:
        self.every, self.double, self.examples = every, double, examples

    def measure(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss: Loss) -> dict[str, Tensor]:
        """Return scalars by name, and each gradient itself under `gradient/histogram/<layer>`."""
        if self.double:
            network, inputs = copy.deepcopy(network).double(), inputs.double()
            targets = targets.double() if targets.is_floating_point() else targets
        matrices = {name: p for name, p in network.named_parameters() if p.dim() >= 2 and p.requires_grad}
        with torch.enable_grad():
            gradients = torch.autograd.grad(loss(network, inputs, targets), list(matrices.values()), allow_unused=True)
        result: dict[str, Tensor] = {}
        norms = []
        for name, gradient in zip(matrices, gradients, strict=True):
            if gradient is not None:
                layer = name.removesuffix(".weight")
                norms.append(gradient.norm())
                result[f"gradient/norm/{layer}"] = norms[-1]
                result[f"gradient/histogram/{layer}"] = gradient
        if norms:
            result["gradient/max_norm"] = torch.stack(norms).max()
        if len(norms) >= 2:
            result["gradient/ratio"] = norms[1] / norms[-1]
        return result
