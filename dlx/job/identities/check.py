"""Result of a check, and helpers for checks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

EXACT = 1e-9  # double precision leaves 1e-16 to an operation


class Check(NamedTuple):
    """Difference of the two sides of a statement.

    Attributes:
        error: largest absolute difference of the two sides.
        tolerance: largest error that rounding explains.
        value: the number that the statement is about, if it is about one.
    """

    error: float
    tolerance: float = EXACT
    value: float | None = None


def gap(one: Tensor | np.ndarray | float, other: Tensor | np.ndarray | float) -> float:
    """Return the largest absolute difference of two tensors, arrays or numbers; infinite if their shapes differ."""
    a, b = (np.asarray(x.detach() if isinstance(x, Tensor) else x, dtype=np.float64) for x in (one, other))
    if a.shape != b.shape:
        return float("inf")
    return float(np.abs(a - b).max())


def draw(random: torch.Generator, *shape: int) -> Tensor:
    """Return standard normal numbers in double precision."""
    return torch.randn(*shape, generator=random, dtype=torch.float64)


def slopes(function: object, x: Tensor) -> Tensor:
    """Return the derivative of an elementwise function at x by autograd."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(function(x).sum(), x)[0]  # type: ignore[operator]
