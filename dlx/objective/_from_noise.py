"""The common part of the objectives that learn to turn noise into data step by step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net
from dlx.data.prepared import Data, Split
from dlx.metrics.generation import MODE, generation_metrics, mmd_squared
from dlx.objective._generation import SAMPLES, fitted_gaussian, normal, sample_figure
from dlx.objective._supervised import Supervised
from dlx.seeds import derive
from dlx.spec import DataSpec

TINY = 1e-12  # smallest variance by which is divided


class FromNoise(Supervised, ABC):
    """Base class of objectives for which a network sees x_t = a(t) x + s(t) noise and t, and predicts a target.

    The time t in [0, 1] enters as further features (channels of images, features of each step of sequences): t itself,
    and sine and cosine of pi 2^k t. Therefore every network that gives an output of the form of its input can be used.
    For evaluation, noise and time are drawn once for each example.

    Args:
        spec: specification of the data.
        name: name of the objective, for messages.
        frequencies: number of frequencies of the time features.
        scale: factor on the loss.

    Attributes:
        shape: shape of an example.
    """

    targets = ("self",)
    pixels = "all"
    closed_form = False
    metric_info: ClassVar[Mapping[str, Metric]] = {**SAMPLES, "loss": Metric()}
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "samples": ("Samples", "What the network makes of noise; for points of the plane, over the test examples.")
    }

    def __init__(self, spec: DataSpec, name: str, frequencies: int, scale: float) -> None:
        if spec.input in ("none", "tokens"):
            raise ValueError(f"{name} needs inputs that are real numbers; the data are {spec}")
        self.shape, self.frequencies, self.scale = spec.shape, frequencies, scale
        self.axis = len(spec.shape) - 1 if spec.input not in ("vector", "image") else 0
        wider = list(spec.shape)
        wider[self.axis] += 1 + 2 * frequencies
        self.spec = replace(spec.aimed(spec.shape[self.axis]), shape=tuple(wider), features=())

    @abstractmethod
    def shares(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return a(t) and s(t), the factors of data and noise, for times t (batch,)."""

    @abstractmethod
    def wanted(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return what the network is to predict for clean examples and their noise, each (batch, *shape)."""

    @abstractmethod
    def times(self, like: Tensor, generator: Generator) -> Tensor:
        """Return random times (batch,) on the device of a tensor, at least in single precision."""

    @abstractmethod
    def sample(self, net: Net, noise: Tensor, generator: Generator) -> Tensor:
        """Return what the network makes of standard normal noise (batch, *shape), step by step."""

    def check(self, data: Data) -> None:
        """Check that no transforms of the test images are asked for, which would be transforms of noisy images.

        Raises:
            ValueError: If there are any.
        """
        if data.transforms:
            raise ValueError("dataset.test_transforms: the objective adds noise to the test images; expected []")

    def with_time(self, x: Tensor, t: Tensor) -> Tensor:
        """Return inputs (batch, *shape) with the features of their times t (batch,)."""
        angles = math.pi * t[:, None] * 2.0 ** torch.arange(self.frequencies, device=t.device, dtype=t.dtype)
        features = torch.cat([t[:, None], angles.sin(), angles.cos()], 1).to(x)
        places = [1] * len(self.shape)
        places[self.axis] = features.shape[1]
        wider = list(x.shape)
        wider[1 + self.axis] = features.shape[1]
        return torch.cat([x, features.view(-1, *places).expand(wider)], 1 + self.axis)

    def blended(self, clean: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """Return what the network sees of clean examples at random times, and what it is to predict."""
        noise, t = normal(clean, generator), self.times(clean, generator)
        a, s = (share.to(clean).view(-1, *[1] * len(self.shape)) for share in self.shares(t))
        return self.with_time(a * clean + s * noise, t), self.wanted(clean, noise)

    def evaluated(self, data: Data, seed: int) -> Data:
        """Return the data with noisy examples and their times as inputs.

        The targets (examples, 2, *shape) are what is to be predicted, and the clean examples.
        """

        def noisy(name: str, part: Split) -> Split:
            inputs, wanted = self.blended(part.inputs, Generator().manual_seed(derive(seed, name)))
            return replace(part, inputs=inputs, targets=torch.stack([wanted, part.inputs], 1))

        splits: Any = {name: noisy(name, part) for name, part in data.splits().items()}
        return replace(data, spec=replace(data.spec, shape=self.spec.shape, features=()), naive={}, **splits)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean squared error of predictions (batch, *shape), averaged over values too."""
        return self.scale * F.mse_loss(output, batch.targets[:, 0])

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        inputs, wanted = self.blended(batch.inputs, generator)
        return self.scale * F.mse_loss(net(inputs), wanted)

    def watched(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return the predictions alone: samples cost a forward pass for each step."""
        return {"output": net(batch.inputs)}

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return the predictions, and a sample for each example."""
        noise = normal(batch.targets[:, 1], generator)
        return {"output": net(batch.inputs), "sample": self.sample(net, noise, generator)}

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the loss."""
        return {"loss": self.loss(outputs["output"], batch)}

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return samples and clean examples (examples, values)."""
        clean = part.targets[:, 1]
        return {"sample": outputs["sample"].flatten(1).numpy(), "target": clean.flatten(1).numpy()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the distance between samples and clean examples."""
        made, real = (torch.from_numpy(predictions[name]) for name in ("sample", "target"))
        return {"mmd_squared": mmd_squared(made, real).item()}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return the metrics of the samples, and the loss."""
        clean, train = part.targets[:, 1], data.train.targets[:, 1]
        found = generation_metrics(outputs["sample"], clean, train, data.train.extra.get(MODE))
        batch = Batch(part.inputs, part.targets.to(outputs["output"]))
        return {**found, "loss": float(self.loss(outputs["output"], batch))}

    def baseline(self, data: Data, part: Split) -> tuple[str, dict[str, Tensor]]:
        """Return samples of a Gaussian with the moments of the training examples, and the best predictions for it.

        Given x_t, the means of data and noise are m + a C (a² C + s²)^-1 (x_t - a m) and s (a² C + s²)^-1 (x_t - a m)
        with the mean m and the covariance C of the data.
        """
        train = data.train.targets[:, 1].flatten(1).double()
        mean = train.mean(0)
        variances, axes = principal_axes(train - mean)
        seen, features = part.inputs.double().split([self.shape[self.axis], 1 + 2 * self.frequencies], 1 + self.axis)
        a, s = (share[:, None] for share in self.shares(features.select(1 + self.axis, 0).reshape(len(part), -1)[:, 0]))
        spectrum = variances.clamp_min(0)
        # along the axes of the covariance: the deviation of x_t, relative to its variance
        deviation = seen.flatten(1) - a * mean
        along = deviation @ axes / (a.square() * spectrum + s.square()).clamp_min(TINY)
        clean, noise = mean + (a * spectrum * along) @ axes.T, (s * along) @ axes.T
        if axes.shape[1] < axes.shape[0]:  # across the axes the data do not vary: all deviation is noise
            noise += s * (deviation - deviation @ axes @ axes.T) / s.square().clamp_min(TINY)
        output = self.wanted(clean, noise).float().view(-1, *self.shape)
        sample = fitted_gaussian(data.train.targets[:, 1], len(part)).float()
        return "fitted Gaussian", {"output": output, "sample": sample}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a figure of samples."""
        return sample_figure(predictions["sample"], predictions["target"], data, self.shape)


def principal_axes(deviations: Tensor) -> tuple[Tensor, Tensor]:
    """Return the variances (axes,) along the principal axes (values, axes) of deviations from a mean.

    There are as many axes as values, or as examples if these are fewer, which spares the covariance of all values.

    Args:
        deviations: deviations (examples, values).
    """
    examples, values = deviations.shape
    if values <= examples:
        variances, axes = torch.linalg.eigh(deviations.T @ deviations / max(examples - 1, 1))
        return variances, axes
    _, singular, axes = torch.linalg.svd(deviations / max(examples - 1, 1) ** 0.5, full_matrices=False)
    return singular.square(), axes.T


def single(like: Tensor) -> torch.dtype:
    """Return the precision of times: that of a tensor, but at least single precision."""
    return torch.promote_types(like.dtype, torch.float32)
