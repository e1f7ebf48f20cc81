"""Closed-form solution of least squares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from torch import Tensor, optim

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, Positive
from dlx.step.quadratic import minimize


class ClosedForm(optim.Optimizer, Optimizer):
    """Solve the normal equations (Gauss 1809; Legendre 1805) in one step, without iterations or a learning rate.

    A loss that is quadratic in the weights (a linear model with the mean squared error) has its minimum where its
    gradient, an affine function, is zero: least squares, or ridge regression with `regularizer=l2`. If there are many
    solutions, the one of minimum norm is used. The run ends after the first step; any other loss is refused before
    training starts. Models that are estimated by counting (means, frequencies) are so with every optimizer.

    Args:
        lr: ignored (there are no steps); accepted so that closed_form can be swept with other optimizers. Runs that
            differ only in lr are equal.
        weight_decay: must be 0; use `regularizer=l2` for ridge regression.

    Example:
        dlx train model=linear dataset=diabetes optimizer=closed_form regularizer=l2
    """

    steps_by = "solve"
    full_batch = True
    unused = ("lr", "lr_scale")  # keys without effect: no part of a run's identity

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
        """Move the weights to the minimum of the loss that the closure returns with its graph."""
        assert closure is not None, "the loss is needed"
        minimize(closure, [weight for group in self.param_groups for weight in group["params"]])
        self.finished = True

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with whether the step has been taken: a resumed run must not take it again."""
        return {**super().state_dict(), "finished": self.finished}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state; those of earlier versions do not record whether the step has been taken."""
        super().load_state_dict(state_dict)
        self.finished = bool(state_dict.get("finished", False))
