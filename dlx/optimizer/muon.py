"""Muon."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, optim
from torch.optim import AdamW

from dlx.contracts.optimizer import Optimizer
from dlx.spec import BelowOne, NonNegative, Positive

try:
    from torch.optim import Muon as TorchMuon
except ImportError:  # torch 2.8 and earlier
    TorchMuon = None  # type: ignore[assignment,misc]


class Muon(optim.Optimizer, Optimizer):
    """Momentum orthogonalized for each weight matrix by Newton-Schulz iterations (Jordan et al. 2024).

    Only matrices have an orthogonalized step: all other parameters (biases, norms, convolutions) are updated by AdamW
    with torch's betas. Weight decay is decoupled in both.

    Args:
        lr: learning rate, for the matrices and for AdamW.
        momentum: momentum factor, in [0, 1).
        nesterov: use Nesterov momentum.
        ns_steps: number of Newton-Schulz iterations; more bring the step closer to orthogonal.
        weight_decay: subtracts lr · weight_decay · w from the weights (decoupled).
        adjust_lr_fn: how the step of a matrix is scaled by its shape: `match_rms_adamw` matches the size of AdamW's
            steps, so that one lr fits both (Liu et al. 2025); `original` is the scaling of Jordan et al.

    Example:
        dlx train -m optimizer=muon,adamw optimizer.lr=1e-3,3e-3
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: Annotated[float, Positive],
        momentum: Annotated[float, BelowOne],
        nesterov: bool,
        ns_steps: Annotated[int, Positive],
        weight_decay: Annotated[float, NonNegative],
        adjust_lr_fn: Literal["original", "match_rms_adamw"],
    ) -> None:
        if TorchMuon is None:
            raise ValueError(f"muon needs torch 2.9 or later; this is torch {torch.__version__}; try optimizer=adamw")
        if ns_steps >= 100:
            raise ValueError(f"ns_steps: expected less than 100, got {ns_steps}; 5 are close to orthogonal")
        params = list(params)
        matrices = [parameter for parameter in params if parameter.dim() == 2]
        others = [parameter for parameter in params if parameter.dim() != 2]
        self.inner: list[optim.Optimizer] = []
        if matrices:
            muon_keys: dict[str, Any] = {"momentum": momentum, "nesterov": nesterov, "ns_steps": ns_steps}
            self.inner.append(
                TorchMuon(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn=adjust_lr_fn, **muon_keys)
            )
        if others:
            self.inner.append(AdamW(others, lr=lr, weight_decay=weight_decay))
        super().__init__([group for optimizer in self.inner for group in optimizer.param_groups], {"lr": lr})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Take one step with both optimizers, whose groups and state this one holds for schedules and checkpoints."""
        loss = closure() if closure is not None else None
        for optimizer, group in zip(self.inner, self.param_groups, strict=True):
            optimizer.param_groups, optimizer.state = [group], self.state
            optimizer.step()
        return loss
