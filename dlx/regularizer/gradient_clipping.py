"""Gradient clipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import Positive


class GradientClipping(Regularizer):
    """Rescale the gradient when its norm exceeds a limit (Pascanu et al. 2013), against exploding steps.

    Args:
        max_norm: maximum Euclidean norm of all gradients together; the direction is kept. null: no limit.
        value: maximum absolute value of each entry; the direction may change. null: no limit.

    Example:
        dlx train model=lstm regularizer=gradient_clipping regularizer.gradient_clipping.max_norm=1
    """

    def __init__(
        self, *, max_norm: Annotated[float, Positive] | None = None, value: Annotated[float, Positive] | None = None
    ) -> None:
        if max_norm is not None and value is not None:
            raise ValueError("expected max_norm or value, got both; set the other one to null")
        self.max_norm, self.value = max_norm, value
        self.active = self.max_norm is not None or self.value is not None

    def change_gradients(self, gradients: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Return the clipped gradients."""
        if self.value is not None:
            return {name: gradient.clamp(-self.value, self.value) for name, gradient in gradients.items()}
        assert self.max_norm is not None, "an inactive member changes nothing"
        norm = torch.cat([gradient.flatten() for gradient in gradients.values()]).norm()  # one call, not one a layer
        factor = (self.max_norm / (norm + 1e-6)).clamp_max(1.0)
        return {name: gradient * factor for name, gradient in gradients.items()}
