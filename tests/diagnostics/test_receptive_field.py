"""Receptive fields against what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.diagnostics.receptive_field import ReceptiveField
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.spec import DataSpec

IMAGE = DataSpec("image", (1, 21, 21), "class", 2)


def measured(network: nn.Module, inputs: Tensor) -> dict[str, float]:
    diagnostic = ReceptiveField(IMAGE, every=1, examples=16)
    values = diagnostic.measure(network.eval(), Batch(inputs, None), None, None)  # type: ignore[arg-type]
    return {name.removeprefix("receptive_field/"): float(value) for name, value in values.items()}


def test_stack_of_convolutions_with_pooling_and_dilation() -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3),  # 3
        nn.ReLU(),
        nn.Conv2d(3, 3, 3),  # 5
        nn.MaxPool2d(2),  # 6, and two pixels from one unit to the next
        nn.Conv2d(3, 2, 3),  # 6 + 2 * 2 = 10
        nn.Conv2d(2, 2, 2, dilation=2),  # 10 + 1 * 2 * 2 = 14
    )
    values = measured(network, torch.randn(16, 1, 21, 21))
    assert [values[f"theoretical/{layer}"] for layer in "0245"] == [3, 5, 10, 14]
    assert all(values[f"effective/{layer}"] <= values[f"theoretical/{layer}"] for layer in "0245")
    assert values["theoretical/output"] == 20  # halving 17 leaves the last row out


def test_zero_weights_and_dead_units_hide_nothing() -> None:
    """What could reach a unit does not depend on the weights; what does reach it, does."""
    network = nn.Sequential(nn.Conv2d(1, 2, 5), nn.ReLU())
    nn.init.zeros_(network[0].weight)
    network[0].weight.data[:, :, 2, 2] = 1
    values = measured(network, torch.randn(16, 1, 21, 21))
    assert (values["theoretical/0"], values["effective/0"]) == (5, 1)


def test_border_cuts_the_field_off() -> None:
    network = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(20)])
    assert measured(network, torch.randn(16, 1, 7, 7))["theoretical/19"] == 7


def test_deep_stacks_see_less_than_they_could() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(*[nn.Conv2d(4 if n else 1, 4, 3) for n in range(10)])
    values = measured(network, torch.randn(16, 1, 31, 31))
    assert values["theoretical/9"] == 21
    assert values["effective/9"] < 0.8 * 21


class Last(nn.Module):
    """The last step's output of a recurrent layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0][:, -1]


class Window(nn.Module):
    """A convolution over the last steps."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(2, 3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.transpose(1, 2))[:, :, -1]


def test_over_time() -> None:
    inputs = torch.randn(16, 12, 2)
    assert measured(Last(nn.LSTM(2, 4, batch_first=True)), inputs)["theoretical/output"] == 12
    assert measured(Window(), inputs)["theoretical/output"] == 4
    forgetful = Last(nn.RNN(2, 4, batch_first=True))
    forgetful.layer.weight_hh_l0.data *= 1e-3
    values = measured(forgetful, inputs)
    assert (values["theoretical/output"], values["effective/output"]) == (12, 1)


def test_in_a_run(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(
        "model=cnn",
        "model.depth=3",
        "model.kernel_size=3",
        "model.pooling=none",
        "diagnostics=receptive_field",
        "trainer.max_epochs=0",
        "trainer.accelerator=cpu",
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    fields = [v for name, v in metrics.items() if name.startswith("receptive_field/theoretical/hidden")]
    assert fields == [3, 5]


def test_vectors_have_no_place(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"diagnostics\.receptive_field: looks at images and sequences"):
        assemble(config("diagnostics=receptive_field"))


def test_weights_written_as_length_and_direction_see_the_same() -> None:
    plain = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 5, padding=2))
    inputs = torch.randn(4, 1, 16, 16)
    wanted = measured(plain, inputs)
    for layer in (plain[0], plain[2]):
        weight_norm(layer, "weight", dim=0)
    assert measured(plain, inputs) == pytest.approx(wanted)
    assert wanted["theoretical/2"] == 7
