"""Gradient noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class GradientNoise(Regularizer):
    """Add Gaussian noise to every gradient before the optimizer's step (Neelakantan et al. 2015).

    Its standard deviation is constant; in the paper it decreases.

    Args:
        sd: standard deviation of the noise; 0: no noise.

    Example:
        dlx train regularizer=gradient_noise optimizer=sgd
    """

    def __init__(self, *, sd: Annotated[float, NonNegative] = 0.0) -> None:
        self.sd = sd
        self.active = self.sd > 0

    def change_gradients(self, gradients: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Return the gradients with new noise."""
        former = list(gradients.values())
        noise = [torch.randn(g.shape, generator=generator, device=g.device, dtype=g.dtype) for g in former]
        return dict(zip(gradients, torch._foreach_add(former, noise, alpha=self.sd), strict=True))
