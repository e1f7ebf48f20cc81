"""The kernels that look at an image."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.spec import Positive

SCALE = 8  # pixels of the picture for one weight


class Filters(Diagnostic):
    """How smooth the kernels of the first 2-D convolution are, and a picture of them in TensorBoard.

    Gives `filter/smoothness`, the mean over the kernels of the correlation between neighbouring weights,
    sum w_i w_j / sum (w_i² + w_j²) / 2 over all pairs one above or beside the other: 0 on average for weights drawn one
    by one, 1 for a constant, -1 for a chessboard; and `filter/sum`, the mean of |sum w| / sum |w|: 0 for a filter that
    answers to differences alone. Draws `filters`: one square a kernel, the mean over its channels, black to white.
    No pass over data.

    Args:
        every: epochs between two measurements; the start and the end are always measured.

    Example:
        dlx train diagnostics=filters model=cnn model.kernel_size=5
    """

    examples = 1  # the data are not asked

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def check(self, network: nn.Module, data: Data) -> None:
        """Refuse a network without 2-D convolutions."""
        if first_kernels(network) is None:
            raise ValueError("looks at the kernels of a 2-D convolution, this network has none; try model=cnn")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        kernels = first_kernels(network)
        assert kernels is not None, "checked before"
        flat = kernels.flatten(2)
        sums = flat.sum(2).abs() / flat.abs().sum(2)
        return {"filter/smoothness": smoothness(kernels).mean(), "filter/sum": sums.mean()}

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return the kernels as a picture."""
        kernels = first_kernels(network)
        assert kernels is not None, "checked before"
        return {"filters": picture(kernels.mean(1))}


def first_kernels(network: nn.Module) -> Tensor | None:
    """Return the weight (units, channels, height, width) of the first 2-D convolution of more than one pixel."""
    for parameter in network.parameters():
        if parameter.dim() == 4 and min(parameter.shape[2:]) > 1:
            return parameter.detach()
    return None


def smoothness(kernels: Tensor) -> Tensor:
    """Return the correlation of neighbouring weights (units, channels); 0 where all are 0."""
    pairs = [(kernels[..., 1:, :], kernels[..., :-1, :]), (kernels[..., 1:], kernels[..., :-1])]
    product = torch.stack([(a * b).sum((2, 3)) for a, b in pairs]).sum(0)
    square = torch.stack([(a.square() + b.square()).sum((2, 3)) / 2 for a, b in pairs]).sum(0)
    return product / square.clamp_min(torch.finfo(square.dtype).tiny)


def picture(kernels: Tensor) -> Tensor:
    """Return kernels (units, height, width) side by side as a grey picture (height, width, 3) from 0 to 1; 0.5 is 0."""
    largest = kernels.abs().amax((1, 2), keepdim=True).clamp_min(torch.finfo(kernels.dtype).tiny)
    grey = (kernels / largest + 1) / 2
    grey = grey.repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2)
    grey = nn.functional.pad(grey, (1, 1, 1, 1), value=0.5)
    columns = int(len(grey) ** 0.5 + 0.999)
    grey = nn.functional.pad(grey, (0, 0, 0, 0, 0, -len(grey) % columns), value=0.5)
    rows = grey.unflatten(0, (-1, columns)).movedim(1, 2).flatten(2).flatten(0, 1)
    return rows[:, :, None].expand(-1, -1, 3)
