"""Statements about activation functions."""

from __future__ import annotations

from collections.abc import Callable

import scipy.stats
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.job.identities.check import EXACT, Check, draw, gap, slopes

GRID = torch.arange(-8000, 8001, dtype=torch.float64) / 1000  # with 0 among them


def sigmoid_peak(random: Generator) -> Check:
    """The derivative of the sigmoid is at most 0.25, at 0."""
    return _peak(torch.sigmoid, 0.25)


def sigmoid_peak_is_0_3(random: Generator) -> Check:
    """Myth: "the derivative of the sigmoid is at most 0.3"; it is 0.25."""
    return _peak(torch.sigmoid, 0.3)


def tanh_peak(random: Generator) -> Check:
    """The derivative of tanh is at most 1, at 0."""
    return _peak(torch.tanh, 1.0)


def _peak(function: object, claimed: float) -> Check:
    derivative = slopes(function, GRID)
    at_zero = abs(float(GRID[derivative.argmax()]))
    return Check(max(abs(float(derivative.max()) - claimed), at_zero), EXACT, float(derivative.max()))


def tanh_identity(random: Generator) -> Check:
    """The hyperbolic tangent is a stretched sigmoid: tanh(x) = 2 sigmoid(2x) - 1."""
    return Check(gap(torch.tanh(GRID), 2 * torch.sigmoid(2 * GRID) - 1))


def tanh_is_sigmoid_times_two_minus_one(random: Generator) -> Check:
    """Myth: "tanh(x) = 2 sigmoid(x) - 1"; it is tanh(x / 2), which differs by up to 0.30."""
    return Check(gap(torch.tanh(GRID), 2 * torch.sigmoid(GRID) - 1))


def half_tanh_identity(random: Generator) -> Check:
    """The correct form of the myth above: 2 sigmoid(x) - 1 = tanh(x / 2)."""
    return Check(gap(torch.tanh(GRID / 2), 2 * torch.sigmoid(GRID) - 1))


def relu_grad(random: Generator) -> Check:
    """The derivative of ReLU is 0 below 0, 1 above 0, and by torch's convention 0 at 0."""
    return Check(gap(slopes(torch.relu, GRID), (GRID > 0).double()))


def identity_derivative(random: Generator) -> Check:
    """The derivative of the identity is 1 everywhere."""
    return Check(gap(slopes(torch.nn.Identity(), GRID), torch.ones_like(GRID)))


def activation_ranges(random: Generator) -> Check:
    """The sigmoid lies in (0, 1), tanh in (-1, 1), ReLU in [0, inf); each comes within 0.001 of its finite limits.

    The error is the fraction of numbers outside their range, or 1 if a limit is not approached.
    """
    ranges = ((torch.sigmoid, 0.0, 1.0), (torch.tanh, -1.0, 1.0), (torch.relu, 0.0, None))
    errors = []
    for function, low, high in ranges:
        y = function(GRID)
        outside = y < low if high is None else (y <= low) | (y >= high)
        near = y.min() - low < 1e-3 and (float(y.max()) == 8 if high is None else high - y.max() < 1e-3)
        errors.append(float(outside.double().mean()) if near else 1.0)
    return Check(max(errors), 0.0)


def tanh_is_zero_centred(random: Generator) -> Check:
    """Tanh of inputs that are symmetric about 0 has mean 0."""
    return _centre(torch.tanh)


def sigmoid_is_zero_centred(random: Generator) -> Check:
    """Myth: "the sigmoid has mean 0, too"; its mean is 0.5, since sigmoid(x) + sigmoid(-x) = 1."""
    return _centre(torch.sigmoid)


def _centre(function: Callable[[Tensor], Tensor]) -> Check:
    mean = float(function(GRID).mean())
    return Check(abs(mean), EXACT, mean)


def softmax_shift(random: Generator) -> Check:
    """Softmax does not change when the same number is added to all scores."""
    scores = draw(random, 100, 7)
    return Check(gap(scores.softmax(1), (scores + 10 * draw(random, 100, 1)).softmax(1)))


def softmax_sums_to_one(random: Generator) -> Check:
    """The outputs of a softmax sum to 1, so they describe exactly one class."""
    return Check(gap((5 * draw(random, 100, 7)).softmax(1).sum(1), torch.ones(100)))


def sigmoids_sum_to_one(random: Generator) -> Check:
    """Myth: "a classifier finds only one class"; sigmoids do not sum to 1, so several classes can be predicted."""
    return Check(gap((5 * draw(random, 100, 7)).sigmoid().sum(1), torch.ones(100)))


def sigmoid_decision(random: Generator) -> Check:
    """A sigmoid is at most 0.5 for x <= 0 and at least 0.5 for x >= 0; the error is the fraction that is not."""
    y = torch.sigmoid(GRID)
    wrong = ((GRID <= 0) & (y > 0.5)) | ((GRID >= 0) & (y < 0.5))
    return Check(float(wrong.double().mean()), 0.0)


def gelu_tail(random: Generator) -> Check:
    """GELU's derivative x phi(x) + Phi(x) at -20 is -1.1e-86 in double precision, and exactly 0 in single precision.

    The error is the relative difference from scipy's normal distribution, or infinite if it is not 0 in single
    precision. `value` is the derivative in double precision.
    """
    x = torch.tensor([-20.0], dtype=torch.float64)
    expected = -20 * scipy.stats.norm.pdf(-20) + scipy.stats.norm.cdf(-20)
    found, single = float(slopes(F.gelu, x)), float(slopes(F.gelu, x.float()))
    return Check(abs(found / expected - 1) if single == 0 else float("inf"), 1e-2, found)


def sigmoid_step(random: Generator) -> Check:
    """A steep sigmoid is a threshold: sigmoid(k x) with k = 1000 is a step for |x| >= 0.1."""
    x = GRID[GRID.abs() >= 0.1]
    return Check(gap(torch.sigmoid(1000 * x), (x > 0).double()))
