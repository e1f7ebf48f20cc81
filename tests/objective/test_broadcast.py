"""The broadcast loss: all pairs, whose least value is that of the mean."""

from __future__ import annotations

import pytest
import torch

from dlx.contracts import Batch
from dlx.objective.broadcast import Broadcast
from dlx.spec import DataSpec


def test_every_prediction_is_compared_with_every_target() -> None:
    predictions, targets = torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [2.0]])
    loss = Broadcast(DataSpec("vector", (4,), "number", 1), scale=3.0).loss
    assert float(loss(predictions, Batch(torch.zeros(2, 4), targets))) == pytest.approx(3 * (1 + 1 + 9 + 1) / 4)
    assert float(loss(predictions[:1], Batch(torch.zeros(1, 4), targets[:1]))) == pytest.approx(3)  # of one example
    torch.testing.assert_close(  # what torch computes from shapes that do not fit
        loss(predictions, Batch(torch.zeros(2, 4), targets)), 3 * (predictions - targets[:, 0]).square().mean()
    )


def test_the_perfect_prediction_is_worse_than_the_mean() -> None:
    targets = torch.randn(50, 1, generator=torch.Generator().manual_seed(0))
    loss = Broadcast(DataSpec("vector", (4,), "number", 1), scale=1.0).loss
    batch = Batch(torch.zeros(50, 4), targets)
    variance = float(targets.var(correction=0))
    assert float(loss(targets, batch)) == pytest.approx(2 * variance)
    assert float(loss(targets.mean(0).expand(50, 1), batch)) == pytest.approx(variance)
