"""The common part of objectives that generate examples: draws, naive samples, metrics and figures of samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.contracts import Metric
from dlx.data.adapt import as_images
from dlx.data.prepared import Data, Split
from dlx.metrics.generation import MODE, generation_metrics
from dlx.objective._own_inputs import PICTURES
from dlx.results import picture

SAMPLES: Mapping[str, Metric] = {  # metrics of samples; see `sample_metrics`
    "mmd_squared": Metric(headline=True),
    "modes": Metric("max", headline=True),
    "high_quality": Metric("max"),
    "nearest_distance": Metric("max"),
}


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


def sample_images(samples: np.ndarray, data: Data, shape: tuple[int, ...]) -> np.ndarray:
    """Return a figure of up to three rows of samples (samples, values) of image data, each of a shape."""
    assert data.images is not None, "the samples are images"
    whole = min(len(samples) // PICTURES, 3) * PICTURES or len(samples)
    images = as_images(torch.from_numpy(samples[:whole]).reshape(-1, *shape), data.images.shape)
    return picture.pairs(*(row.numpy() for row in images.split(PICTURES)))


def sample_metrics(samples: Tensor, part: Split, data: Data) -> dict[str, float]:
    """Return the metrics `SAMPLES` of samples (examples, *shape), which are compared with a split.

    `modes` and `high_quality` are left out for data that do not know their modes.
    """
    return generation_metrics(samples, part.inputs, data.train.inputs, data.train.extra.get(MODE))


def sample_figure(samples: np.ndarray, real: np.ndarray, data: Data, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return a figure of samples (samples, values): images of a shape, or points of the plane over real examples."""
    if data.images is not None:
        return {"test/samples": sample_images(samples, data, shape)}
    return {"test/samples": picture.points(real, samples)} if real.shape[1] == 2 else {}
