"""An image whose pixels are the parameters."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.nn.network import Network
from dlx.spec import DataSpec, NonNegative


class Image(Network):
    """No network: the parameters are the pixels of an image, for `objective=style`. There is no output layer.

    Args:
        level: initial mean of the pixels; black is 0 and white 1.
        spread: initial standard deviation of the pixels, which are drawn anew for each seed.

    Example:
        dlx train model=image optimizer.lr=0.05 trainer.max_epochs=15
    """

    accepts = ("none",)
    gives = ("map",)
    parts = ()

    def __init__(self, spec: DataSpec, *, level: float, spread: Annotated[float, NonNegative]) -> None:
        super().__init__()
        self.pixels = nn.Parameter(level + spread * torch.randn(spec.shape))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, 0) to the image (batch, channels, height, width), the same for each example."""
        return self.pixels + x.new_zeros(len(x), 1, 1, 1)
