"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from torch import Tensor
from torch.optim import SGD

from dlx.contracts.optimizer import Optimizer
from dlx.spec import BelowOne, NonNegative, Positive


class Momentum(SGD, Optimizer):
    """Heavy-ball momentum (Polyak 1964): `v <- momentum · v + gradient`, `w <- w - lr · v`.

    Along a valley the steps add up to 1/(1 - momentum) times a plain step; across it they cancel.

    Args:
        lr: learning rate.
        momentum: momentum factor, in [0, 1); 0 is plain gradient descent.
        weight_decay: adds weight_decay · w to the gradient.

    Example:
        dlx train -m optimizer=momentum optimizer.momentum=0,0.5,0.9,0.99
    """

    fused = True

    def __init__(
        self,
        params: Iterable[Tensor],
        fused: bool | None = None,
        *,
        lr: Annotated[float, Positive],
        momentum: Annotated[float, BelowOne],
        weight_decay: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, fused=fused)
