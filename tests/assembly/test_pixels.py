"""Networks whose output is a map: an output at every place, and a refusal where the objective needs more of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError

Config = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("model", ["cnn model.pooling=none model.width=4", "resnet model.blocks=[1] model.width=4"])
def test_the_output_at_a_place_depends_on_what_is_near_it(model: str, config: Config) -> None:
    """With three layers of kernel size 3 (cnn: two) a pixel reaches 3 (2) pixels far, and the output keeps the size."""
    assembly = assemble(config("objective=reconstruction", *f"model={model}".split()))
    network = assembly.network().eval()
    image = torch.randn(1, 1, 8, 8)
    changed = image.clone()
    changed[0, 0, 0, 0] += 1
    moved = (network(changed) - network(image))[0, 0].abs() > 0
    reach = 3 if model.startswith("cnn") else 4
    assert moved.shape == (8, 8)
    assert moved[0, 0]
    assert not moved[reach:].any()
    assert not moved[:, reach:].any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("model=cnn", r"model=cnn: its pooling and strides make one output out of 4x4 pixels"),
        ("model=cnn model.pooling=none model.stride=2", "one output out of 4x4 pixels"),
        ("model=resnet", "one output out of 4x4 pixels"),
        ("model=cnn model.pooling=none model.padding=valid", "model.padding: leaves 4x4 outputs for images of 8x8"),
    ],
)
def test_too_few_outputs(words: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("objective=reconstruction", *words.split()))
