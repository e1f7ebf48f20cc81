"""How far an output moves with the input."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.spec import Positive


class Sensitivity(Diagnostic):
    """Frobenius norm of the Jacobian of the network's outputs by its (standardised) inputs (Novak et al. 2018).

    Gives `sensitivity/jacobian_norm`, the mean over the examples, and `sensitivity/largest`, that of the most sensitive
    example. Outputs are the network's own: scores before a softmax. Costs one forward pass, and one backward pass for
    each output.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        examples: size of the fixed batch, from the training split.

    Example:
        dlx train -m diagnostics=sensitivity regularizer=l2 regularizer.l2.strength=0,1e-3,1e-2
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        self.every, self.examples = every, examples

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; none where inputs are no real numbers."""
        if not batch.inputs.is_floating_point():
            return {}
        inputs = batch.inputs.detach().requires_grad_()
        squares = torch.zeros(len(inputs), device=inputs.device, dtype=inputs.dtype)
        # examples do not touch one another in evaluation mode, so one backward pass serves the whole batch
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            outputs = network(inputs).flatten(1)
            for column in outputs.sum(0) if outputs.requires_grad else ():
                (rows,) = torch.autograd.grad(column, inputs, retain_graph=True, allow_unused=True)
                squares = squares if rows is None else squares + rows.flatten(1).square().sum(1)
        norms = squares.sqrt()
        return {"sensitivity/jacobian_norm": norms.mean(), "sensitivity/largest": norms.max()}
