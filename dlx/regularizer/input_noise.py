"""Input noise."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class InputNoise(Regularizer):
    """Add Gaussian noise to every training input: for small noise, a penalty on the input gradient (Bishop 1995).

    Args:
        sd: standard deviation of the noise, in units of the (standardized) inputs; 0: no noise.

    Example:
        dlx train -m regularizer=input_noise regularizer.input_noise.sd=0,0.1,0.5
    """

    def __init__(self, *, sd: Annotated[float, NonNegative] = 0.0) -> None:
        self.sd = sd
        self.active = self.sd > 0

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with new noise on its inputs."""
        inputs = batch.inputs
        noise = torch.randn(inputs.shape, generator=generator, device=inputs.device, dtype=inputs.dtype)
        return batch._replace(inputs=inputs + self.sd * noise)
