"""Affine maps against scipy.ndimage, and shifts by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from dlx.data.warp import (
    affine,
    mirrors,
    move_boxes,
    rotation,
    sample_mask,
    scaling,
    shearing,
    shift,
    shifts,
    warp,
)

IMAGES = torch.rand(4, 2, 9, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def by_scipy(image: np.ndarray, forward: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Map one channel (height, width) with scipy, which works in (row, column) and wants the way back."""
    swap = np.array([[0, 1], [1, 0]])
    inverse = swap @ np.linalg.inv(forward) @ swap
    center = (np.array(image.shape) - 1) / 2
    offset = center - inverse @ (center + move[::-1])
    return ndimage.affine_transform(image, inverse, offset, order=1, mode="grid-constant", cval=0)


@pytest.mark.parametrize(
    "forward",
    [
        rotation(torch.tensor([30.0, -75.0, 180.0, 3.0])),
        scaling(torch.tensor([0.7, 1.4, 2.0, 0.5])),
        shearing(torch.tensor([30.0, -45.0, 10.0, 0.0])),
        rotation(torch.tensor([20.0, 50.0, -5.0, 90.0])) @ shearing(torch.tensor([10.0, 30.0, -20.0, 5.0])),
    ],
    ids=["rotation", "scaling", "shearing", "both"],
)
def test_maps_equal_scipy(forward: torch.Tensor) -> None:
    forward, move = forward.double(), torch.tensor([[0.0, 0], [1.5, -0.5], [0, 2], [-1, 0.25]], dtype=torch.float64)
    ours = warp(IMAGES, forward, move)
    for number in range(4):
        for channel in range(2):
            truth = by_scipy(IMAGES[number, channel].numpy(), forward[number].numpy(), move[number].numpy())
            np.testing.assert_allclose(ours[number, channel], truth, atol=1e-12)


def test_places_made_in_an_evaluation_serve_the_training() -> None:
    amounts = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        warp(torch.ones(2, 1, 5, 11), scaling(torch.ones(2)))
    warp(torch.ones(2, 1, 5, 11), scaling(amounts)).sum().backward()
    assert amounts.grad is not None


def test_a_quarter_turn_is_counter_clockwise() -> None:
    square = IMAGES[:, :, :7]
    turned = warp(square, rotation(torch.full((4,), 90.0)).double())
    torch.testing.assert_close(turned, torch.rot90(square, 1, (2, 3)), atol=1e-6, rtol=0)


def test_shrinking_leaves_black_around() -> None:
    white = torch.ones(1, 1, 8, 8)
    small = warp(white, scaling(torch.tensor([0.5])))
    assert small[0, 0, 2:6, 2:6].min() == 1
    assert small[0, 0, :2].max() == 0
    assert small.sum() == 16


def test_shifts_by_whole_pixels_are_exact() -> None:
    right, down = torch.tensor([0, 2, -1, 9]), torch.tensor([0, -3, 1, 0])
    moved = shift(IMAGES, right, down)
    for number in range(4):
        truth = ndimage.shift(IMAGES[number].numpy(), (0, down[number], right[number]), order=0, cval=0)
        assert np.array_equal(moved[number], truth)
    assert torch.equal(moved[0], IMAGES[0])
    assert not moved[3].any()
    assert torch.equal(moved[1, :, :6, 2:], IMAGES[1, :, 3:, :5])


def test_boxes_move_with_the_pixels_inside_them() -> None:
    """The box of a white rectangle is that of its pixels after the move, whole pixels or not."""
    boxes = torch.tensor([[[2, 3, 6, 10, 1.0], [7, 1, 9, 4, 0]], [[0, 0, 3, 3, 2], [-1, -1, -1, -1, -1]]])
    images = torch.zeros(2, 2, 10, 12)
    for image, rows in zip(images, boxes, strict=True):
        for channel, (top, left, bottom, right, _) in zip(image, rows.int().tolist(), strict=True):
            channel[top:bottom, left:right] = 1
    turn = torch.tensor([[0.8, -0.6], [0.6, 0.8]]).expand(2, 2, 2)
    moves = torch.tensor([2, -9]), torch.tensor([-1, 0])
    grids = [affine(images, turn), shifts(images, *moves), mirrors(images, {3: torch.tensor([True, False])})]
    for grid in grids:
        moved = move_boxes(boxes, grid, (10, 12))
        masks = torch.stack([sample_mask(images[:, k].long(), grid) for k in range(2)], 1)
        for mask, box, before in zip(masks.flatten(0, 1), moved.flatten(0, 1), boxes.flatten(0, 1), strict=True):
            rows, columns = mask.nonzero(as_tuple=True)
            if len(rows):
                found = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1, before[4]]
                assert box.tolist() == [float(value) for value in found]
            else:
                assert (box == -1).all()
