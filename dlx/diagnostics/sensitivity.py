"""Sensitivity of the outputs to the inputs."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.spec import Positive

MOST, DRAWS = 256, 64  # largest number of outputs with a backward pass each; passes for a network with more


class Sensitivity(Diagnostic):
    """Frobenius norm of the Jacobian of the outputs with respect to the (standardized) inputs (Novak et al. 2018).

    It reports `sensitivity/jacobian_norm`, the mean over the examples, and `sensitivity/largest`, the largest norm of
    an example. For classification the outputs are the scores before the softmax. The cost is one forward pass, and one
    backward pass for each output. A network with more than 256 outputs takes 64 backward passes: the square of each
    norm is then estimated without bias as the mean of ||v J||² over vectors v of random signs (Hutchinson 1990), with a
    relative standard error of at most 18 %.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples in the fixed batch.

    Example:
        dlx train -m diagnostics=sensitivity regularizer=l2 regularizer.l2.strength=0,1e-3,1e-2
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        self.every, self.examples = every, examples

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, or none if the inputs are not real numbers."""
        if not batch.inputs.is_floating_point():
            return {}
        inputs = batch.inputs.detach().requires_grad_()
        squares = torch.zeros(len(inputs), device=inputs.device, dtype=inputs.dtype)
        # examples are independent in evaluation mode, so one backward pass serves the whole batch
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            outputs = network(inputs).flatten(1)
            mixed = outputs.sum(0) if outputs.shape[1] <= MOST else outputs.sum(0) @ signs(outputs) / DRAWS**0.5
            for column in mixed if outputs.requires_grad else ():
                (rows,) = torch.autograd.grad(column, inputs, retain_graph=True, allow_unused=True)
                squares = squares if rows is None else squares + rows.flatten(1).square().sum(1)
        norms = squares.sqrt()
        return {"sensitivity/jacobian_norm": norms.mean(), "sensitivity/largest": norms.max()}


def signs(outputs: Tensor) -> Tensor:
    """Return random signs (outputs, DRAWS), which are the same in every run."""
    drawn = torch.randint(0, 2, (outputs.shape[1], DRAWS), generator=torch.Generator().manual_seed(0))
    return (2 * drawn - 1).to(outputs)
