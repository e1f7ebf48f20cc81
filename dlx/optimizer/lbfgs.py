"""Quasi-Newton with a short memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from torch import Tensor

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, Positive


class LBFGS(torch.optim.LBFGS, Optimizer):
    """Steps along an inverse Hessian that is made of the last differences of gradients (Liu & Nocedal 1989); torch's.

    One step of a run is up to `max_iter` iterations on the whole training split.

    Args:
        lr: step size; the first one that the line search tries.
        weight_decay: 0 and nothing else, so that it can be swept beside other optimizers: a decay outside the loss
            would not agree with the line search. `regularizer=l2` is part of the loss.
        max_iter: iterations in one step.
        max_eval: evaluations of the loss in one step; null: 1.25 · max_iter.
        tolerance_grad: stop when no gradient is larger.
        tolerance_change: stop when loss or weights change less.
        history_size: pairs of differences kept.
        line_search_fn: the search for a step that fulfils the strong Wolfe conditions, or null for a fixed step.

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
