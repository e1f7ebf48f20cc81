"""Statements about convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from dlx.job.identities.check import Check, draw, gap


def _layer(random: Generator, inputs: int, outputs: int, size: int, **keys: Any) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, size, **keys).double()
    layer.weight.data = draw(random, *layer.weight.shape)
    if layer.bias is not None:
        layer.bias.data = draw(random, outputs)
    return layer


def conv_equivariance(random: Generator) -> Check:
    """A convolution with circular padding commutes with a shift: either order gives the same result."""
    return _shift(random, "circular")


def conv_equivariance_zero_padding(random: Generator) -> Check:
    """Myth: "every convolution commutes with a shift"; zero padding breaks this at the border."""
    return _shift(random, "zeros")


def _shift(random: Generator, padding_mode: str) -> Check:
    layer, image = _layer(random, 2, 3, 3, padding=1, padding_mode=padding_mode), draw(random, 1, 2, 8, 8)
    return Check(gap(layer(image.roll((2, 3), (2, 3))), layer(image).roll((2, 3), (2, 3))))


def pooling_forgets_the_position(random: Generator) -> Check:
    """The maximum of a filter's responses over all positions does not change when the image is shifted (circularly).

    The filter is a simple cell and the maximum a complex cell, as in the neocognitron (Fukushima 1980).
    """
    layer, image = _layer(random, 1, 3, 3, padding=1, padding_mode="circular"), draw(random, 1, 1, 8, 8)
    return Check(gap(layer(image).amax((2, 3)), layer(image.roll((3, 2), (2, 3))).amax((2, 3))))


def conv1x1_is_linear(random: Generator) -> Check:
    """A 1x1 convolution is one linear layer, applied to the channels of each pixel."""
    layer, image = _layer(random, 4, 5, 1), draw(random, 2, 4, 6, 6)
    linear = nn.Linear(4, 5).double()
    linear.weight.data, linear.bias.data = layer.weight.data[:, :, 0, 0], layer.bias.data  # type: ignore[union-attr]
    return Check(gap(layer(image), linear(image.movedim(1, -1)).movedim(-1, 1)))


def sliding_filter(random: Generator) -> Check:
    """The convolution of deep learning is a sliding scalar product: scipy's `correlate`."""
    image, kernel = draw(random, 9, 9), draw(random, 3, 3)
    ours = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    return Check(gap(ours, scipy.signal.correlate(image.numpy(), kernel.numpy(), mode="valid")))


def sliding_filter_flips(random: Generator) -> Check:
    """Myth: "the convolution of deep learning is that of mathematics"; the latter flips the kernel first."""
    image, kernel = draw(random, 9, 9), draw(random, 3, 3)
    ours = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    return Check(gap(ours, scipy.signal.convolve(image.numpy(), kernel.numpy(), mode="valid")))


def transposed_is_fractionally_strided(random: Generator) -> Check:
    """A transposed convolution of stride s slides the flipped kernel over the input with s - 1 zeros in between."""
    image, kernel, stride, size = draw(random, 1, 1, 5, 5), draw(random, 1, 1, 3, 3), 2, 3
    spread = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    spread[..., ::stride, ::stride] = image
    by_hand = F.conv2d(F.pad(spread, [size - 1] * 4), kernel.flip(2, 3))
    return Check(gap(F.conv_transpose2d(image, kernel, stride=stride), by_hand))


def transposed_is_the_adjoint(random: Generator) -> Check:
    """The transposed convolution is the transpose of the convolution's matrix: <conv x, y> = <x, transposed y>."""
    x, kernel = draw(random, 1, 1, 7, 7), draw(random, 1, 1, 3, 3)
    forward = F.conv2d(x, kernel, stride=2)
    y = draw(random, *forward.shape)
    return Check(gap((forward * y).sum(), (x * F.conv_transpose2d(y, kernel, stride=2)).sum()))


def transposed_overlap_even(random: Generator) -> Check:
    """A transposed kernel whose size is a multiple of the stride (4 and 2) covers each inner pixel equally often."""
    return _overlap(4, 2)


def transposed_overlap_odd(random: Generator) -> Check:
    """Myth: "every transposed kernel covers pixels evenly"; size 3 at stride 2 does not (Odena et al. 2016)."""
    return _overlap(3, 2)


def _overlap(size: int, stride: int) -> Check:
    painted = F.conv_transpose2d(torch.ones(1, 1, 8, 8), torch.ones(1, 1, size, size), stride=stride)
    inner = painted[..., size:-size, size:-size]
    return Check(float(inner.max() - inner.min()), 0.0, float(inner.max() / inner.min()))


def gram_shift_invariance(random: Generator) -> Check:
    """A Gram matrix of feature maps (Gatys et al. 2016) is invariant to circular shifts."""
    maps = draw(random, 4, 8, 8)

    def gram(x: Tensor) -> Tensor:
        return x.flatten(1) @ x.flatten(1).T

    return Check(gap(gram(maps), gram(maps.roll((3, 5), (1, 2)))))


def filter_weights(random: Generator) -> Check:
    """A layer of 3x3 filters has 9 weights for each *pair* of input and output channel, and a bias per output."""
    return _count(9 * 3 * 16 + 16)


def filter_weights_nine(random: Generator) -> Check:
    """Myth: "a 3x3 filter has 9 weights"; only with one input and one output channel."""
    return _count(9)


def _count(claimed: int) -> Check:
    weights = sum(p.numel() for p in nn.Conv2d(3, 16, 3).parameters())
    return Check(abs(weights - claimed), 0.0, weights)


def bilinear_upsampling_is_a_convolution(random: Generator) -> Check:
    """Doubling by bilinear interpolation is a transposed convolution with the fixed kernel (1, 3, 3, 1) / 4."""
    image = draw(random, 1, 1, 6, 6)
    row = np.array([1, 3, 3, 1]) / 4
    kernel = torch.from_numpy(np.outer(row, row))[None, None]
    ours = F.conv_transpose2d(image, kernel, stride=2, padding=1)
    theirs = F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False)
    return Check(gap(ours[..., 1:-1, 1:-1], theirs[..., 1:-1, 1:-1]))
