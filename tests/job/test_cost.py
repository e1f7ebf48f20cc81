"""Operations of a gradient against the count by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx.run.run import run


@pytest.mark.parametrize("depth", [2, 6])
def test_a_gradient_costs_less_than_three_forward_passes(
    depth: int, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    composed = config("job=cost", "job.repeats=1", f"model.depth={depth}", "model.width=32", "job.examples=8")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    inner = 2 * 32 * 32 * (depth - 2) + 2 * 32 * 10
    assert metrics["flops/forward"] == 2 * 64 * 32 + inner
    assert metrics["flops/backward"] == 2 * 64 * 32 + 2 * inner  # the first layer needs no gradient of its inputs
    assert 2 <= metrics["flops/ratio"] <= 3
    parameters = 64 * 32 + 32 + (depth - 2) * (32 * 32 + 32) + 32 * 10 + 10
    assert metrics["parameters"] == parameters
    assert metrics["flops/finite_difference_ratio"] == parameters + 1
    assert metrics["seconds/gradient"] > metrics["seconds/forward"] > 0


@pytest.mark.parametrize("precision", ["64-true", "bf16-true"])
def test_operations_do_not_depend_on_the_precision(
    precision: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    words = ("job=cost", "job.repeats=1", "job.examples=8", "model.depth=2", "model.width=32")
    composed = config(*words, f"trainer.precision={precision}")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert metrics["flops/forward"] == 2 * 64 * 32 + 2 * 32 * 10


@pytest.mark.parametrize("depth", [2, 6])
def test_forward_mode_and_memory_by_hand(depth: int, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = ("job=cost", "job.repeats=1", "job.examples=8", f"model.depth={depth}", "model.width=32")
    metrics = run(config(*words), tmp_path / "run", raises=True)["metrics"]
    forward = 2 * (64 * 32 + 32 * 32 * (depth - 2) + 32 * 10)
    assert metrics["flops/forward_mode_pass"] == 3 * forward  # W x, dW x and W dx, which torch also takes of dx = 0
    assert metrics["flops/forward_mode"] == metrics["flops/forward_mode_pass"] * metrics["parameters"]
    inputs, hidden, chances, target = 4 * 64, 4 * 32 * (depth - 1), 4 * 10, 8
    assert metrics["memory/saved"] == pytest.approx(inputs + hidden + chances + target, abs=4)  # and one number a batch


@pytest.mark.parametrize("words", [("normalization=weight",), ("model=seq2seq", "dataset=translation")])
def test_forward_mode_is_left_out_where_torch_has_none(
    words: tuple[str, ...], config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    composed = config("job=cost", "job.repeats=1", "job.examples=8", "model.width=8", *words)
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert "flops/forward_mode" not in metrics
    assert metrics["memory/saved"] > 0
