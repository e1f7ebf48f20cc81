"""The vision transformer against torch's TransformerEncoder on patches cut by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.model.vit import ViT
from dlx.normalization.layer import Layer
from dlx.spec import DataSpec
from tests.model.test_transformer import torchs

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("image", (3, 8, 4), "class", 5)
KEYS: dict[str, Any] = {
    "patch": 2, "depth": 2, "width": 8, "heads": 2, "feedforward": 20, "positions": "learned", "pooling": "token",
}  # fmt: skip


def vit(**keys: Any) -> ViT:
    torch.manual_seed(0)
    network = ViT(SPEC, nn.GELU, Layer(eps=1e-5, affine=True), 0.0, **{**KEYS, **keys}).double()
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) / 2
    return network


def images() -> Tensor:
    return torch.randn(4, 3, 8, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def patches(x: Tensor) -> Tensor:
    """Return patches (batch, 8, 12), row by row, each as channels, rows and columns."""
    cut = [x[:, :, row : row + 2, column : column + 2].flatten(1) for row in range(0, 8, 2) for column in (0, 2)]
    return torch.stack(cut, 1)


@pytest.mark.parametrize("pooling", ["token", "mean"])
def test_it_is_torchs_encoder_on_patches(pooling: str) -> None:
    network, x = vit(pooling=pooling), images()
    steps = patches(x) @ network.embedding.weight.flatten(1).T + network.embedding.bias
    if network.token is not None:
        steps = torch.cat([network.token.expand(4, 1, 8), steps], 1)
    (vectors,) = network.positions.parameters()
    expected = torchs(network, True, nn.GELU())(steps + vectors)  # type: ignore[arg-type]
    torch.testing.assert_close(network.states(x), expected, rtol=0, atol=1e-6)
    pooled = expected[:, 0] if pooling == "token" else expected.mean(1)
    torch.testing.assert_close(network(x), pooled @ network.output.weight.T + network.output.bias, rtol=0, atol=1e-6)


def test_without_positions_the_patches_are_a_set() -> None:
    x = images()
    swapped = torch.cat([x[:, :, 4:], x[:, :, :4]], 2)
    network = vit(positions="none")
    torch.testing.assert_close(network(swapped), network(x))
    assert not torch.allclose(vit()(swapped), vit()(x))


def test_the_published_network_has_as_many_parameters() -> None:
    """ViT-B/16 of Dosovitskiy et al. 2021, table 1: 86 million, by torchvision 86,567,656 with 1,000 classes."""
    spec = DataSpec("image", (3, 224, 224), "class", 1000)
    keys = {**KEYS, "patch": 16, "depth": 12, "width": 768, "heads": 12, "feedforward": 3072}
    with torch.device("meta"):
        network = ViT(spec, nn.GELU, Layer(eps=1e-6, affine=True), 0.0, **keys)
    assert sum(parameter.numel() for parameter in network.parameters()) == 86_567_656


def test_bad_input(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"model.patch: expected a divisor of the image's sides 8 and 8, got 3"):
        assemble(config("model=vit", "model.patch=3"))
    with pytest.raises(ConfigError, match=r"model=vit needs images; .*try dataset=digits"):
        assemble(config("model=vit", "dataset=iris"))
