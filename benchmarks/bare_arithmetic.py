"""What augmentations and regularizers do, by hand in torch's own calls, on flat 8x8 images: for added_cost.py."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

BLACK = -0.8  # of the standardized digits, about
RANDOM = np.random.default_rng(0)


def mapped(x: Tensor, maps: Tensor) -> Tensor:
    """Map flat 8x8 images by (batch, 2, 3), black being the black of the standardized digits."""
    images = x.view(-1, 1, 8, 8) - BLACK
    grid = F.affine_grid(maps, [len(x), 1, 8, 8], align_corners=False)
    return (F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False) + BLACK).flatten(1)


def drawn(x: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    """Draw one number for each image."""
    return torch.rand(len(x), generator=generator) * (high - low) + low


def rotate(x: Tensor, generator: Generator) -> Tensor:
    """Rotate by up to 30 degrees."""
    angle = drawn(x, -30, 30, generator) * (math.pi / 180)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return mapped(x, torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1))


def affine(x: Tensor, generator: Generator) -> Tensor:
    """Shear, turn, scale and shift at once: the inverse map, as affine_grid wants it."""
    angle, lean = (drawn(x, -30, 30, generator) * (math.pi / 180) for _ in range(2))
    factor, zero, one = (
        drawn(x, math.log(0.7), -math.log(0.7), generator).exp(),
        torch.zeros(len(x)),
        torch.ones(len(x)),
    )
    cos, sin = angle.cos() / factor, angle.sin() / factor
    turned = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    leaned = torch.stack([torch.stack([one, -lean.tan()], 1), torch.stack([zero, one], 1)], 1)
    moved = torch.stack([drawn(x, -1, 1, generator), drawn(x, -1, 1, generator)], 1) / 4
    inverse = leaned @ turned
    return mapped(x, torch.cat([inverse, -(inverse @ moved[:, :, None])], 2))


def translate(x: Tensor, generator: Generator) -> Tensor:
    """Shift by up to one pixel, black coming in."""
    padded = F.pad(x.view(-1, 8, 8), (1, 1, 1, 1), value=BLACK)
    down, right = torch.randint(0, 3, (2, len(x), 1), generator=generator)
    rows, columns = (torch.arange(8) + down)[:, :, None], (torch.arange(8) + right)[:, None, :]
    return padded[torch.arange(len(x))[:, None, None], rows, columns].flatten(1)


def mirror(x: Tensor, generator: Generator) -> Tensor:
    """Mirror half of the images."""
    images = x.view(-1, 8, 8)
    return torch.where(torch.rand(len(x), 1, 1, generator=generator) < 0.5, images.flip(2), images).flatten(1)


def blacken(x: Tensor, generator: Generator) -> Tensor:
    """Put a black square of 3x3 at a random place."""
    rows, columns = (
        (torch.arange(8) - c[:, None]).abs() <= 1 for c in torch.randint(0, 8, (2, len(x)), generator=generator)
    )
    return x.view(-1, 8, 8).masked_fill(rows[:, :, None] & columns[:, None, :], BLACK).flatten(1)


def mix(x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Mix examples and one-hot classes by one share from Beta(0.2, 0.2)."""
    share, order = float(RANDOM.beta(0.2, 0.2)), torch.randperm(len(x), generator=generator)
    codes = F.one_hot(y, 10).float()
    return torch.lerp(x[order], x, share), torch.lerp(codes[order], codes, share)


def decay(weights: list[Tensor]) -> None:
    """Shrink the weights in place."""
    with torch.no_grad():
        for weight in weights:
            weight.mul_(1 - 1e-3 * 1e-2)


def shake(parameters: list[Tensor]) -> None:
    """Add noise to all gradients in place."""
    for parameter in parameters:
        assert parameter.grad is not None, "called behind backward"
        parameter.grad.add_(torch.randn(parameter.shape), alpha=0.01)


def renorm(weights: list[Tensor]) -> None:
    """Scale rows longer than 3 back, in place."""
    with torch.no_grad():
        for weight in weights:
            norms = weight.norm(dim=1, keepdim=True)
            weight.copy_((weight * (3.0 / norms)).where(norms > 3.0, weight))


def clip(parameters: list[Tensor]) -> None:
    """Clip the norm of all gradients."""
    nn.utils.clip_grad_norm_(parameters, 1.0)


def squares(weights: list[Tensor]) -> Tensor:
    """Return the sum of all squares."""
    return torch.stack([weight.square().sum() for weight in weights]).sum()


def absolutes(weights: list[Tensor]) -> Tensor:
    """Return the sum of all absolute values."""
    return torch.stack([weight.abs().sum() for weight in weights]).sum()
