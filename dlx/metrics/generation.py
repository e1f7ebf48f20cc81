"""Metrics of generated samples: distance between distributions, modes covered, and distance to the training examples.

All take samples and data as the network sees them, and flatten each example to a vector.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

LARGEST = 1000  # examples that are compared; the first ones of each side
BANDWIDTHS = 5  # of the kernels of the maximum mean discrepancy, each half as large as the one before
WITHIN = 3.0  # standard deviations from its mode within which a sample has high quality
SHARE = 0.2  # of the samples that a mode would have if all had equally many, with which it is covered
MODE = "mode"  # name of the array of a dataset that has the mode of each example


def median_distance(data: Tensor) -> Tensor:
    """Return the median Euclidean distance between two of the first 1,000 examples, or 1 if all are equal."""
    x = data[:LARGEST].flatten(1).double()
    first, second = torch.triu_indices(len(x), len(x), 1)
    if not len(first):
        return x.new_ones(())
    median = squares(x, x)[first, second].median().sqrt()
    return torch.where(median > 0, median, torch.ones_like(median))


def squares(x: Tensor, y: Tensor) -> Tensor:
    """Return the squared distances (rows of x, rows of y) between vectors."""
    return (x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T).clamp_min(0)


def mmd_squared(samples: Tensor, data: Tensor) -> Tensor:
    """Return the squared maximum mean discrepancy between two samples, by the unbiased estimator.

    Gretton et al. 2012, equation 3, with the mean of five Gaussian kernels exp(-|x - y|² / (2 s²)), whose bandwidths s
    are m, m/2, m/4, m/8 and m/16, with m the median distance between two examples of the data (several bandwidths: Li
    et al. 2015). At most the first 1,000 examples of each side are used. It is 0 on average if both have the same
    distribution, so it may be negative.

    Args:
        samples: generated examples (samples, ...).
        data: real examples (examples, ...), which alone determine the bandwidth.
    """
    x, y = samples[:LARGEST].flatten(1).double(), data[:LARGEST].flatten(1).double()
    scale = 2 * median_distance(y).square()

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        scaled = squares(a, b) / scale
        return torch.stack([(-(4**halved) * scaled).exp() for halved in range(BANDWIDTHS)]).mean(0)

    def between_two(a: Tensor) -> Tensor:
        return (kernel(a, a).sum() - len(a)) / max(len(a) * (len(a) - 1), 1)

    return between_two(x) + between_two(y) - 2 * kernel(x, y).mean()


class Modes(NamedTuple):
    """The modes of data, estimated from examples whose mode is known.

    Attributes:
        centers: mean of each mode (modes, values).
        spread: standard deviation of each value within a mode (values,).
    """

    centers: Tensor
    spread: Tensor

    @classmethod
    def of(cls, data: Tensor, mode: np.ndarray) -> Modes:
        """Return the modes of examples (examples, ...) with the number of the mode of each (examples,)."""
        x, index = data.flatten(1).double(), torch.from_numpy(np.asarray(mode, np.int64))
        known, index = index.unique(return_inverse=True)
        centers = torch.stack([x[index == number].mean(0) for number in range(len(known))])
        return cls(centers, (x - centers[index]).square().mean(0).sqrt())

    def covered(self, samples: Tensor) -> tuple[int, float]:
        """Return the number of covered modes, and the share of samples of high quality.

        A sample has high quality if it lies within 3 standard deviations of its nearest mode (Srivastava et al. 2017).
        A mode is covered if it has a fifth of the samples that it would have if all modes had equally many, of high
        quality.
        """
        x = samples.flatten(1).double() / self.spread
        distance, nearest = torch.cdist(x, self.centers / self.spread).min(1)
        good = distance <= WITHIN
        counts = torch.bincount(nearest[good], minlength=len(self.centers))
        return int((counts >= SHARE * len(x) / len(self.centers)).sum()), good.double().mean().item()


def nearest_distance(samples: Tensor, training: Tensor) -> float:
    """Return the mean distance of samples (samples, ...) to the nearest training example; near 0 they are copies."""
    x, y = samples[:LARGEST].flatten(1).double(), training.flatten(1).double()
    return torch.cdist(x, y).min(1).values.mean().item()


def generation_metrics(samples: Tensor, data: Tensor, training: Tensor, mode: np.ndarray | None) -> dict[str, float]:
    """Return all metrics of samples.

    Args:
        samples: generated examples.
        data: real examples of the split that they are compared with.
        training: examples of the training split.
        mode: the mode of each example of the training split; None if the data do not know it.
    """
    found = {"mmd_squared": mmd_squared(samples, data).item(), "nearest_distance": nearest_distance(samples, training)}
    if mode is not None:
        modes = Modes.of(training, mode)
        if (modes.spread > 0).all():
            count, share = modes.covered(samples)
            found |= {"modes": float(count), "high_quality": share}
    return found
