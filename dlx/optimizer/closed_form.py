"""The solution in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor
from torch.optim import Optimizer

from dlx.quadratic import minimise


class ClosedForm(Optimizer):
    """Solve once instead of stepping: the normal equations (Gauss 1809; Legendre 1805), no iterations, no step size.

    A loss that is quadratic in the weights (a linear model with the mean squared error) has its minimum where its
    gradient, an affine function, is zero: least squares, and ridge with `regularizer=l2`. Of many solutions the one
    of the smallest norm is taken. The run ends after the first step; any other loss is refused before it begins.
    Models with a solution of their own (counts, means) are solved by it, whatever the optimizer.

    Example:
        dlx train model=linear dataset=diabetes optimizer=closed_form regularizer=l2
    """

    full_batch = True
    solves = True

    def __init__(self, params: Iterable[Tensor]) -> None:
        super().__init__(list(params), {"lr": 1.0})
        self.finished = False

    def step(self, closure: Callable[[], Tensor] | None = None) -> None:  # type: ignore[override]
        """Move the weights to the minimum of what the closure returns: the loss, with its graph."""
        assert closure is not None, "the loss is needed"
        minimise(closure, [weight for group in self.param_groups for weight in group["params"]])
        self.finished = True
