"""Grad-CAM of networks whose maps are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.diagnostics.cam import class_maps
from dlx.diagnostics.grad_cam import gradient_maps
from dlx.errors import ConfigError
from dlx.nn.head import Head

Config = Callable[..., dict[str, Any]]


class Maps(nn.Module):
    """Three feature maps, their global mean, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.head, self.output = nn.Conv2d(1, 3, 3, padding=1), Head("global_avg"), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.head(self.hidden(x)))


def test_it_is_the_positive_class_activation_map_behind_global_average_pooling() -> None:
    """Selvaraju et al. 2017, section 3.1: the weights of Grad-CAM are those of CAM, but for the number of positions."""
    network = Maps()
    images = torch.randn(5, 1, 6, 4, generator=torch.Generator().manual_seed(0))
    classes = torch.tensor([0, 1, 0, 1, 1])
    expected = class_maps(network, images, classes).clamp_min(0) / 24
    assert torch.allclose(gradient_maps(network, images, classes).double(), expected, atol=1e-6)


def test_small_maps_are_enlarged_to_the_image() -> None:
    network = nn.Sequential(nn.Conv2d(1, 3, 2, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2))
    maps = gradient_maps(network, torch.randn(3, 1, 4, 4), torch.tensor([0, 1, 0]))
    assert maps.shape == (3, 4, 4)
    assert (maps >= 0).all()


def test_needs_feature_maps(config: Config) -> None:
    with pytest.raises(ConfigError, match="needs feature maps of convolutions, this network has none; try model=cnn"):
        assemble(config("diagnostics=grad_cam", "model=locally_connected", "model.width=2"))
    with pytest.raises(ConfigError, match="needs images and their classes"):
        assemble(config("diagnostics=grad_cam", "dataset=iris"))
