"""Drawn figures: where they lie, and that each kind can be told from the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlx.dataset.shapes import CLASSES, Shapes, stamp


def shapes(**changed: Any) -> Shapes:
    """Return the dataset with some keys changed."""
    keys = {"examples": 80, "canvas": 16, "objects": 1, "object_size": 6, "position": "random", "pixel_noise": 0.0}
    return Shapes(**{**keys, **changed})


@pytest.mark.parametrize("size", range(5, 15))
def test_figures_touch_all_sides_and_differ(size: int) -> None:
    drawn = [stamp(kind, size) for kind in CLASSES]
    for figure in drawn:
        assert all(side.any() for side in (figure[0], figure[-1], figure[:, 0], figure[:, -1]))
    assert len({figure.tobytes() for figure in drawn}) == len(CLASSES)


def test_triangle_by_hand() -> None:
    expected = ["..#..", "..#..", ".###.", ".###.", "#####"]
    assert ["".join(".#"[pixel] for pixel in row) for row in stamp("triangle", 5).astype(int)] == expected


def test_images_masks_and_boxes_agree() -> None:
    table = shapes().load(0)
    for image, label, mask, box in zip(
        table.inputs, table.targets, table.extra["mask"], table.extra["box"], strict=True
    ):
        top, left, bottom, right = box[0]
        assert np.array_equal(image[0] > 0.5, mask)
        assert np.array_equal(mask[top:bottom, left:right], stamp(CLASSES[label], 6))
        assert mask.sum() == stamp(CLASSES[label], 6).sum()
    assert np.bincount(table.targets).tolist() == [20] * 4


def test_positions() -> None:
    assert np.array_equal(shapes(position="center").load(0).extra["box"][0, 0], [5, 5, 11, 11])
    box = shapes(position="border", examples=200).load(0).extra["box"][:, 0]
    touches = np.stack([box[:, 0] == 0, box[:, 1] == 0, box[:, 2] == 16, box[:, 3] == 16], 1)
    assert touches.any(1).all()
    assert (touches.sum(0) > 20).all()  # each of the four borders
    anywhere = shapes(examples=500).load(0).extra["box"][:, 0, 0]
    assert set(anywhere) == set(range(11))


def test_objects_and_noise() -> None:
    assert shapes(objects=3).load(0).extra["box"].shape == (80, 3, 4)
    noisy = shapes(pixel_noise=0.5).load(0)
    assert (noisy.inputs[:, 0] - noisy.extra["mask"]).std() == pytest.approx(0.5, rel=0.05)
    with pytest.raises(ValueError, match="object_size: expected at most the canvas 16, got 17"):
        shapes(object_size=17)
