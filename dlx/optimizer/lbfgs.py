"""Limited-memory BFGS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from torch import Tensor

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, Positive


class LBFGS(torch.optim.LBFGS, Optimizer):
    """Steps along an inverse Hessian estimated from the last gradient differences (Liu & Nocedal 1989); torch's.

    One step of a run is up to `max_iter` iterations on the whole training split.

    Args:
        lr: learning rate; the first step size that the line search tries.
        weight_decay: must be 0, since a decay outside the loss would not agree with the line search; use
            `regularizer=l2`, which is part of the loss.
        max_iter: maximum number of iterations in one step.
        max_eval: maximum number of evaluations of the loss in one step; null: 1.25 · max_iter.
        tolerance_grad: stop when no entry of the gradient is larger.
        tolerance_change: stop when the loss or the weights change less.
        history_size: number of stored pairs of differences.
        line_search_fn: line search for a step that satisfies the strong Wolfe conditions; null: fixed step size lr.

    Example:
        dlx train dataset=wine model=logistic optimizer=lbfgs
    """

    steps_by = "closure"
    full_batch = True  # between two batches the difference of two gradients is noise, not curvature

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: Annotated[float, Positive],
        weight_decay: Annotated[float, NonNegative],
        max_iter: Annotated[int, Positive],
        max_eval: Annotated[int, Positive] | None,
        tolerance_grad: Annotated[float, NonNegative],
        tolerance_change: Annotated[float, NonNegative],
        history_size: Annotated[int, Positive],
        line_search_fn: Literal["strong_wolfe"] | None,
    ) -> None:
        if weight_decay != 0:
            raise ValueError(f"weight_decay: lbfgs has none; expected 0, got {weight_decay}; try regularizer=l2")
        super().__init__(
            list(params), lr, max_iter, max_eval, tolerance_grad, tolerance_change, history_size, line_search_fn
        )
