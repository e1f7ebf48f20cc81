"""The share of a pattern of period two: of known patterns, of white noise, and of networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.diagnostics.checkerboard import Checkerboard, highest_share
from dlx.errors import ConfigError
from dlx.spec import DataSpec

SPEC = DataSpec("image", (1, 8, 7), "self", 1)
Config = Callable[..., dict[str, Any]]


def test_known_patterns() -> None:
    row, column = torch.arange(8)[:, None], torch.arange(6)[None]
    board, stripes = ((-1.0) ** (row + column)).float(), ((-1.0) ** row * torch.ones(1, 6)).float()
    wave = torch.cos(2 * torch.pi * row / 8) * torch.ones(1, 6)
    shares = [float(highest_share(maps)) for maps in (board + 5, stripes, wave, torch.ones(8, 6))]
    assert shares == pytest.approx([1, 1, 0, 0], abs=1e-6)
    assert float(highest_share(board + wave)) == pytest.approx(1 / 1.5, abs=1e-6)  # energies 1 and 1/2


def test_white_noise_has_a_ratio_of_one() -> None:
    noise = torch.randn(400, 1, 8, 7, generator=torch.Generator().manual_seed(0))
    given: Any = (torch.nn.Identity(), type("Only", (), {"inputs": noise})(), None, None)
    found = Checkerboard(SPEC, every=1, examples=64).measure(*given)
    assert float(found["checkerboard/ratio"]) == pytest.approx(1, abs=0.05)


def test_only_maps(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"diagnostics.checkerboard: needs outputs that are a map; try model=unet"):
        assemble(config("diagnostics=checkerboard", "dataset.limit=20"))
    with pytest.raises(ConfigError, match=r"diagnostics.checkerboard: needs outputs that are a map; try model=unet"):
        assemble(config("diagnostics=checkerboard", "model=gan", "dataset=digits", "dataset.limit=20"))
