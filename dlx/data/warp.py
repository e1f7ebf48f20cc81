"""Affine maps, shifts and reflections of images (batch, channels, height, width) as grids, and sampling by grids.

A grid gives the source of each pixel. Affine maps have grids of real numbers (batch, height, width, 2) as in torch's
grid_sample: bilinear interpolation, black (0) outside. Shifts by whole pixels and reflections are exact: integers
(batch, height, width), the index of the source in the flattened image with a border of one black pixel.
"""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Return images whose pixels are taken where a grid says; what lies outside is 0."""
    if grid.is_floating_point():
        return F.grid_sample(images, grid.to(images.dtype), "bilinear", "zeros", align_corners=False)
    bordered = F.pad(images, (1, 1, 1, 1)).flatten(2)
    return bordered.gather(2, grid.flatten(1)[:, None].expand(-1, images.shape[1], -1)).view_as(images)


def sample_mask(mask: Tensor, grid: Tensor) -> Tensor:
    """Return masks of classes (batch, height, width) moved like the images; the nearest pixel, 0 outside."""
    if not grid.is_floating_point():
        return sample(mask[:, None], grid)[:, 0]
    floats = mask[:, None].to(grid.dtype)
    return F.grid_sample(floats, grid, "nearest", "zeros", align_corners=False)[:, 0].to(mask.dtype)


def sources(grid: Tensor, space: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return row and column of the source of each pixel (batch, height, width); the first pixel's center is at .5.

    Args:
        grid: grid of either kind.
        space: height and width of the images.
    """
    height, width = space
    if grid.is_floating_point():
        return (grid[..., 1] + 1) * height / 2, (grid[..., 0] + 1) * width / 2
    return grid // (width + 2) - 0.5, grid % (width + 2) - 0.5


def move_boxes(boxes: Tensor, grid: Tensor, space: tuple[int, ...]) -> Tensor:
    """Return boxes moved like the images: the smallest box around all pixels whose source lies in the box.

    A rotated box grows, since its sides stay parallel to those of the image. One that leaves the image becomes -1.

    Args:
        boxes: top, left, bottom, right and class (batch, boxes, 5), -1 if there is none.
        grid: grid by which the images are sampled.
        space: height and width of the images.
    """
    rows, columns = (x[:, None] for x in sources(grid, space))
    top, left, bottom, right, kind = (x[..., None, None] for x in boxes.unbind(2))
    inside = (top <= rows) & (rows < bottom) & (left <= columns) & (columns < right)
    sides = []
    for along in (inside.any(3), inside.any(2)):  # rows, then columns: (batch, boxes, places)
        places = torch.arange(along.shape[2], device=boxes.device)
        first = torch.where(along, places, along.shape[2]).amin(2)
        sides.append((first, torch.where(along, places + 1, 0).amax(2)))
    (top, bottom), (left, right) = sides
    moved = torch.stack([top, left, bottom, right, kind[..., 0, 0]], 2).to(boxes)
    return torch.where(inside.flatten(2).any(2)[..., None], moved, -torch.ones_like(moved))


def warp(images: Tensor, forward: Tensor, shift: Tensor | None = None) -> Tensor:
    """Return images in which each point, relative to the center, has moved to `forward @ point + shift`.

    See `affine` for the arguments.
    """
    return sample(images, affine(images, forward, shift))


def affine(images: Tensor, forward: Tensor, shift: Tensor | None = None) -> Tensor:
    """Return the grid that moves each point, relative to the center, to `forward @ point + shift`.

    Args:
        images: images (batch, channels, height, width), of which the size counts.
        forward: matrices (batch, 2, 2) on points (x to the right, y down), in pixels.
        shift: shifts (batch, 2), in pixels.
    """
    a, b, c, d = forward.flatten(1).unbind(1)
    # Each pixel takes its value from where it came: the inverse map of its place, seen from the center. By hand, since
    # batched 2 x 2 matrix products of torch cost many times the interpolation of a small image; x and y of the source
    # are rows of one tensor, since on small images calls cost more than arithmetic.
    inverse = torch.stack([d, -c, -b, a]) / (a * d - b * c)
    of_x, of_y = inverse.T.reshape(-1, 2, 2, 1, 1).unbind(1)  # what x and y of a place add to (x, y) of its source
    x, y, size = places(*images.shape[2:], forward.dtype, forward.device)
    if shift is not None:
        x, y = x - shift[:, 0, None, None, None], y - shift[:, 1, None, None, None]
    return ((of_x * x + of_y * y) * size).permute(0, 2, 3, 1)


@functools.lru_cache(maxsize=16)
def places(height: int, width: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (1, width) and y (height, 1) of all pixels relative to the center, and the size of a pixel (2, 1, 1).

    They are cached. grid_sample uses coordinates from -1 to 1, in which a pixel is 2 / width wide and 2 / height high.
    """
    with torch.inference_mode(False):  # what an evaluation makes is used by the training too
        x = torch.arange(width, dtype=dtype, device=device)[None, :] - (width - 1) / 2
        y = torch.arange(height, dtype=dtype, device=device)[:, None] - (height - 1) / 2
        return x, y, torch.tensor([2 / width, 2 / height], dtype=dtype, device=device)[:, None, None]


def rotation(degrees: Tensor) -> Tensor:
    """Return matrices (batch, 2, 2) that rotate counterclockwise by angles (batch,) in degrees."""
    angle = degrees * (math.pi / 180)
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([cos, sin, -sin, cos], 1).view(-1, 2, 2)


def scaling(factor: Tensor) -> Tensor:
    """Return matrices (batch, 2, 2) that scale by factors (batch,)."""
    return factor[:, None, None] * torch.eye(2, dtype=factor.dtype, device=factor.device)


def shearing(degrees: Tensor) -> Tensor:
    """Return matrices (batch, 2, 2) that shear by angles (batch,) in degrees: x' = x + tan(angle) · y."""
    tan = torch.tan(degrees * (math.pi / 180))
    one, zero = torch.ones_like(tan), torch.zeros_like(tan)
    return torch.stack([one, tan, zero, one], 1).view(-1, 2, 2)


def shift(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return images shifted by whole pixels (batch,), filled with black; see `shifts`."""
    return sample(images, shifts(images, right, down))


def shifts(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return the grid that shifts each image by whole pixels; what enters is black.

    Args:
        images: images (batch, channels, height, width), of which the size counts.
        right: number of pixels to the right, integers (batch,).
        down: number of pixels down, integers (batch,).
    """
    height, width = images.shape[2:]

    def source(side: int, pixels: Tensor) -> Tensor:
        """Return where each pixel of an axis comes from (batch, side)."""
        return (torch.arange(side, device=images.device) - pixels.to(images.device)[:, None]).clamp(-1, side)

    return exact(source(height, down), source(width, right), width)


def mirrors(images: Tensor, chosen: dict[int, Tensor]) -> Tensor:
    """Return the grid of mirror images.

    Args:
        images: of the size (batch, channels, height, width).
        chosen: which images (batch,) are mirrored, by the axis: 2 top to bottom, 3 left to right.
    """

    def source(axis: int) -> Tensor:
        """Return where each pixel of an axis comes from (batch, side)."""
        line = torch.arange(images.shape[axis], device=images.device).expand(len(images), -1)
        return torch.where(chosen[axis].to(images.device)[:, None], line.flip(1), line) if axis in chosen else line

    return exact(source(2), source(3), images.shape[3])


def exact(rows: Tensor, columns: Tensor, width: int) -> Tensor:
    """Return the grid of pixels (batch, height, width) from their rows (batch, height) and columns; -1 is black."""
    return ((rows + 1) * (width + 2))[:, :, None] + (columns + 1)[:, None, :]


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """Return numbers (count,) drawn uniformly between two bounds."""
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)


def signs(count: int, generator: Generator) -> Tensor:
    """Return random signs +1 or -1 (count,)."""
    return torch.randint(0, 2, (count,), generator=generator, device=generator.device) * 2 - 1
