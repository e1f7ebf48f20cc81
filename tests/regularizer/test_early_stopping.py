"""When a training ends before its last epoch: patience and improvement by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx.regularizer.early_stopping import EarlyStopping
from dlx.run.run import run


def stopped(values: list[float], mode: str, **keys: Any) -> int | None:
    """Return after how many epochs the training ends, as it is asked after each."""
    rule = EarlyStopping(**keys)
    return next((n for n in range(1, len(values) + 1) if rule.stops(values[:n], mode)), None)


@pytest.mark.parametrize(
    ("values", "mode", "keys", "epoch"),
    [
        ([3, 2, 1, 1.5, 1.2, 1.1], "min", {"patience": 0}, 4),  # the first epoch that is no better
        ([3, 2, 1, 1.5, 1.2, 1.1], "min", {"patience": 1}, 5),
        ([3, 2, 1, 1.5, 1.2, 0.9], "min", {"patience": 2}, None),  # better again in time
        ([0.1, 0.5, 0.4, 0.45], "max", {"patience": 1}, 4),
        ([0.1, 0.5, 0.4, 0.45], "min", {"patience": 1}, 3),
        ([1.0, 0.99, 0.98, 0.97], "min", {"patience": 1, "min_delta": 0.1}, 3),  # too little to count
        ([1.0, 0.99, 0.85, 0.97], "min", {"patience": 1, "min_delta": 0.1}, None),
        ([1.0, 1.0], "min", {"patience": 0}, 2),  # as good is no better
        ([1.0, 2.0, 3.0], "min", {"patience": None}, None),
    ],
)
def test_by_hand(values: list[float], mode: str, keys: dict[str, Any], epoch: int | None) -> None:
    assert stopped(values, mode, **keys) == epoch


def test_a_run_ends_and_keeps_its_best_weights(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = ("optimizer=sgd", "optimizer.lr=0.5", "dataset.limit=60", "trainer.max_epochs=200", "model.depth=2")
    keys = ("regularizer=early_stopping", "regularizer.early_stopping.patience=3", "trainer.accelerator=cpu")
    summary = run(config(*words, *keys, "trainer.monitor=val/loss"), tmp_path / "run", raises=True)
    best = summary["best"]["val/loss"]
    assert summary["epochs"] == best["epoch"] + 4 < 200
    assert summary["metrics"]["val/loss"] == pytest.approx(best["value"], rel=1e-5)
