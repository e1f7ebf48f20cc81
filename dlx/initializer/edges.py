"""Edge filters in the first convolution."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from torch import Generator, Tensor, nn

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive

CHANNELS = 4  # kernels over more are no image's
SIDE = 3
SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
PREWITT = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
DIAGONAL = torch.tensor([[-2.0, -1, 0], [-1, 0, 1], [0, 1, 2]])  # Sobel's, turned by 45 degrees
LAPLACIAN = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
LAPLACIAN_8 = torch.tensor([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]])


def bank() -> Tensor:
    """Return the filters (16, 3, 3) with norm 1, each with its negative, since a ReLU passes only one sign."""
    ways = (SOBEL, DIAGONAL, SOBEL.T, DIAGONAL.flip(1), PREWITT, PREWITT.T, LAPLACIAN, LAPLACIAN_8)
    filters = torch.stack([sign * way for way in ways for sign in (1, -1)])
    return filters / filters.flatten(1).norm(dim=1)[:, None, None]


class Edges(Initializer):
    """Initialize the kernels on the image as fixed edge filters, and all other weights as `he_normal`.

    In this order: Sobel filters in four directions, Prewitt filters in two, the Laplacian with 4 and with 8 neighbors
    (Gonzalez & Woods 2018, section 10.2), each with its negative; further units repeat them. They are centered in
    larger kernels and equal in every channel. With `model.frozen=[1]` they are not trained.

    Args:
        gain: norm of the kernels, and factor on the standard deviation of the other weights; `auto`: as for he_normal.

    Example:
        dlx train -m model=cnn initializer=edges,he_normal 'model.frozen=[1]'
    """

    def __init__(self, *, gain: Annotated[float, Positive] | Literal["auto"]) -> None:
        self.gain = gain

    def check(self, network: nn.Module) -> None:
        """Refuse a network without a convolution on an image."""
        if not any(looks_at_images(parameter) for parameter in network.parameters()):
            raise ValueError("edges needs convolutions of at least 3 x 3 over images; try model=cnn dataset=digits")

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix (out, in) or kernel (out, in, height, width)."""
        gain = place.gain if self.gain == "auto" else float(self.gain)
        if not looks_at_images(weight):
            weight.normal_(0.0, gain / place.fan_in**0.5, generator=generator)
            return
        units, channels, height, width = weight.shape
        filters = bank()[torch.arange(units) % len(bank())].to(weight)
        top, left = (height - SIDE) // 2, (width - SIDE) // 2
        weight.zero_()
        weight[:, :, top : top + SIDE, left : left + SIDE] = gain / channels**0.5 * filters[:, None]


def looks_at_images(weight: Tensor) -> bool:
    """Return True if weights are kernels on the channels of an image."""
    return weight.dim() == 4 and weight.shape[1] <= CHANNELS and min(weight.shape[2:]) >= SIDE
