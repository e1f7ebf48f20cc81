"""Random draws and naive samples, shared by the objectives that generate."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.objective._own_inputs import PICTURES
from dlx.results import picture


def normal(like: Tensor, generator: Generator) -> Tensor:
    """Return standard normal numbers in the shape, on the device and in the precision of a tensor."""
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def kl_from_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)), summed over the values of each example (batch,), in nats.

    Kingma & Welling 2014, appendix B.
    """
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def fitted_gaussian(examples: Tensor, count: int) -> Tensor:
    """Return samples (count, *shape) of a normal distribution with the mean and covariance of examples; always equal.

    It is the naive baseline of a generative model: right in its first two moments and in nothing else.
    """
    x = examples.flatten(1).double()
    factor = (x - x.mean(0)) / max(len(x) - 1, 1) ** 0.5  # factor.T @ factor is the covariance
    noise = torch.randn(count, len(x), generator=Generator().manual_seed(0), dtype=torch.float64)
    return (x.mean(0) + noise @ factor).view(count, *examples.shape[1:])


def sample_images(samples: np.ndarray, data: Data) -> np.ndarray:
    """Return a figure of up to three rows of samples (samples, values) of image data."""
    assert data.images is not None, "the samples are images"
    whole = min(len(samples) // PICTURES, 3) * PICTURES or len(samples)
    images = as_images(torch.from_numpy(samples[:whole]).reshape(-1, *data.train.inputs.shape[1:]), data.images.shape)
    return picture.pairs(*(row.numpy() for row in images.split(PICTURES)))
