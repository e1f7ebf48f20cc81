"""Each augmentation draws what it says, keeps black black, and repeats with its generator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Generator, Tensor

from dlx.augmentation.affine import Affine
from dlx.augmentation.brightness import Brightness
from dlx.augmentation.color import Color
from dlx.augmentation.contrast import Contrast
from dlx.augmentation.cutout import Cutout
from dlx.augmentation.flip import Flip
from dlx.augmentation.noise import Noise
from dlx.augmentation.rotation import Rotation
from dlx.augmentation.scale import Scale
from dlx.augmentation.shear import Shear
from dlx.augmentation.translation import Translation
from dlx.data.warp import rotation, sample, scaling, shearing, uniform, warp

SHAPE = (3, 10, 12)
IMAGES = torch.rand(500, *SHAPE, generator=Generator().manual_seed(0))
ALL = {
    "rotation": Rotation(degrees=20.0),
    "scale": Scale(factor=0.7),
    "shear": Shear(degrees=20.0),
    "translation": Translation(SHAPE, pixels=2),
    "flip": Flip(horizontal=True, vertical=True),
    "affine": Affine(degrees=20.0, factor=0.8, shear=10.0, pixels=1.0),
    "noise": Noise(sd=0.5),
    "brightness": Brightness(strength=0.4),
    "contrast": Contrast(strength=0.6),
    "color": Color(SHAPE, strength=0.3),
    "cutout": Cutout(SHAPE, size=4),
}


def apply(augmentation: Any, images: Tensor = IMAGES, seed: int = 0) -> Tensor:
    """Return the images that an augmentation gives."""
    generator = Generator().manual_seed(seed)
    grid = augmentation.grid(images, generator)
    return augmentation.change_images(images, generator) if grid is None else sample(images, grid)


@pytest.mark.parametrize("name", ALL)
def test_pure_repeatable_and_different_for_each_image(name: str) -> None:
    before = IMAGES.clone()
    images = apply(ALL[name], seed=3)
    assert torch.equal(IMAGES, before)
    assert images.shape == IMAGES.shape
    assert torch.equal(images, apply(ALL[name], seed=3))
    assert not torch.equal(images, apply(ALL[name], seed=4))
    same = IMAGES[:1].expand(50, -1, -1, -1)
    changed = apply(ALL[name], same)
    assert len({image.numpy().tobytes() for image in changed}) > 3


@pytest.mark.parametrize("name", ["rotation", "scale", "shear", "translation", "flip", "affine", "color", "cutout"])
def test_black_stays_black(name: str) -> None:
    assert not apply(ALL[name], torch.zeros_like(IMAGES[:20])).any()


@pytest.mark.parametrize("name", ALL)
def test_says_whether_it_needs_to_know_where_black_lies(name: str) -> None:
    moved = apply(ALL[name], IMAGES + 1) - 1
    same = torch.allclose(moved, apply(ALL[name]), atol=1e-5)
    assert same != getattr(ALL[name], "needs_black", True)


def test_geometric_maps_are_those_of_the_drawn_amounts() -> None:
    draw = Generator().manual_seed(0)
    torch.testing.assert_close(apply(ALL["rotation"]), warp(IMAGES, rotation(uniform(500, -20, 20, draw))))
    draw = Generator().manual_seed(0)
    torch.testing.assert_close(apply(ALL["shear"]), warp(IMAGES, shearing(uniform(500, -20, 20, draw))))
    factor = 0.7 ** (1 - 2 * torch.rand(500, generator=Generator().manual_seed(0)))
    torch.testing.assert_close(apply(ALL["scale"]), warp(IMAGES, scaling(factor)), rtol=1e-3, atol=1e-3)
    assert factor.min() > 0.7
    assert factor.max() < 1 / 0.7


def test_affine_is_scipys_map_of_the_drawn_amounts() -> None:
    """First the lean, then the turn, the scaling and the shift: written out, in the order of the draws."""
    augmentation = Affine(degrees=20.0, factor=0.8, shear=10.0, pixels=1.5)
    found = apply(augmentation, IMAGES[:20], seed=5)
    draw, low = Generator().manual_seed(5), (math.log(0.8), -20, -10, -1.5, -1.5)
    drawn = [uniform(20, least, -least, draw).double().numpy() for least in low]
    for number, (size, angle, lean, right, down) in enumerate(zip(*drawn, strict=True)):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        turn, shear = np.array([[c, s], [-s, c]]), np.array([[1, math.tan(math.radians(lean))], [0, 1]])  # y goes down
        forward = math.exp(size) * turn @ shear
        back = np.linalg.inv(forward)[::-1, ::-1]  # (row, column)
        center = (np.array(SHAPE[1:]) - 1) / 2
        for channel in range(3):
            image = IMAGES[number, channel].double().numpy()
            offset = center - back @ (center + np.array([down, right]))
            truth = ndimage.affine_transform(image, back, offset, order=1, mode="grid-constant", cval=0)
            np.testing.assert_allclose(found[number, channel], truth, atol=2e-5)


def test_translation_draws_every_shift_equally_often() -> None:
    dot = torch.zeros(5000, 1, 5, 5)
    dot[:, :, 2, 2] = 1
    moved = apply(Translation(dot.shape[1:], pixels=2), dot)
    assert (moved.flatten(1).sum(1) == 1).all()
    torch.testing.assert_close(moved.mean((0, 1)), torch.full((5, 5), 0.04), atol=0.012, rtol=0)


def test_flip_mirrors_half_of_the_images() -> None:
    flipped = apply(Flip(horizontal=True, vertical=False))
    same = (flipped == IMAGES).flatten(1).all(1)
    assert same.float().mean() == pytest.approx(0.5, abs=0.07)
    assert torch.equal(flipped[~same], IMAGES[~same].flip(3))
    with pytest.raises(ValueError, match="expected at least one to be true"):
        Flip(horizontal=False, vertical=False)


def test_noise_has_its_standard_deviation() -> None:
    noise = apply(ALL["noise"]) - IMAGES
    assert noise.std() == pytest.approx(0.5, rel=0.01)
    assert noise.mean() == pytest.approx(0, abs=0.01)


def test_brightness_adds_one_number_to_an_image() -> None:
    added = apply(ALL["brightness"]) - IMAGES
    assert added.flatten(1).std(1).max() < 1e-6
    numbers = added[:, 0, 0, 0]
    assert numbers.abs().max() <= 0.4
    assert numbers.std() == pytest.approx(0.4 / 3**0.5, rel=0.1)


def test_contrast_keeps_the_mean_and_scales_the_rest() -> None:
    changed = apply(ALL["contrast"])
    torch.testing.assert_close(changed.mean((2, 3)), IMAGES.mean((2, 3)))
    factor = changed.std((2, 3)) / IMAGES.std((2, 3))
    torch.testing.assert_close(factor[:, 0], factor[:, 2])
    assert 0.4 <= factor.min() < 0.45
    assert 1.55 < factor.max() <= 1.6


def test_color_scales_each_channel_by_itself() -> None:
    factor = apply(ALL["color"]) / IMAGES
    torch.testing.assert_close(factor.amax((2, 3)), factor.amin((2, 3)))
    factor = factor[:, :, 0, 0]
    assert (factor - 1).abs().max() <= 0.3 + 1e-6
    assert torch.corrcoef(factor.T)[0, 1].abs() < 0.15
    with pytest.raises(ValueError, match="color needs images of several channels"):
        Color((1, 8, 8), strength=0.3)


def test_cutout_covers_one_square() -> None:
    holes = apply(Cutout(SHAPE, size=4), torch.ones_like(IMAGES)) == 0
    assert torch.equal(holes[:, 0], holes[:, 2])
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), rows * columns)  # a rectangle
    assert rows.max() == columns.max() == 4
    assert rows.min() == 2  # at the border a part lies outside
    assert ((rows == 4) & (columns == 4)).float().mean() > 0.4
