"""Metrics of generated samples against sums written out, and on samples whose quality is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Generator, Tensor
from torch.func import vmap

from dlx.metrics.generation import Modes, mmd_squared, nearest_distance


def normal(count: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(count, 3, generator=Generator().manual_seed(seed)) + shift


def by_loops(x: Tensor, y: Tensor) -> float:
    """Return Gretton et al. 2012, equation 3, term by term, for the kernels of `mmd_squared`."""
    distances = [math.dist(y[i], y[j]) for i in range(len(y)) for j in range(i)]
    median = sorted(distances)[(len(distances) - 1) // 2]

    def k(a: Tensor, b: Tensor) -> float:
        squared = math.dist(a, b) ** 2
        return sum(math.exp(-squared / (2 * (median / 2**h) ** 2)) for h in range(5)) / 5

    m, n = len(x), len(y)
    within_x = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    within_y = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return within_x + within_y - 2 / (m * n) * sum(k(a, b) for a in x for b in y)


def test_mmd_is_the_sum_over_pairs() -> None:
    x, y = normal(6, 0), normal(7, 1, shift=0.5)
    assert mmd_squared(x, y).item() == pytest.approx(by_loops(x, y), abs=1e-12)
    assert mmd_squared(x.reshape(6, 1, 3, 1), y.reshape(7, 1, 3, 1)).item() == mmd_squared(x, y).item()


def test_mmd_is_0_on_average_for_equal_distributions_and_larger_otherwise() -> None:
    equal = torch.stack([mmd_squared(normal(50, n), normal(50, 1000 + n)) for n in range(200)])
    assert abs(equal.mean()) < 4 * equal.std() / 200**0.5
    assert (equal < 0).any()
    assert mmd_squared(normal(50, 0, shift=1.0), normal(50, 1)) > equal.max()


def test_mmd_of_many_members_at_once() -> None:
    x, y = torch.stack([normal(9, 0), normal(9, 1)]), torch.stack([normal(8, 2), normal(8, 3)])
    both = vmap(mmd_squared)(x, y)
    torch.testing.assert_close(both, torch.stack([mmd_squared(a, b) for a, b in zip(x, y, strict=True)]))


def test_equal_points_have_a_bandwidth() -> None:
    zeros = torch.zeros(5, 2)
    assert mmd_squared(zeros, zeros).item() == 0
    assert mmd_squared(zeros + 5, zeros).item() > 1


def test_modes_are_covered_by_enough_good_samples() -> None:
    mode = np.arange(400) % 4
    centers = torch.tensor([[0.0, 0], [10, 0], [0, 10], [10, 10]], dtype=torch.float64)
    noise = torch.randn(400, 2, generator=Generator().manual_seed(0), dtype=torch.float64)
    data = centers[mode] + 0.5 * noise
    modes = Modes.of(data, mode)
    torch.testing.assert_close(modes.centers, centers, atol=0.2, rtol=0)
    torch.testing.assert_close(modes.spread, torch.full((2,), 0.5, dtype=torch.float64), atol=0.05, rtol=0)
    count, good = modes.covered(data)
    assert count == 4
    assert good == pytest.approx(1 - math.exp(-4.5), abs=0.02)  # within 3 standard deviations of a plane Gaussian
    assert modes.covered(data[mode < 2])[0] == 2
    few = torch.cat([data[mode < 2], data[mode == 2][:10], data[mode == 3][:9]])  # a fifth of 219 / 4 is 10.95
    assert modes.covered(few)[0] == 2
    assert modes.covered(torch.full((8, 2), 5.0)) == (0, 0.0)


def test_the_nearest_training_example() -> None:
    training = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    assert nearest_distance(torch.tensor([[3.0, 4.0], [10.0, 2.0]]), training) == pytest.approx((5 + 2) / 2)
    assert nearest_distance(training, training) == 0
