"""Hand-made filters against scipy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.initializer.edges import bank

Config = Callable[..., dict[str, Any]]


def test_the_bank_is_scipys() -> None:
    image = np.random.default_rng(0).normal(size=(9, 9))
    axes = {"axis": 1, "mode": "constant"}
    theirs = [
        ndimage.sobel(image, **axes) / 12**0.5,
        ndimage.sobel(image, axis=0, mode="constant") / 12**0.5,
        ndimage.prewitt(image, **axes) / 6**0.5,
        ndimage.prewitt(image, axis=0, mode="constant") / 6**0.5,
        ndimage.laplace(image, mode="constant") / 20**0.5,
    ]
    maps = torch.conv2d(torch.from_numpy(image)[None, None], bank()[:, None].double(), padding=1)[0].numpy()
    for number, expected in zip((0, 4, 8, 10, 12), theirs, strict=True):
        np.testing.assert_allclose(maps[number][1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-6)
        np.testing.assert_allclose(maps[number + 1], -maps[number], atol=1e-6)


def test_no_filter_answers_to_a_constant_and_all_are_different() -> None:
    filters = bank().flatten(1)
    torch.testing.assert_close(filters.sum(1), torch.zeros(16), atol=1e-6, rtol=0)
    torch.testing.assert_close(filters.norm(dim=1), torch.ones(16))
    assert len(torch.unique((filters * 1e4).round(), dim=0)) == 16


def test_fills_the_first_convolution_and_draws_the_others(config: Config) -> None:
    words = ("model=cnn", "model.depth=3", "model.width=20", "model.kernel_size=5", "initializer=edges")
    one, other = (assemble(config(*words, f"streams.init={seed}")).network() for seed in (1, 2))
    first = one.hidden[0][0].weight
    assert torch.equal(first, other.hidden[0][0].weight)
    torch.testing.assert_close(first[:16, 0, 1:4, 1:4], 2**0.5 * bank())
    assert torch.equal(first[16:], first[:4])  # further units begin anew
    assert (first[..., 0] == 0).all()
    second = one.hidden[1][0].weight
    assert not torch.equal(second, other.hidden[1][0].weight)
    assert second.var().item() == pytest.approx(2 / (20 * 25), rel=0.05)


def test_needs_kernels_over_images(config: Config) -> None:
    with pytest.raises(ConfigError, match="initializer: edges needs convolutions of at least 3 x 3 over images"):
        assemble(config("initializer=edges"))
    with pytest.raises(ConfigError, match="initializer: edges"):
        assemble(config("initializer=edges", "model=cnn", "model.kernel_size=2"))
