"""Gradient descent with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from torch import Tensor
from torch.optim import SGD

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, OpenFraction, Positive


class Nesterov(SGD, Optimizer):
    """Nesterov momentum (Nesterov 1983), in the form of Sutskever et al. (2013).

    `v <- momentum · v + gradient`, `w <- w - lr · (gradient + momentum · v)`: as if the gradient were taken at the
    point to which the momentum leads.

    Args:
        lr: learning rate.
        momentum: momentum factor, in (0, 1).
        weight_decay: adds weight_decay · w to the gradient.

    Example:
        dlx train -m optimizer=momentum,nesterov optimizer.momentum=0.9,0.99
    """

    fused = True

    def __init__(
        self,
        params: Iterable[Tensor],
        fused: bool | None = None,
        *,
        lr: Annotated[float, Positive],
        momentum: Annotated[float, OpenFraction],
        weight_decay: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=True, fused=fused)
