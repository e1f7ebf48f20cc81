"""Drawn figures: where they lie, and that each kind can be told from the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.dataset.shapes import CLASSES, Shapes, stamp
from dlx.run.run import run


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


def test_sizes_are_drawn_and_kept() -> None:
    table = shapes(object_size=[4, 9, 6], examples=300, objects=2).load(3)
    size, box = table.extra["size"], table.extra["box"]
    assert np.array_equal(box[:, :, 2] - box[:, :, 0], np.repeat(size[:, None], 2, 1))
    assert (np.bincount(size, minlength=10)[[4, 6, 9]] > 75).all()
    assert abs(np.corrcoef(size, table.targets)[0, 1]) < 0.15
    for mask, places in zip(table.extra["mask"], box, strict=True):
        inside = np.zeros_like(mask)
        for top, left, bottom, right in places:
            inside[top:bottom, left:right] = True
        assert not mask[~inside].any()
    assert set(shapes().load(0).extra["size"]) == {6}


def test_metrics_by_size(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = ("dataset=shapes", "dataset.object_size=[3,9]", "dataset.examples=400", "metrics.by=size", "model.depth=1")
    composed = config(*words, "trainer.max_epochs=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    sizes = assemble(composed).data.test.extra["size"]
    parts = [metrics[f"test/size_{size}/accuracy"] * (sizes == size).mean() for size in (3, 9)]
    assert sum(parts) == pytest.approx(metrics["test/accuracy"])


def test_objects_and_noise() -> None:
    assert shapes(objects=3).load(0).extra["box"].shape == (80, 3, 4)
    noisy = shapes(pixel_noise=0.5).load(0)
    assert (noisy.inputs[:, 0] - noisy.extra["mask"]).std() == pytest.approx(0.5, rel=0.05)
    with pytest.raises(ValueError, match="object_size: expected at most the canvas 16, got 17"):
        shapes(object_size=17)
