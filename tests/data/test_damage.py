"""Damage to images and its fills, against formulas and torch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.data import damage


def generator() -> Generator:
    return Generator().manual_seed(0)


def plane(height: int = 9, width: int = 7) -> Tensor:
    """Return two images, of two channels, whose values are linear in row and column."""
    rows, columns = torch.arange(float(height))[:, None], torch.arange(float(width))
    return torch.stack([2 * rows - columns, rows + 3 * columns + 1]).expand(2, 2, height, width).clone()


def test_a_block_is_a_square_anywhere_inside() -> None:
    masks = damage.block(torch.zeros(2000, 3, 6, 5), 4, generator())
    assert masks.shape == (2000, 1, 6, 5)
    assert (masks.sum((1, 2, 3)) == 16).all()
    corners = {(int(rows[0]), int(columns[0])) for _, rows, columns in (m.nonzero(as_tuple=True) for m in masks)}
    assert corners == {(row, column) for row in range(3) for column in range(2)}
    assert torch.equal(masks, F.max_pool2d(F.pad(F.avg_pool2d(masks, 4, 1).eq(1).float(), (3, 3, 3, 3)), 4, 1))


def test_a_grid_hides_every_third_row_and_column() -> None:
    masks = damage.grid(torch.zeros(100, 1, 9, 6), 3, generator())
    assert torch.equal(masks.sum((1, 2, 3)), torch.full((100,), 9.0 * 6 - 6 * 4))
    assert torch.equal(masks[..., 3:, 3:], masks[..., :-3, :-3])
    assert len(torch.unique(masks, dim=0)) == 9


def test_scattered_pixels_are_missing_independently() -> None:
    masks = damage.scattered(torch.zeros(2000, 1, 4, 4), 0.3, generator()).flatten(1)
    assert masks.mean().item() == pytest.approx(0.3, abs=0.01)
    assert (torch.corrcoef(masks.T) - torch.eye(16)).abs().max() < 0.1


def test_the_same_seed_gives_the_same_damage() -> None:
    images = torch.zeros(20, 1, 8, 8)
    for draw, much in ((damage.block, 3), (damage.grid, 3), (damage.scattered, 0.5)):
        assert torch.equal(draw(images, much, generator()), draw(images, much, generator()))  # type: ignore[operator]


def test_a_plane_is_interpolated_exactly() -> None:
    images, missing = plane(), torch.zeros(2, 1, 9, 7)
    missing[0, :, 2:6, 3:5] = 1
    missing[1, :, 4, 1:-1] = 1
    assert torch.equal(
        damage.interpolated(images * (1 - missing), missing)[missing.expand_as(images) == 0],
        images[missing.expand_as(images) == 0],
    )
    torch.testing.assert_close(damage.interpolated(images * (1 - missing), missing), images)


def test_interpolation_weighs_by_the_inverse_of_the_distance() -> None:
    image, missing = torch.zeros(1, 1, 5, 5), torch.ones(1, 1, 5, 5)
    for row, column, value in ((2, 0, 8.0), (2, 3, 2.0), (4, 2, -6.0)):
        image[..., row, column], missing[..., row, column] = value, 0
    found = damage.interpolated(image, missing)[0, 0]
    assert found[2, 2].item() == pytest.approx((8 / 2 + 2 / 1 - 6 / 2) / (1 / 2 + 1 + 1 / 2))  # left, right, below
    assert found[2, 4].item() == pytest.approx(2.0)  # the nearest one alone
    assert found[0, 1].item() == pytest.approx((8 + 2 - 6) / 3)  # nothing in its row and column


def test_the_surroundings_are_the_ring_around_a_hole() -> None:
    images, missing = plane(), torch.zeros(2, 1, 9, 7)
    missing[:, :, 2:4, 3:5] = 1
    ring = [(r, c) for r in range(1, 5) for c in range(2, 6) if not (2 <= r < 4 and 3 <= c < 5)]
    found = damage.surroundings(images * (1 - missing), missing)
    for channel in range(2):
        wanted = sum(images[0, channel, r, c].item() for r, c in ring) / len(ring)
        assert found[0, channel, 2, 3].item() == pytest.approx(wanted)
    assert torch.equal(found[:, :, 5:], images[:, :, 5:])


def test_enlarged_means_and_smoothed_images() -> None:
    images = torch.rand(2, 3, 8, 4, generator=generator())
    blocks = torch.stack([images[..., r : r + 2, c : c + 2].mean((2, 3)) for r in (0, 2, 4, 6) for c in (0, 2)], -1)
    wanted = F.interpolate(blocks.reshape(2, 3, 4, 2), scale_factor=2, mode="bilinear")
    torch.testing.assert_close(damage.enlarged(images, 2), wanted)
    smooth = damage.smoothed(images)
    torch.testing.assert_close(smooth[..., 3, 2], images[..., 2:5, 1:4].mean((2, 3)))
    torch.testing.assert_close(smooth[..., 0, 0], images[..., :2, :2].mean((2, 3)))
