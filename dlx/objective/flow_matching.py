"""Flow matching."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts import Net
from dlx.objective._from_noise import FromNoise, single
from dlx.spec import DataSpec, NonNegative, Positive


class FlowMatching(FromNoise):
    """Learn the velocity of straight paths from noise to data, and follow it (Lipman et al. 2023; Liu et al. 2023).

    With standard normal noise and t uniform in [0, 1], the network is given x_t = (1 - t) noise + t x and t, and
    predicts x - noise with the squared error (Lipman et al. 2023, equation 23 with sigma_min = 0). A sample begins as
    noise at t = 0 and follows the predicted velocity to t = 1 in Euler steps. Samples are judged as those of
    `objective=adversarial`; the naive baseline is a Gaussian with mean and covariance of the training split, with the
    predictions that are best for it. The loss is averaged over the values of an example.

    Args:
        steps: number of Euler steps of a sample.
        frequencies: number of frequencies of the time features: sin(pi 2^k t) and cos(pi 2^k t) beside t itself.
        scale: factor on the loss.

    Example:
        dlx train model=mlp dataset=gaussians8 objective=flow_matching activation=silu
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        steps: Annotated[int, Positive],
        frequencies: Annotated[int, NonNegative],
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "flow matching", frequencies, scale)
        self.steps = steps

    def shares(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return t and 1 - t."""
        return t, 1 - t

    def wanted(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return the velocity of the straight path."""
        return clean - noise

    def times(self, like: Tensor, generator: Generator) -> Tensor:
        """Return times (batch,) that are uniform in [0, 1]."""
        return torch.rand(len(like), generator=generator, device=like.device, dtype=single(like))

    def sample(self, net: Net, noise: Tensor, generator: Generator) -> Tensor:
        """Return the ends of the paths that begin at the noise (batch, *shape)."""
        x = noise
        for step in range(self.steps):
            t = torch.full((len(x),), step / self.steps, device=x.device, dtype=single(x))
            x = x + net(self.with_time(x, t)) / self.steps
        return x
