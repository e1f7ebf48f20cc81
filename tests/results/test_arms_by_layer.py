"""After a sweep: gradients by layer and arm, and the metrics of jobs over one key."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest
from rich.console import Console

from dlx.errors import ConfigError
from dlx.results.arms import Arm
from dlx.results.arms_by_layer import BAR, MOST_LAYERS, STEPS, print_layers
from dlx.results.compare import Comparison
from dlx.results.metric_info import MetricOrder
from dlx.results.plot import draw_metrics
from dlx.results.runs import Run

SEEDS = 3


def compared(norms: Mapping[str, list[float]], **shares: float) -> Comparison:
    """Return arms with gradients of some layers; those of seed s are 2^s times as large."""
    arms = []
    for name, layers in norms.items():
        runs = []
        for seed in range(SEEDS):
            metrics = {f"gradient/norm/hidden.{n}": norm * 2**seed for n, norm in enumerate(layers)}
            metrics |= {f"gradient/dead/hidden.{n}": shares.get(name, 0.0) for n in range(len(layers))}
            runs.append(Run(Path(f"{name}{seed}"), {"metrics": metrics, "metric_info": {}, "seed": seed}))
        arms.append(Arm({"activation": name}, runs))
    return Comparison(["activation"], [], arms, MetricOrder([]), 0)


def printed(comparison: Comparison, width: int = 100) -> list[str]:
    """Return the lines that a terminal shows."""
    text = io.StringIO()
    print_layers(Console(file=text, width=width), comparison, width)
    lines = text.getvalue().splitlines()
    assert all(len(line) <= width for line in lines), lines
    return lines


def test_cells_are_medians_with_bars_on_one_logarithmic_scale() -> None:
    norms = {"sigmoid": [1e-4, 1e-2, 1.0], "relu": [1.0, 1.0, 1.0]}
    lines = printed(compared(norms))
    assert lines[0].strip() == "Norm of the gradient by layer, at the end"
    for number, (low, high) in enumerate(zip(*norms.values(), strict=True)):
        _, first, *rest = next(line for line in lines if line.startswith(f"hidden.{number}")).split()
        assert float(first) == pytest.approx(median([low, 2 * low, 4 * low]), rel=1e-2)
        assert float(rest[1]) == pytest.approx(2 * high, rel=1e-2)
        assert len(rest[0]) == pytest.approx(1 + (BAR - 1) * (number / 2), abs=1)  # two decades of four a layer
        assert len(rest[2]) == BAR
    assert "sigmoid: the norm of hidden.0 is 0.0001 times that of hidden.2" in lines
    assert "relu: the norm of hidden.0 is 1 times that of hidden.2" in lines


def test_where_columns_do_not_fit_each_arm_is_a_row() -> None:
    for comparison, width in (
        (compared({"sigmoid": [1e-4, 1e-2, 1.0], "relu": [1.0, 1.0, 1.0]}), 40),
        (compared({name: [1e-3] * MOST_LAYERS + [1.0] for name in ("sigmoid", "relu")}), 100),
    ):
        lines = printed(comparison, width)
        row = next(line for line in lines if line.startswith("sigmoid ")).split()
        assert row[1].startswith(STEPS[0])
        assert row[1].endswith(STEPS[-1])
        assert not any(line.startswith("hidden.1 ") for line in lines)


def test_shares_are_shown_if_any_unit_is_dead_and_nothing_without_layers() -> None:
    norms = {"relu": [1.0, 1.0], "elu": [1.0, 1.0]}
    assert not any("Dead units" in line for line in printed(compared(norms)))
    lines = printed(compared(norms, relu=0.25))
    assert "Dead units by layer, at the end" in [line.strip() for line in lines]
    assert any("25 %" in line for line in lines)
    assert printed(compared({"relu": [], "elu": []})) == []
    assert printed(compared({"relu": [1.0]})) == []  # one arm is no comparison


def test_what_is_no_size_has_no_bar() -> None:
    lines = printed(compared({"a": [0.0, float("nan"), float("inf")], "b": [1.0, 1.0, 10.0]}))
    assert [line.split()[1] for line in lines if line.startswith("hidden")][:3] == ["0", "nan", "inf"]
    assert "a: " not in "".join(line[:3] for line in lines)


def test_metrics_over_one_key_of_numbers_are_lines() -> None:
    values = {"9": (1e-3, 0.04), "0": (0.5, 4e-3), "3": (6e-3, 0.015)}  # the levels of a sweep are texts
    arms = [
        Arm(
            {"degree": level},
            [Run(Path(level), {"status": "finished", "metrics": {"bias": bias, "variance": variance}})],
        )
        for level, (bias, variance) in values.items()
    ]
    comparison = Comparison(["degree"], ["bias", "variance"], arms, MetricOrder([]), 0)
    own = draw_metrics(comparison).axes[0]
    assert [line.get_label() for line in own.lines] == ["bias", "variance"]
    assert own.lines[0].get_xdata().tolist() == [0, 3, 9]
    assert own.lines[0].get_ydata().tolist() == pytest.approx([0.5, 6e-3, 1e-3])
    assert (own.get_xscale(), own.get_yscale()) == ("linear", "log")
    words = [Arm({"degree": name}, arm.runs) for name, arm in zip("abc", arms, strict=True)]
    for few in (arms[:2], words):
        with pytest.raises(ConfigError, match="differ in one key with three numbers, got degree"):
            draw_metrics(Comparison(["degree"], ["bias"], few, MetricOrder([]), 0))
