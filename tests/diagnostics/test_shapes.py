"""Shapes by hand."""

from __future__ import annotations

import torch
from torch import nn

from dlx.contracts import Batch
from dlx.diagnostics.shapes import Shapes


def test_by_hand() -> None:
    network = nn.Sequential(nn.Conv2d(1, 3, 3, stride=2), nn.Flatten(), nn.Linear(27, 5))
    values = Shapes(every=1).measure(network, Batch(torch.ones(1, 1, 8, 8), None), None, None)  # type: ignore[arg-type]
    shapes = {name.removeprefix("shape/"): int(value) for name, value in values.items()}
    assert shapes == {
        "0/0": 3,
        "0/1": 3,
        "0/2": 3,
        "0/values": 27,
        "1/0": 27,
        "1/values": 27,
        "2/0": 5,
        "2/values": 5,
    }


def test_recurrent_layer_gives_its_states() -> None:
    network = nn.Sequential(nn.LSTM(2, 4, batch_first=True))
    values = Shapes(every=1).measure(network, Batch(torch.ones(1, 6, 2), None), None, None)  # type: ignore[arg-type]
    assert {name: int(v) for name, v in values.items()} == {"shape/0/0": 6, "shape/0/1": 4, "shape/0/values": 24}
