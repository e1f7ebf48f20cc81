"""Changes of the test images: by the amount that their name says."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from dlx.data.image_transforms import EXAMPLES, Transform
from dlx.data.warp import rotation, sample, scaling, shearing, warp
from dlx.errors import ConfigError

IMAGES = torch.rand(40, 2, 9, 9, generator=Generator().manual_seed(0))


def changed(name: str) -> torch.Tensor:
    """Return the images under a transform."""
    transform, generator = Transform.parse(name), Generator().manual_seed(0)
    grid = transform.grid(IMAGES, generator)
    return transform.change_images(IMAGES, generator) if grid is None else sample(IMAGES, grid)


@pytest.mark.parametrize(("name", "make"), [("rotation_15", rotation), ("shear_30", shearing)])
def test_angles_go_either_way(name: str, make) -> None:
    amount = float(name.partition("_")[2])
    ways = [warp(IMAGES, make(torch.full((40,), sign * amount))) for sign in (1, -1)]
    found = [torch.isclose(changed(name), way, atol=1e-5).flatten(1).all(1) for way in ways]
    assert (found[0] ^ found[1]).all()
    assert 8 < found[0].sum() < 32


def test_translation_is_exact_in_one_of_four_directions() -> None:
    moved, counts = changed("translation_3"), [0, 0, 0, 0]
    for image, before in zip(moved, IMAGES, strict=True):
        ways = [torch.zeros_like(before) for _ in range(4)]
        ways[0][:, 3:], ways[1][:, :-3] = before[:, :-3], before[:, 3:]
        ways[2][:, :, 3:], ways[3][:, :, :-3] = before[:, :, :-3], before[:, :, 3:]
        counts[[torch.equal(image, way) for way in ways].index(True)] += 1
    assert min(counts) > 2


def test_scale_flip_and_noise() -> None:
    torch.testing.assert_close(changed("scale_0.7"), warp(IMAGES, scaling(torch.full((40,), 0.7))))
    assert torch.equal(changed("flip"), IMAGES.flip(3))
    assert (changed("noise_0.3") - IMAGES).std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_valid_and_repeat(name: str) -> None:
    assert torch.equal(changed(name), changed(name))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rotate_15", "no such transform 'rotate_15'; did you mean 'rotation_15'"),
        ("rotation", "'rotation': expected a number above 0 and below 360 behind rotation, as in rotation_15"),
        ("rotation_x", "expected a number above 0"),
        ("rotation_-5", "expected a number above 0"),
        ("translation_1.5", "expected a whole number of pixels above 0"),
        ("shear_90", "below 90"),
        ("flip_2", "expected nothing behind flip, as in flip"),
        ("scale_nan", "expected a number above 0 behind scale"),
        ("noise_inf", "expected a number above 0"),
    ],
)
def test_mistakes(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Transform.parse(name)
