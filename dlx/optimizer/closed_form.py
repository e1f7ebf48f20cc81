"""The solution in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from torch import Tensor, optim

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, Positive
from dlx.step.quadratic import minimise


class ClosedForm(optim.Optimizer, Optimizer):
    """Solve once instead of stepping: the normal equations (Gauss 1809; Legendre 1805), no iterations, no step size.

    A loss that is quadratic in the weights (a linear model with the mean squared error) has its minimum where its
    gradient, an affine function, is zero: least squares, and ridge with `regularizer=l2`. Of many solutions the one
    of the smallest norm is taken. The run ends after the first step; any other loss is refused before it begins.
    Models with a solution of their own (counts, means) are solved by it, whatever the optimizer.

    Args:
        lr: of no meaning, for no step is taken; a number may stand here all the same, so that closed_form can be swept
            beside other optimizers. The run's notes say so then, and runs that differ in it alone are one and the same.
        weight_decay: 0 and nothing else, so that it can be swept beside other optimizers; `regularizer=l2` is ridge.

    Example:
        dlx train model=linear dataset=diabetes optimizer=closed_form regularizer=l2
    """

    steps_by = "solve"
    full_batch = True
    unused = ("lr", "lr_scale")

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: Annotated[float, Positive] | None,
        weight_decay: Annotated[float, NonNegative],
    ) -> None:
        if weight_decay != 0:
            raise ValueError(f"weight_decay: closed_form has none; expected 0, got {weight_decay}; try regularizer=l2")
        super().__init__(list(params), {"lr": 1.0})

    def step(self, closure: Callable[[], Tensor] | None = None) -> None:  # type: ignore[override]
        """Move the weights to the minimum of what the closure returns: the loss, with its graph."""
        assert closure is not None, "the loss is needed"
        minimise(closure, [weight for group in self.param_groups for weight in group["params"]])
        self.finished = True
