"""Drawn figures: where they lie, and that each kind can be told from the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.config.identity import identity
from dlx.dataset._stamps import CLASSES, VARIANTS, stamp
from dlx.dataset.shapes import Shapes
from dlx.errors import ConfigError
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
    with pytest.raises(ValueError, match=r"objects: expected a number of at least 1 in the list, got \[0\]"):
        shapes(objects=[0])


def test_variants_touch_all_sides_and_differ() -> None:
    for size in range(6, 15):
        drawn = [stamp(*[variant.kind, size, variant.outlined, variant.tilted]) for variant in VARIANTS]
        assert all(side.any() for figure in drawn for side in (figure[0], figure[-1], figure[:, 0], figure[:, -1]))
        assert len({figure.tobytes() for figure in drawn}) == len(VARIANTS) == 14


def test_outlines_and_tilts_by_hand() -> None:
    rows = {
        ("square", False, True): ["..#..", ".###.", "#####", ".###.", "..#.."],
        ("square", True, False): ["#####", "#...#", "#...#", "#...#", "#####"],
        ("triangle", False, True): ["....###", ".######", "#######", ".#####.", "..####.", "...###.", "....#.."],
        ("cross", False, True): ["#...#", ".#.#.", "..#..", ".#.#.", "#...#"],
    }
    for (kind, outlined, tilted), expected in rows.items():
        figure = stamp(kind, len(expected), outlined, tilted)
        assert ["".join(".#"[pixel] for pixel in row) for row in figure.astype(int)] == expected


MIXED: dict[str, Any] = {
    "canvas": 24,
    "objects": [0, 1, 3],
    "object_size": [6, 8],
    "kinds": "mixed",
    "fill": "any",
    "tilt": "any",
    "label": "variant",
    "overlap": False,
}


def test_mixed_objects_have_masks_boxes_and_labels_that_agree() -> None:
    table = shapes(**MIXED).load(1)
    assert table.targets is None
    masks, boxes, labels = (table.offers[kind].values for kind in ("mask", "boxes", "labels"))
    names = table.offers["labels"].classes
    assert names == tuple(map(str, VARIANTS))
    assert table.offers["mask"].classes == ("background", *names)
    for mask, rows, label, image, count in zip(masks, boxes, labels, table.inputs, table.extra["objects"], strict=True):
        rebuilt, present = np.zeros_like(mask), set()
        assert (rows[:, 4] >= 0).sum() == count
        for top, left, bottom, right, number in rows[rows[:, 4] >= 0].astype(int):
            assert not rebuilt[top:bottom, left:right].any()  # apart from the others
            variant = VARIANTS[number]
            rebuilt[top:bottom, left:right] = (1 + number) * stamp(
                variant.kind, bottom - top, variant.outlined, variant.tilted
            )
            present.add(number)
        assert np.array_equal(mask, rebuilt)
        assert np.array_equal(image[0] > 0.5, mask > 0)
        assert set(np.flatnonzero(label)) == present
    assert (boxes[boxes[:, :, 4] < 0] == -1).all()
    assert set(table.extra["objects"]) == {0, 1, 3}


def test_later_objects_cover_earlier_ones_in_the_mask() -> None:
    table = shapes(objects=2, position="center", kinds="mixed").load(0)
    for mask, boxes in zip(table.offers["mask"].values, table.offers["boxes"].values, strict=True):
        first, last = boxes[:, 4].astype(int)
        top = stamp(CLASSES[last], 6)
        assert (mask[5:11, 5:11][top] == 1 + last).all()
        assert (mask[5:11, 5:11][stamp(CLASSES[first], 6) & ~top] == 1 + first).all()


def test_an_image_is_called_by_its_presence_kind_or_variant() -> None:
    attributes = {"fill": "any", "tilt": "any", "objects": [0, 1], "examples": 400}
    presence, kind, variant = (shapes(**attributes, label=label).load(2) for label in ("presence", "kind", "variant"))
    assert np.array_equal(presence.inputs, kind.inputs)
    assert np.array_equal(kind.inputs, variant.inputs)
    assert presence.classes == ("nothing", "object")
    assert kind.classes == ("nothing", *CLASSES)
    assert np.array_equal(presence.targets > 0, kind.targets > 0)
    assert np.array_equal(presence.targets, presence.extra["objects"])
    for told, other, outlined, tilted in zip(
        variant.targets, kind.targets, kind.extra["outlined"], kind.extra["tilted"], strict=True
    ):
        if told:
            assert VARIANTS[told - 1] == (CLASSES[other - 1], bool(outlined), bool(tilted))
    assert shapes(label="presence").load(0).targets is None  # every image has an object


def test_objects_apart_need_room() -> None:
    with pytest.raises(ConfigError, match=r"overlap: there is no room for 5 objects of 6 x 6 apart .* larger"):
        shapes(objects=5, overlap=False).load(0)


def test_keys_that_came_later_leave_identity_and_hash_as_they_were(config: Callable[..., dict[str, Any]]) -> None:
    plain = config("dataset=shapes")
    later = ("kinds", "fill", "tilt", "label", "overlap")
    earlier = {**plain, "dataset": {key: value for key, value in plain["dataset"].items() if key not in later}}
    assert identity(plain) == identity(earlier) == "4990ad6a"
    assert identity(config("dataset=shapes", "dataset.fill=any")) != identity(plain)
    table = shapes(kinds="same").load(0)
    assert table.hash == replace(table, offers={}).hash
    mixed = shapes(**MIXED).load(1)
    assert mixed.hash != replace(mixed, offers={}).hash
