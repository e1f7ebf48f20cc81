"""The parts of an error against least squares in closed form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.job.bias_variance import decompose
from dlx.run.run import run

QUICK = ("trainer.accelerator=cpu",)


def test_parts_by_hand() -> None:
    prediction = np.array([[1.0, 2.0], [3.0, 2.0]])  # two resamples at two inputs
    truth, target = np.array([1.0, 1.0]), np.array([[1.0, 1.5], [0.5, 1.0]])
    found = decompose(*(torch.from_numpy(x)[..., None] for x in (prediction, target, truth)))
    assert found["bias_squared"] == pytest.approx((1**2 + 1**2) / 2)  # means 2 and 2
    assert found["variance"] == pytest.approx((1 + 0) / 2)
    assert found["noise"] == pytest.approx((0.5**2 + 0.5**2) / 4)
    assert found["mean_square_to_truth"] == pytest.approx((0 + 1 + 4 + 1) / 4)
    assert found["mean_square"] == pytest.approx((0.5**2 + 1 + 2**2 + 0.5**2) / 4)  # against the other's targets
    assert found["error"] < 1e-12


def test_least_squares_line(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """Of a line through n points of a curve the bias is the curve's distance to its own line, the variance 2 s²/n."""
    resamples, noise = 30, 0.3
    composed = config("job=bias_variance", f"job.resamples={resamples}", "model=linear", *QUICK)
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert metrics["error"] < 1e-9
    assert metrics["sum"] == pytest.approx(metrics["bias_squared"] + metrics["variance"] + metrics["noise"])
    assert metrics["noise"] == pytest.approx(noise**2, rel=0.15)
    assert metrics["variance"] == pytest.approx(2 * noise**2 / 60, rel=0.5)
    assert metrics["mean_square"] == pytest.approx(metrics["sum"], rel=0.1)
    x = np.linspace(-1, 1, 100)  # about the points of the training split
    curve = np.sin(np.pi * x)
    distance = curve - np.polyval(np.polyfit(x, curve, 1), x)
    assert metrics["bias_squared"] == pytest.approx((distance**2).mean(), rel=0.15)


@pytest.mark.parametrize("degree", [0, 3])
def test_polynomials_have_a_variance_for_each_coefficient(
    degree: int, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Least squares at its own n inputs: the variance is s² (degree + 1) / n, whatever the curve."""
    composed = config("job=bias_variance", "job.resamples=20", f"model.degree={degree}", *QUICK)
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert metrics["variance"] == pytest.approx(0.09 * (degree + 1) / 60, rel=0.6)
    assert metrics["bias_squared"] == pytest.approx(0.48 if degree == 0 else 0.005, rel=0.2)
    assert metrics["error"] < 1e-9


def test_seeds_are_other_draws(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((0, 0, 1)):
        composed = config("job=bias_variance", "job.resamples=2", "model=linear", f"seed={seed}", *QUICK)
        found.append(run(composed, tmp_path / str(number), raises=True)["metrics"]["variance"])
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("dataset=digits", "model=mlp", "optimizer=adam"),
            r"job: .* synthetic regression .* dataset=polynomial_curve",
        ),
        (("dataset=diabetes", "model=linear"), r"job: .* dataset\.target_noise"),
        (
            ("dataset=teacher", "model=mlp", "optimizer=adam"),
            r"job: .* dataset\.design",
        ),  # its inputs are drawn with the targets
        (("job.resamples=1",), r"job\.resamples: expected int >= 2"),
    ],
)
def test_mistakes(words: tuple[str, ...], message: str, config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("job=bias_variance", *words))
