"""The best of many guesses against order statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.job.test_reuse import mean_of_largest
from dlx.run.run import run


@pytest.mark.parametrize(("k", "mean"), [(1, 0), (2, np.pi**-0.5), (3, 1.5 * np.pi**-0.5)])
def test_mean_of_the_largest_in_closed_form(k: int, mean: float) -> None:
    assert mean_of_largest(k) == pytest.approx(mean, abs=1e-7)


def test_mean_of_the_largest_of_a_hundred_drawn() -> None:
    drawn = np.random.default_rng(0).standard_normal((20_000, 100)).max(1).mean()
    assert mean_of_largest(100) == pytest.approx(drawn, abs=0.01)


def test_the_best_of_many_is_too_good(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    found = {}
    for models in (1, 40):
        composed = config(
            "job=test_reuse",
            f"job.models={models}",
            "model.depth=2",
            "model.width=8",
            "dataset.shuffle_labels=true",
            "trainer.accelerator=cpu",
        )
        found[models] = run(composed, tmp_path / str(models), raises=True)["metrics"]
    assert found[1]["val_accuracy"] == found[1]["mean_accuracy"]
    assert found[1]["formula"] == pytest.approx(0, abs=1e-12)
    assert found[40]["val_accuracy"] >= found[1]["val_accuracy"]  # the first is among the forty
    best = found[40]
    assert best["optimism"] == pytest.approx(best["val_accuracy"] - best["test_accuracy"])
    assert best["val_accuracy"] > 0.55
    assert best["formula"] == pytest.approx(0.5 / 114**0.5 * mean_of_largest(40), rel=0.05)


def test_needs_classes(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match="job: test_reuse needs classes"):
        assemble(config("job=test_reuse", "dataset=diabetes"))
