"""Features of images by a fixed random convolutional network, and their Gram matrices."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


class RandomFeatures:
    """Convolutions with fixed random weights, kernel size 3, ReLU, and average pooling between the layers.

    The kernels are drawn from N(0, 2 / fan-in) (He et al. 2015) and circularly padded, so that a shift of the image
    around its borders, by a multiple of the total pooling, shifts the features and changes nothing else. Textures and
    styles need no trained network (Ustyuzhaninov et al. 2016; He, Wang & Hopcroft 2016). The pixels, from 0 to 1, are
    brought to a mean of about 0 and a standard deviation of about 1 first.

    Args:
        channels: number of channels of the images.
        width: number of channels of the first layer; each further layer has twice as many as the one before.
        layers: number of layers.
        seed: seed of the weights.
    """

    def __init__(self, channels: int, width: int, layers: int, seed: int) -> None:
        generator = Generator().manual_seed(seed)
        self.weights: list[Tensor] = []
        for layer in range(layers):
            units = width * 2**layer
            kernel = torch.randn(units, channels, 3, 3, generator=generator) * (2 / (9 * channels)) ** 0.5
            self.weights.append(kernel)
            channels = units

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Return the features (batch, channels, height, width) of images, one tensor for each layer."""
        found: list[Tensor] = []
        x = (images - 0.5) / 0.25
        for weight in self.weights:
            x = F.avg_pool2d(x, 2) if found else x
            x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight.to(x)).relu()
            found.append(x)
        return found


def gram(features: Tensor) -> Tensor:
    """Return `G_ij = 1/M sum_k F_ik F_jk`, the mean product of two channels over the M positions (batch, d, d)."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]
