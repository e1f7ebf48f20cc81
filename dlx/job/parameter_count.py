"""Number of parameters of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import torch
from torch import nn

from dlx.contracts.job import Job
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class ParameterCount(Job):
    """Number of weights of one layer on an image, by formula and in torch (LeCun et al. 1998 on weight sharing).

    Reports `formula` and `weights` (counted, without biases), their difference as `error`, and `biases`. A dense layer
    has channels * size² * outputs weights, a convolution channels * k² * outputs for any size, and a locally connected
    layer as many as the convolution for each of its (size - k + 1)² positions. Nothing is allocated, so any size is
    possible. Model and data of the configuration are not used.

    Args:
        layer: type of the layer.
        size: side of the image.
        channels: number of channels of the image.
        outputs: number of units of a dense layer, or of channels of the others.
        kernel_size: side of the kernel; ignored for a dense layer.

    Example:
        dlx train -m job=parameter_count job.layer=dense,conv,locally_connected job.size=8,28,1000
    """

    stands_alone = True

    def __init__(
        self,
        *,
        layer: Literal["dense", "conv", "locally_connected"],
        size: Annotated[int, Positive],
        channels: Annotated[int, Positive],
        outputs: Annotated[int, Positive],
        kernel_size: Annotated[int, Positive],
    ) -> None:
        if layer != "dense" and kernel_size > size:
            raise ValueError(f"kernel_size: expected at most the size {size}, got {kernel_size}")
        self.layer, self.size, self.channels, self.outputs, self.kernel = layer, size, channels, outputs, kernel_size

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the counts."""
        parts = [dict(part.named_parameters()) for part in self._layers()]
        weights = sum(part["weight"].numel() for part in parts) * self._copies()
        biases = sum(part["bias"].numel() for part in parts) * self._copies()
        formula = self._formula()
        return {"formula": formula, "weights": weights, "biases": biases, "error": abs(formula - weights)}

    def _layers(self) -> list[nn.Module]:
        with torch.device("meta"):
            if self.layer == "dense":
                return [nn.Linear(self.channels * self.size**2, self.outputs)]
            return [nn.Conv2d(self.channels, self.outputs, self.kernel)]

    def _copies(self) -> int:
        """Return the number of copies of the kernel without sharing: one for each position of torch's output."""
        if self.layer != "locally_connected":
            return 1
        image = torch.empty(1, self.channels, self.size, self.size, device="meta")
        return self._layers()[0](image)[0, 0].numel()

    def _formula(self) -> int:
        if self.layer == "dense":
            return self.channels * self.size**2 * self.outputs
        shared = self.channels * self.kernel**2 * self.outputs
        return shared if self.layer == "conv" else shared * (self.size - self.kernel + 1) ** 2
