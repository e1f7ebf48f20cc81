"""Damage to images, and fills of the damage that need no training.

Masks (batch, 1, height, width) are 1 where a pixel is missing and 0 elsewhere. All random numbers come from a
generator.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.data.warp import uniform


def block(images: Tensor, side: int, generator: Generator) -> Tensor:
    """Return masks with a square hole of `side` pixels, anywhere inside each image (batch, channels, height, width)."""
    inside = []
    for size in images.shape[2:]:
        first = uniform(len(images), 0, size - side + 1, generator).floor()[:, None]
        place = torch.arange(size, device=generator.device)
        inside.append((place >= first) & (place < first + side))
    return (inside[0][:, None, :, None] & inside[1][:, None, None, :]).to(images)


def grid(images: Tensor, spacing: int, generator: Generator) -> Tensor:
    """Return masks of every `spacing`-th row and column, counted from a random one."""
    lines = []
    for size in images.shape[2:]:
        first = uniform(len(images), 0, spacing, generator).floor()[:, None]
        lines.append(torch.arange(size, device=generator.device) % spacing == first)
    return (lines[0][:, None, :, None] | lines[1][:, None, None, :]).to(images)


def scattered(images: Tensor, share: float, generator: Generator) -> Tensor:
    """Return masks in which each pixel is missing with probability `share`, independently of the others."""
    drawn = torch.rand(len(images), 1, *images.shape[2:], generator=generator, device=generator.device)
    return (drawn < share).to(images)


def enlarged(images: Tensor, factor: int) -> Tensor:
    """Return images averaged over blocks of `factor` x `factor` pixels and enlarged to their size again, bilinearly."""
    small = F.avg_pool2d(images, factor)
    return F.interpolate(small, images.shape[2:], mode="bilinear", align_corners=False)


def interpolated(images: Tensor, missing: Tensor) -> Tensor:
    """Return images whose missing pixels are interpolated along their row and their column.

    A missing pixel becomes the mean of the nearest known pixels to the left, to the right, above and below, weighted by
    the inverse of their distances: along a line this is linear interpolation. Without a known pixel in these four
    directions it becomes the mean of the known pixels.

    Args:
        images: images (batch, channels, height, width); their missing pixels are not used.
        missing: masks (batch, 1, height, width).
    """
    known = (missing < 0.5).expand_as(images)
    total, weight = torch.zeros_like(images), torch.zeros_like(images)
    for axis in (2, 3):
        size = images.shape[axis]
        place = torch.arange(size, device=images.device)
        place = (place[:, None] if axis == 2 else place).expand_as(images)
        before = torch.where(known, place, -1).cummax(axis).values
        behind = size - 1 - torch.where(known, size - 1 - place, -1).flip(axis).cummax(axis).values.flip(axis)
        for nearest, exists in ((before, before >= 0), (behind, behind < size)):
            share = exists / (place - nearest).abs().clamp_min(1)
            total = total + share * images.gather(axis, nearest.clamp(0, size - 1))
            weight = weight + share
    anywhere = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp_min(1)
    filled = torch.where(weight > 0, total / weight.clamp_min(1e-12), anywhere)
    return torch.where(known, images, filled)


def surroundings(images: Tensor, missing: Tensor) -> Tensor:
    """Return images whose missing pixels are the mean of the known pixels that touch a missing one, by channel.

    The arguments are those of `interpolated`.
    """
    ring = F.max_pool2d(missing, 3, 1, 1) * (1 - missing)
    mean = (images * ring).sum((2, 3), keepdim=True) / ring.sum((2, 3), keepdim=True).clamp_min(1)
    return torch.where(missing > 0.5, mean, images)


def smoothed(images: Tensor) -> Tensor:
    """Return images in which each pixel is the mean of the 3 x 3 pixels around it, fewer at the border."""
    return F.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
