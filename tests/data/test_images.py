"""Images are placed, sampled and quantized as the textbooks say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlx.config.identity import canonical
from dlx.config.shared_keys import TablePreparation
from dlx.data.images import change_images, permute, place, quantize, sample
from dlx.data.raw import Table
from dlx.dataset.digits import Digits
from dlx.errors import ConfigError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((60, 2, 6, 5)).astype(np.float32)


@pytest.mark.parametrize("position", ["center", "random", "border"])
def test_a_canvas_holds_the_whole_image_and_black(position: str) -> None:
    placed = place(IMAGES, 9, position, np.random.default_rng(1))
    corners = []
    for image, canvas in zip(IMAGES, placed, strict=True):
        rows, columns = np.nonzero(canvas[0])[0].min(), np.nonzero(canvas[0])[1].min()
        assert np.array_equal(canvas[:, rows : rows + 6, columns : columns + 5], image)
        assert np.count_nonzero(canvas) == np.count_nonzero(image)
        corners.append((rows, columns))
    if position == "center":
        assert set(corners) == {(1, 2)}
    if position == "random":
        assert {row for row, _ in corners} == {0, 1, 2, 3}
    if position == "border":
        assert all(row in (0, 3) or column in (0, 4) for row, column in corners)
        assert len(set(corners)) > 8


def test_sampling_with_and_without_a_low_pass() -> None:
    assert np.array_equal(sample(IMAGES, 2, False), IMAGES[:, :, ::2, ::2][:, :, :3, :2])
    truth = F.avg_pool2d(torch.from_numpy(IMAGES), 2).numpy()
    np.testing.assert_allclose(sample(IMAGES, 2, True), truth, rtol=1e-6)
    checkers = np.indices((8, 8)).sum(0)[None, None] % 2  # the finest pattern there is
    assert sample(checkers.astype(np.float32), 2, False).max() == 0  # aliased to plain black
    assert (sample(checkers.astype(np.float32), 2, True) == 0.5).all()


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_quantization_has_so_many_levels_and_the_error_of_the_theory(bits: int) -> None:
    ramp = np.linspace(0, 16, 100_001, dtype=np.float64).reshape(1, 1, 1, -1)
    levels = quantize(ramp, bits, 16.0)
    np.testing.assert_allclose(np.unique(levels), np.linspace(0, 16, 2**bits), atol=1e-9)
    step = 16 / (2**bits - 1)
    assert ((levels - ramp) ** 2).mean() == pytest.approx(step**2 / 12, rel=1e-3)  # Bennett 1948


@pytest.mark.parametrize(("bits", "levels"), [(1, 2), (2, 4), (8, 17)])
def test_digits_are_quantized_between_their_own_black_and_white(bits: int, levels: int) -> None:
    table = Digits().load(0)
    changed = change_images(table, TablePreparation(bits=bits), np.random.default_rng(0)).inputs
    assert len(np.unique(changed)) == levels
    assert np.abs(changed - table.inputs).max() <= 8 / (2**bits - 1) + 1e-5  # half a step; the digits have 17 levels


def test_permuted_pixels_are_the_same_for_all_images_and_channels() -> None:
    numbered = np.broadcast_to(np.arange(30).reshape(5, 6), (3, 2, 5, 6))
    moved = permute(numbered, np.random.default_rng(0))
    assert sorted(moved[0, 0].ravel()) == list(range(30))
    assert (moved == moved[0, 0]).all()
    assert not np.array_equal(moved[0, 0], numbered[0, 0])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"canvas": 5}, "dataset.canvas: expected at least the image's side 6, got 5"),
        ({"position": "border"}, "dataset.position: border needs a larger canvas"),
        ({"stride": 6}, "dataset.stride: expected at most the image's side 5"),
        ({"antialias": True}, "dataset.antialias: needs dataset.stride"),
    ],
)
def test_mistakes(keys: dict[str, Any], message: str) -> None:
    table = Table(IMAGES, np.zeros(60), "image")
    with pytest.raises(ConfigError, match=message):
        change_images(table, TablePreparation(**keys), RANDOM)


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ({}, True),
        ({"bits": 1}, True),
        ({"stride": 2}, False),
        ({"permute_pixels": True}, False),
        ({"canvas": 9}, False),
    ],
)
def test_masks_and_boxes_are_left_out_where_pixels_are_moved(key: dict[str, Any], kept: bool) -> None:
    places = {"mask": IMAGES[:, 0] > 0.5, "box": np.zeros((60, 1, 4))}
    table = Table(IMAGES, np.zeros(60, int), "image", extra={**places, "size": np.ones(60)})
    extra = change_images(table, TablePreparation(**key), np.random.default_rng(0)).extra
    assert set(extra) == ({"mask", "box", "size"} if kept else {"size"})


def test_only_quantized_digits_have_a_new_identity(config: Callable[..., dict[str, Any]]) -> None:
    assert "white" in canonical(config("dataset=digits", "dataset.bits=2"))["dataset"]
    for words in (["dataset=digits"], ["dataset=shapes", "model=cnn", "dataset.bits=2"], ["dataset=flip_flop"]):
        assert "white" not in canonical(config(*words))["dataset"]
