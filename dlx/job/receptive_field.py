"""Receptive field of a stack of convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import torch
from torch import Generator, Tensor, nn

from dlx.contracts.job import Job
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials

Sizes = Annotated[list[int], Positive]
TAIL = 1 - 0.9545  # of a Gaussian beyond two standard deviations


class ReceptiveField(Job):
    """The receptive field of a stack of convolutions, by formula and by the gradient of one output pixel.

    Each layer adds (k - 1) d times the product of the strides before it. Reports `formula` and `measured` (side in
    pixels), their difference as `error`, `density`: fraction of the pixels in the field that are connected (dilation
    leaves holes), and `effective`: side of a square with as many pixels as have more than 4.55 % of the largest
    gradient, over random weights; it grows only like the square root of the depth (Luo et al. 2016). Also `weights`
    (sum of k² c_in c_out, which is the number of multiplications for one pixel of a stack without strides), and
    `share_of_one_kernel`: its weights relative to those of one kernel with the same field and width (two 3x3: 18/25;
    Simonyan & Zisserman 2015). Model and data of the configuration are not used.

    Args:
        kernel_size: side of the kernel of each layer, starting at the input.
        stride: stride of each layer, or one value for all.
        dilation: dilation of each layer, or one value for all.
        channels: number of channels of the input and of each layer's output, or one value for all.
        draws: number of draws of random weights for the effective field.

    Example:
        dlx train -m job=receptive_field 'job.kernel_size=[5],[3,3],[3,3,3],[1,3,1]'
    """

    stands_alone = True

    def __init__(
        self,
        *,
        kernel_size: Sizes,
        stride: Sizes | Annotated[int, Positive],
        dilation: Sizes | Annotated[int, Positive],
        channels: Sizes | Annotated[int, Positive],
        draws: Annotated[int, Positive],
    ) -> None:
        if not kernel_size:
            raise ValueError("kernel_size: expected at least one layer, got []")
        self.kernels, self.draws = kernel_size, draws
        self.strides = one_each("stride", stride, len(kernel_size))
        self.dilations = one_each("dilation", dilation, len(kernel_size))
        self.channels = one_each("channels", channels, len(kernel_size) + 1)

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return both sizes, the effective size, and the number of weights."""
        field, jump = self.field()
        random = Generator().manual_seed(trials.seed("receptive_field"))
        side = field + 4 * jump  # two more outputs on each side of the middle one
        energy = torch.zeros(side, side, dtype=torch.float64)
        for _ in range(self.draws):
            trials.pause()
            energy += self.gradient(side, random).square()
        seen = energy > 0
        rows = seen.any(1).nonzero()
        measured = int(rows[-1] - rows[0] + 1)
        strong = int((energy.sqrt() > TAIL * energy.sqrt().max()).sum())
        places = sum(k * k for k in self.kernels)
        pairs = zip(self.kernels, self.channels[:-1], self.channels[1:], strict=True)
        return {
            "formula": field,
            "measured": measured,
            "error": abs(field - measured),
            "density": float(seen.sum()) / measured**2,
            "effective": strong**0.5,
            "effective_share": strong / measured**2,
            "weights": sum(k * k * given * made for k, given, made in pairs),
            "share_of_one_kernel": places / field**2,
        }

    def field(self) -> tuple[int, int]:
        """Return the side by formula, and the distance in pixels between two outputs."""
        field, jump = 1, 1
        for kernel, stride, dilation in zip(self.kernels, self.strides, self.dilations, strict=True):
            field += (kernel - 1) * dilation * jump
            jump *= stride
        return field, jump

    def gradient(self, side: int, random: Generator) -> Tensor:
        """Return the gradient (side, side) of the middle output pixel for random weights; one channel is enough."""
        layers = []
        for kernel, stride, dilation in zip(self.kernels, self.strides, self.dilations, strict=True):
            layer = nn.Conv2d(1, 1, kernel, stride=stride, dilation=dilation, bias=False).double()
            layer.weight.data = torch.randn(layer.weight.shape, generator=random, dtype=torch.float64)
            layers.append(layer)
        image = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
        output = nn.Sequential(*layers)(image)
        middle = output.shape[-1] // 2
        return torch.autograd.grad(output[0, 0, middle, middle], image)[0][0, 0]


def one_each(key: str, value: list[int] | int, layers: int) -> list[int]:
    """Return one value for each layer.

    Raises:
        ValueError: there are too many or too few.
    """
    if isinstance(value, int):
        return [value] * layers
    if len(value) != layers:
        raise ValueError(f"{key}: expected {layers} numbers for the layers of kernel_size, got {len(value)}: {value}")
    return value
