"""The kernels of the first convolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.spec import Positive

SCALE = 8  # side in figure pixels of one weight


class Filters(Diagnostic):
    """Smoothness of the kernels of the first 2-D convolution, and a figure of them in TensorBoard.

    It reports `filter/smoothness`, the mean over the kernels of the correlation between neighboring weights,
    sum w_i w_j / sum (w_i² + w_j²) / 2 over all vertically or horizontally adjacent pairs: 0 on average for independent
    random weights, 1 for a constant kernel, -1 for a checkerboard. `filter/sum` is the mean of |sum w| / sum |w|: 0 for
    a filter that responds only to differences. The figure `filters` shows one square for each kernel, averaged over its
    channels, from black to white. No pass over the data is needed.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.

    Example:
        dlx train diagnostics=filters model=cnn model.kernel_size=5
    """

    examples = 1  # the data are not used
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "filters": (
            "Kernels of the first convolution",
            (
                "Each square is a kernel, averaged over its input channels: white weights are positive, black ones "
                "negative, gray is 0. A kernel with a white and a black side responds to edges, a bright one to light "
                "areas."
            ),
        )
    }

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has a 2-D convolution.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
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
        """Return a figure of the kernels."""
        kernels = first_kernels(network)
        assert kernels is not None, "checked before"
        return {"filters": picture(kernels.mean(1))}


def first_kernels(network: nn.Module) -> Tensor | None:
    """Return the weight (units, channels, height, width) of the first 2-D convolution larger than 1 x 1, or None."""
    for parameter in network.parameters():
        if parameter.dim() == 4 and min(parameter.shape[2:]) > 1:
            return parameter.detach()
    return None


def smoothness(kernels: Tensor) -> Tensor:
    """Return the correlation of neighboring weights for each kernel (units, channels); 0 if all weights are 0."""
    pairs = [(kernels[..., 1:, :], kernels[..., :-1, :]), (kernels[..., 1:], kernels[..., :-1])]
    product = torch.stack([(a * b).sum((2, 3)) for a, b in pairs]).sum(0)
    square = torch.stack([(a.square() + b.square()).sum((2, 3)) / 2 for a, b in pairs]).sum(0)
    return product / square.clamp_min(torch.finfo(square.dtype).tiny)


def picture(kernels: Tensor) -> Tensor:
    """Return a gray figure (height, width, 3) of kernels (units, height, width), with 0.5 for a weight of 0."""
    largest = kernels.abs().amax((1, 2), keepdim=True).clamp_min(torch.finfo(kernels.dtype).tiny)
    gray = (kernels / largest + 1) / 2
    gray = gray.repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2)
    gray = nn.functional.pad(gray, (1, 1, 1, 1), value=0.5)
    columns = int(len(gray) ** 0.5 + 0.999)
    gray = nn.functional.pad(gray, (0, 0, 0, 0, 0, -len(gray) % columns), value=0.5)
    rows = gray.unflatten(0, (-1, columns)).movedim(1, 2).flatten(2).flatten(0, 1)
    return rows[:, :, None].expand(-1, -1, 3)
