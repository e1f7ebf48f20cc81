"""Smoothness and sums of kernels by hand, and the picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.diagnostics.filters import Filters, picture, smoothness
from dlx.errors import ConfigError
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]


def test_constant_chessboard_and_edge() -> None:
    chess = torch.tensor([[1.0, -1, 1], [-1, 1, -1], [1, -1, 1]])
    edge = torch.tensor([[-1.0, 0, 1]] * 3)  # beside: 0 of 3; above: 4 of 4 in squares / 2
    kernels = torch.stack([torch.ones(3, 3), chess, edge, torch.zeros(3, 3)])[:, None]
    assert smoothness(kernels).flatten().tolist() == pytest.approx([1, -1, 4 / 7, 0])


def test_independent_weights_are_not_smooth() -> None:
    kernels = torch.randn(4000, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    assert smoothness(kernels).mean().item() == pytest.approx(0, abs=0.01)


def test_the_first_convolution_is_measured() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 2, 3), nn.Conv2d(2, 2, 3))
    network[1].weight.data = torch.tensor([[-1.0, 0, 1]] * 3).expand(2, 4, 3, 3).clone()
    values = Filters(every=1).measure(network, Batch(torch.zeros(1), None), None, None)  # type: ignore[arg-type]
    assert values["filter/smoothness"].item() == pytest.approx(4 / 7)
    assert values["filter/sum"].item() == 0


def test_the_picture_holds_each_kernel() -> None:
    kernels = torch.tensor([[[-2.0, 0], [0, 2]], [[0, 1], [1, 0]], [[1, 1], [1, 1]]])
    image = picture(kernels)
    assert image.shape == (36, 36, 3)  # 2 x 2 squares of 2 x 8 pixels and a frame
    first = image[1:17, 1:17, 0]
    assert first[0, 0] == 0  # the lowest weight is black
    assert first[0, 15] == 0.5
    assert first[15, 15] == 1
    assert (image[19:35, 1:17] == 1).all()
    assert (image[18:, 18:] == 0.5).all()  # no fourth kernel


def test_tensorboard_shows_the_picture(config: Config, tmp_path: Path) -> None:
    words = ("model=cnn", "model.width=4", "diagnostics=filters", "diagnostics.filters.every=1")
    composed = config(*words, "trainer.max_epochs=1", "trainer.max_steps=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert -1 <= metrics["filter/smoothness"] <= 1
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert [image.step for image in events.Images("picture/filters")] == [0, 2]


def test_needs_kernels(config: Config) -> None:
    with pytest.raises(ConfigError, match="looks at the kernels of a 2-D convolution"):
        assemble(config("diagnostics=filters"))
