"""A run says that it has not converged where its monitored metric was still improving, and only there."""

from __future__ import annotations

import math

import pytest

from dlx.metrics.convergence import still_improving


def rows(values: list[float]) -> list[dict[str, float]]:
    """Return the metrics of epochs."""
    return [{"epoch": number, "val/loss": value} for number, value in enumerate(values)]


SLOW = [math.exp(-0.01 * epoch) for epoch in range(100)]  # 9.5 % from one tenth of the epochs to the next
FLAT = [0.2 + math.exp(-0.2 * epoch) for epoch in range(100)]


def test_a_loss_that_still_falls() -> None:
    note = still_improving(rows(SLOW), "val/loss", "min")
    assert note == "not converged: val/loss was still improving at the end; try trainer.max_epochs=200"
    assert still_improving(rows([-value for value in SLOW]), "val/loss", "max") == note


@pytest.mark.parametrize("values", [FLAT, SLOW[::-1], SLOW[:19], [math.nan] * 50, [0.0] * 50])
def test_one_that_does_not_or_cannot_be_judged(values: list[float]) -> None:
    assert still_improving(rows(values), "val/loss", "min") == ""
