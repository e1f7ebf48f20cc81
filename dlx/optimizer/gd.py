"""Full-batch gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from torch import Tensor
from torch.optim import SGD

from dlx.contracts.optimizer import Optimizer
from dlx.spec import NonNegative, Positive


class GD(SGD, Optimizer):
    """`w <- w - lr · gradient` of the loss over the whole training split (Cauchy 1847): one step per epoch.

    On a quadratic with largest curvature L it converges for lr < 2/L and diverges for larger lr. The option sets
    `dataset.batch_size=null`; a number would be stochastic gradient descent and is refused (see `optimizer=sgd`).

    Args:
        lr: learning rate.
        weight_decay: adds weight_decay · w to the gradient.

    Example:
        dlx train -m model=linear dataset=diabetes optimizer=gd optimizer.lr_scale=inverse_lipschitz optimizer.lr=1,1.9
    """

    fused = True
    full_batch = True

    def __init__(
        self,
        params: Iterable[Tensor],
        fused: bool | None = None,
        *,
        lr: Annotated[float, Positive],
        weight_decay: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay, fused=fused)
