"""Direction and order of metrics come from the runs; a table serves those made before they recorded them."""

from __future__ import annotations

from typing import Any

import pytest

from dlx.objective.classification import Classification
from dlx.objective.forecasting import Forecasting
from dlx.objective.regression import Regression
from dlx.objective.surface import Surface
from dlx.results.metric_info import OLDER, MetricOrder, failure_of, resolution_of
from dlx.stored.run import SUMMARY


def summary(**given: Any) -> dict[str, Any]:
    """Return a summary as a reader of files returns it."""
    return SUMMARY({"status": "finished", **given}, "")


OLD = summary()  # written before metrics were declared
DECLARED = summary(
    metric_info={
        "iou": {"better": "max", "headline": True},
        "fid": {"better": "min", "headline": True},
        "loss": {"better": "min", "headline": False},
    }
)


def test_what_the_runs_declare_decides() -> None:
    order = MetricOrder([DECLARED])
    assert order.better("test/class_3/iou") == "max"
    assert order.better("test/fid") == "min"
    assert order.better("test/accuracy") is None  # nothing of these runs declares it
    assert order.better("steps_to/val/iou") == "min"
    names = ["train/loss", "val/loss", "test/loss", "test/fid", "test/iou", "test/other"]
    assert order.headline(names, ("val", "train"), 4, 9) == ["test/iou", "test/fid", "test/loss", "val/loss"]
    assert order.headline(names[:2], ("train",), 3, 9) == ["val/loss", "train/loss"]  # not tested
    assert order.headline(["a", "b", "c"], ("train",), 3, 2) == ["a", "b"]  # a job that is no training


def test_runs_made_before_have_the_older_metrics() -> None:
    order = MetricOrder([OLD])
    assert [order.better(f"test/{name}") for name in ("accuracy", "auroc", "loss", "mse")] == [
        "max",
        "max",
        "min",
        "min",
    ]
    assert order.headline(["test/accuracy", "test/loss", "train/loss"], ("train",), 3, 6) == [
        "test/accuracy", "test/loss", "train/loss",
    ]  # fmt: skip
    mixed = MetricOrder([OLD, DECLARED])
    assert (mixed.better("test/iou"), mixed.better("test/accuracy")) == ("max", "max")


@pytest.mark.parametrize("objective", [Classification, Regression, Forecasting, Surface])
def test_the_older_directions_are_those_that_objectives_declare(objective: type[Classification]) -> None:
    for name, metric in objective.metric_info.items():
        assert OLDER[name].better == metric.better


COUNTED = summary(
    metric_info={
        "accuracy": {"better": "max", "headline": True, "counted": True},
        "loss": {"better": "min", "headline": False, "counted": False},
    },
    examples={"train": 80, "val": 10, "test": 40, "test/class_3": 8, "probe": 10},
    baseline={"test/accuracy": 0.1, "val/loss": 2.3},
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("train/accuracy", 1 / 80),
        ("best/val/accuracy", 1 / 10),
        ("test/accuracy", 1 / 40),
        ("test/shift_2/accuracy", 1 / 40),
        ("test/class_3/accuracy", 1 / 8),
        ("init/probe/h/lag_0/accuracy", 1 / 10),
        ("test/loss", None),
        ("steps_to/val/accuracy", None),
        ("fold_sd/accuracy", None),
        ("accuracy", None),
    ],
)
def test_the_resolution_is_an_example_of_the_split(path: str, expected: float | None) -> None:
    assert resolution_of(COUNTED, path) == expected
    assert resolution_of({**COUNTED, "examples": {}}, path) is None
    assert resolution_of(DECLARED, path) is None  # written before metrics were declared as counts


def test_a_failed_run_has_the_value_of_the_baseline() -> None:
    paths = ("test/accuracy", "best/val/loss", "test/loss", "parameters")
    assert [failure_of(COUNTED, path) for path in paths] == [0.1, 2.3, None, None]
    assert failure_of(OLD, "test/accuracy") is None
