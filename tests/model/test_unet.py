"""The U-Net: the sizes and weights of the published network, and each way to double a map."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from dlx.model.unet import UNet
from dlx.nn.upsampling import Doubling, Upsampling, doubled, unpooled
from dlx.spec import DataSpec

KINDS = get_args(Upsampling)


def unet(side: int = 16, **changed: Any) -> UNet:
    keys: dict[str, Any] = {"depth": 2, "width": 4, "skip": True, "upsample": "transposed", "padding": "same"}
    spec = DataSpec("image", (1, side, side), "mask", 2, form="map")
    keys = {**keys, "upsample_kernel_size": 2, **changed}
    return UNet(spec, nn.ReLU, lambda units, dimensions: nn.Identity(), 0.0, **keys)


def test_sizes_and_weights_of_the_published_network() -> None:
    """Ronneberger et al. 2015, figure 1: 572 -> 388; 31.03 million weights with one channel and two classes."""
    with torch.device("meta"):
        network = unet(572, depth=4, width=64, padding="valid")
        sizes = []
        for level in [*network.down, *network.merge]:
            level.register_forward_hook(lambda module, given, output: sizes.append(tuple(output.shape[1:])))
        assert network(torch.empty(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    down = [(64, 568, 568), (128, 280, 280), (256, 136, 136), (512, 64, 64), (1024, 28, 28)]
    assert sizes == [*down, (512, 52, 52), (256, 100, 100), (128, 196, 196), (64, 388, 388)]
    assert sum(weight.numel() for weight in network.parameters()) == 31_030_658


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_sides_are_doubled_exactly(kind: Any, kernel: int) -> None:
    x, where = torch.randn(2, 6, 4, 3), torch.zeros(2, 5, 4, 3, dtype=torch.long)
    assert Doubling(kind, 6, 5, kernel)(x, where if kind == "unpooling" else None).shape == (2, 5, 8, 6)


def test_doubling_by_hand() -> None:
    x = torch.randn(2, 4, 6, 6)
    assert torch.equal(doubled(x, "nearest"), x.repeat_interleave(2, 2).repeat_interleave(2, 3))
    pooled, where = F.max_pool2d(x, 2, return_indices=True)
    assert torch.equal(unpooled(pooled, where), F.max_unpool2d(pooled, where, 2))
    # A sub-pixel convolution is a transposed one whose 2x2 kernels are the four groups of channels (Shi et al. 2016).
    shuffle, transposed = Doubling("pixel_shuffle", 4, 3, 1), Doubling("transposed", 4, 3, 2)
    weight = shuffle.weights.weight[:, :, 0, 0].view(3, 2, 2, 4).permute(3, 0, 1, 2)  # type: ignore[union-attr, index]
    transposed.weights.weight.data = weight  # type: ignore[union-attr]
    shuffle.weights.bias.data.zero_(), transposed.weights.bias.data.zero_()  # type: ignore[union-attr]
    torch.testing.assert_close(shuffle(x), transposed(x))


def test_without_skip_connections_locations_pass_the_narrowest_map_only() -> None:
    """A shift by one pixel inside the blocks of the lowest map is visible in the output through the skips."""
    torch.manual_seed(0)
    for skip in (True, False):
        network = unet(skip=skip).eval()
        for level in network.down[1:]:
            for layer in level:
                layer[0].weight.data.zero_()  # nothing comes from below
        constant = network(torch.randn(2, 1, 16, 16))[:, :, 4:-4, 4:-4].diff(dim=0).abs().max() < 1e-7
        assert constant == (not skip)


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once_as_one_by_one_and_at_another_size(kind: Any) -> None:
    networks = [unet(upsample=kind) for _ in range(2)]
    tensors, _ = stack_module_state(networks)
    x = torch.randn(2, 3, 1, 24, 24)  # trained for 16x16

    def loss(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(networks[0], weights, (x,)).square().mean()

    together = vmap(grad(loss))(tensors, x)
    for number, network in enumerate(networks):
        network(x[number]).square().mean().backward()
        for name, weight in network.named_parameters():
            torch.testing.assert_close(together[name][number], weight.grad)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"side": 12, "depth": 3}, r"depth: images of 12x12 .* maps of 3x3 after 2 halvings.* depth at most 2 or"),
        ({"side": 15}, "after 0 halvings, which cannot be halved without a remainder; expected another size"),
        ({"side": 20, "padding": "valid"}, "padding: images of 20x20 are too small for depth=2"),
        ({"upsample": "unpooling", "padding": "valid"}, "upsample: unpooling needs .*expected padding=same"),
    ],
)
def test_mistakes(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unet(**keys)
