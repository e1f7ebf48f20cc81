"""The cost of an activation: ReLU beside itself is 1, what has more arithmetic takes longer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dlx.job import activation_cost
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]


def measured(config: Config, folder: Path, activation: str, *more: str) -> dict[str, float]:
    words = ("job=activation_cost", f"activation={activation}", *more)
    return run(config(*words), folder / activation, raises=True)["metrics"]


def test_figures_are_medians_of_what_the_clock_says(config: Config, tmp_path: Path, monkeypatch) -> None:
    passes: dict[str, list[tuple[float, float, float]]] = {"Tanh": [], "ReLU": []}

    def clock(activation: nn.Module, x: torch.Tensor) -> tuple[float, float, float]:
        assert x.shape == (1000, 1)
        seen = passes[type(activation).__name__]
        scale = (1.0 if isinstance(activation, nn.ReLU) else 4.0) * (10.0 if len(seen) == 1 else 1.0)  # a busy spell
        seen.append((scale, 2 * scale, 3 * scale))
        return seen[-1]

    monkeypatch.setattr(activation_cost, "timed", clock)
    found = measured(config, tmp_path, "tanh", "job.elements=1000", "job.repeats=3")
    assert {name: len(seen) for name, seen in passes.items()} == {"Tanh": 3, "ReLU": 3}
    assert found["seconds/forward"] == pytest.approx(4 / 1000)
    assert found["seconds/backward"] == pytest.approx(8 / 1000)
    assert found["ratio/forward"] == found["ratio/both"] == pytest.approx(4)


def test_the_error_function_takes_longer_than_a_comparison(config: Config, tmp_path: Path) -> None:
    gelu = measured(config, tmp_path, "gelu", "job.repeats=7", "job.elements=200000")
    assert gelu["ratio/both"] > 1.2
    assert gelu["seconds/both"] > 0


def test_several_numbers_may_be_joined_to_one(config: Config, tmp_path: Path) -> None:
    assert measured(config, tmp_path, "maxout", "job.repeats=1", "job.elements=1000")["seconds/both"] > 0
