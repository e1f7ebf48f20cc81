"""Denoising diffusion."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from dlx.contracts import Net
from dlx.objective._from_noise import FromNoise, single
from dlx.objective._generation import normal
from dlx.spec import DataSpec, NonNegative, Positive

LARGEST = 0.999  # variance that a step adds, as in Nichol & Dhariwal 2021
FIRST, LAST, STEPS = 1e-4, 0.02, 1000  # variances of the first and last of 1,000 steps in Ho et al. 2020


class DenoisingDiffusion(FromNoise):
    """Predict the noise in noisy data, and remove it in small random steps (Ho et al. 2020, algorithms 1 and 2).

    Step t of T replaces x by sqrt(1 - b_t) x + sqrt(b_t) noise, so that x_t = sqrt(A_t) x + sqrt(1 - A_t) noise with
    A_t the product of the 1 - b_i up to t. The network is given x_t and t / T, and predicts the noise with the squared
    error. A sample begins as noise and takes the T steps back, each with the variance of the exact posterior, b_t (1 -
    A_(t-1)) / (1 - A_t). Samples are judged as those of `objective=adversarial`; the naive baseline is a Gaussian with
    mean and covariance of the training split, with the predictions that are best for it. The loss is averaged over the
    values of an example. Data should have a standard deviation near 1 (dataset.standardize).

    Args:
        steps: number of steps T.
        schedule: `linear`: b_t rises evenly, from 1e-4 to 0.02 at T = 1,000 and 1000 / T times that otherwise (Ho et
            al. 2020); `cosine`: A_t falls as the squared cosine of the time (Nichol & Dhariwal 2021, equation 17).
        frequencies: number of frequencies of the time features: sin(pi 2^k t / T) and cos(pi 2^k t / T) beside t / T.
        scale: factor on the loss.

    Example:
        dlx train model=mlp dataset=gaussians8 objective=denoising_diffusion activation=silu
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        steps: Annotated[int, Positive],
        schedule: Literal["linear", "cosine"],
        frequencies: Annotated[int, NonNegative],
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "denoising diffusion", frequencies, scale)
        self.steps = steps
        self.added = variances(steps, schedule)
        self.kept = torch.cat([torch.ones(1, dtype=torch.float64), (1 - self.added).cumprod(0)])  # A_0, ..., A_T

    def shares(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return sqrt(A) and sqrt(1 - A) at times that are multiples of 1 / T."""
        kept = self.kept.to(t.device)[(t.double() * self.steps).round().long()]
        return kept.sqrt().to(t), (1 - kept).sqrt().to(t)

    def wanted(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return the noise."""
        return noise

    def times(self, like: Tensor, generator: Generator) -> Tensor:
        """Return times (batch,), each of 1/T, 2/T, ..., 1 with the same probability."""
        number = torch.randint(1, self.steps + 1, (len(like),), generator=generator, device=like.device)
        return number.to(single(like)) / self.steps

    def sample(self, net: Net, noise: Tensor, generator: Generator) -> Tensor:
        """Return what is left of the noise (batch, *shape) after T steps back."""
        x = noise
        for step in range(self.steps, 0, -1):
            added, kept, before = (float(v) for v in (self.added[step - 1], self.kept[step], self.kept[step - 1]))
            t = torch.full((len(x),), step / self.steps, device=x.device, dtype=single(x))
            found = net(self.with_time(x, t))
            x = (x - added / math.sqrt(1 - kept) * found) / math.sqrt(1 - added)
            if step > 1:
                x = x + math.sqrt(added * (1 - before) / (1 - kept)) * normal(x, generator)
        return x


def variances(steps: int, schedule: str) -> Tensor:
    """Return the variances b_1, ..., b_T of the steps."""
    if schedule == "linear":
        found = torch.linspace(FIRST, LAST, steps, dtype=torch.float64) * STEPS / steps
    else:
        place = (torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008
        kept = (place * math.pi / 2).cos().square()
        found = 1 - kept[1:] / kept[:-1]
    return found.clamp(max=LARGEST)
