"""Output size of convolution and pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import torch
from torch import nn

from dlx.contracts.job import Job
from dlx.spec import NonNegative, Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class ConvolutionArithmetic(Job):
    """The size of a layer's output by formula and by torch (Dumoulin & Visin 2016, relation 15).

    Reports `formula` = floor((n + 2p - d (k - 1) - 1) / s) + 1 for a side of n pixels, kernel k, padding p, stride s
    and dilation d; `measured`; their difference as `error`; the `padding`; `kept`, 1 if the size does not change; and
    `share_of_pixels`, the pixels of the output as a fraction of the input. Model and data of the configuration are not
    used.

    Args:
        layer: convolution or max pooling, which follow the same formula.
        size: side of the image.
        kernel_size: side of the kernel.
        padding: number of zeros on each side; `same`: d (k - 1) / 2, which keeps the size at stride 1.
        stride: distance between two positions of the kernel, in pixels.
        dilation: distance between two weights of the kernel, in pixels.

    Example:
        dlx train -m job=convolution_arithmetic job.kernel_size=1,3,5,7 job.padding=0,same job.stride=1,2
    """

    stands_alone = True

    def __init__(
        self,
        *,
        layer: Literal["conv", "max_pool"],
        size: Annotated[int, Positive],
        kernel_size: Annotated[int, Positive],
        padding: Annotated[int, NonNegative] | Literal["same"],
        stride: Annotated[int, Positive],
        dilation: Annotated[int, Positive],
    ) -> None:
        reach = dilation * (kernel_size - 1)
        if padding == "same" and reach % 2:
            raise ValueError(f"padding=same needs an even dilation * (kernel_size - 1) to be symmetric, got {reach}")
        self.padding = reach // 2 if padding == "same" else int(padding)
        if reach + 1 > size + 2 * self.padding:
            raise ValueError(
                f"kernel_size: a kernel over {reach + 1} pixels does not fit an image of {size} with {self.padding} "
                f"zeros on each side; expected at most {size + 2 * self.padding}"
            )
        if layer == "max_pool" and self.padding > kernel_size // 2:
            raise ValueError(
                f"padding: a maximum of {kernel_size} pixels takes at most {kernel_size // 2} zeros on each side, so "
                f"that none sees zeros alone; got {self.padding}"
            )
        self.layer, self.size, self.kernel_size = layer, size, kernel_size
        self.stride, self.dilation = stride, dilation

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return both sizes and their difference."""
        span = self.size + 2 * self.padding - self.dilation * (self.kernel_size - 1) - 1
        formula = span // self.stride + 1
        keys = (self.kernel_size, self.stride, self.padding, self.dilation)
        with torch.device("meta"):
            layer = nn.Conv2d(1, 1, *keys) if self.layer == "conv" else nn.MaxPool2d(*keys)
        measured = layer(torch.empty(1, 1, self.size, self.size, device="meta")).shape[-1]
        return {
            "formula": formula,
            "measured": measured,
            "error": abs(formula - measured),
            "padding": self.padding,
            "kept": float(measured == self.size),
            "share_of_pixels": (measured / self.size) ** 2,
        }
