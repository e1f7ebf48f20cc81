"""Standardization of inputs and real targets by the training split, and noise on the inputs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlx.config.shared_keys import Preparation
from dlx.data.split import Index
from dlx.data.store import allocated, blocks
from dlx.seeds import Streams, derive
from dlx.spec import DataSpec


@dataclass(frozen=True)
class Units:
    """Mean and standard deviation of real targets, to convert between standardized and original units.

    Where they are double precision, so are the conversions.
    """

    mean: Tensor
    sd: Tensor

    def standardize(self, y: Tensor) -> Tensor:
        """Return targets (batch, outputs) with mean 0 and standard deviation 1 over the training split.

        They are in single precision; targets in double precision are given for units in double precision.
        """
        return ((y.to(self.mean.dtype) - self.mean) / self.sd).float()

    def restore(self, y: Tensor) -> Tensor:
        """Return targets or predictions (batch, outputs) in the original units."""
        if self.mean.dtype == torch.float64:
            y = y.double()
        return y * self.sd.to(y) + self.mean.to(y)


def random(streams: Streams, *words: str) -> np.random.Generator:
    """Return the generator of one kind of draw; the draws of different kinds are independent of each other."""
    return np.random.default_rng(derive(streams.data, *words))


def scale(
    inputs: np.ndarray, index: Index, spec: DataSpec, common: Preparation, streams: Streams
) -> tuple[dict[str, Tensor], tuple[np.ndarray, np.ndarray]]:
    """Return inputs standardized by the training split, with noise, and the shift and factor used."""
    if spec.input == "tokens":  # numbers of symbols have no scale
        none, one = np.zeros(1), np.ones(1)
        return {name: torch.from_numpy(inputs[chosen]).long() for name, chosen in index.items()}, (none, one)
    mean, sd = moments(inputs[index["train"]], spec)
    noise = common.noise * (1.0 if common.standardize else sd)
    if common.standardize == "unit_range":
        low, width = extent(inputs[index["train"]], spec)
        noise, mean, sd = common.noise * sd / width, low, width
    if not common.standardize:
        mean, sd = np.zeros_like(mean), np.ones_like(sd)
    parts = {}
    for name, chosen in index.items():
        x = (inputs[chosen] - mean) / sd
        if common.noise:
            x = x + noise * random(streams, "noise", name).standard_normal(x.shape)
        parts[name] = torch.from_numpy(np.asarray(x, dtype=np.float32))
    return parts, (mean, sd)


def scale_in_blocks(
    inputs: np.ndarray, index: Index, spec: DataSpec, common: Preparation, streams: Streams, limit: int
) -> tuple[dict[str, Tensor], tuple[np.ndarray, np.ndarray]]:
    """Return what `scale` does, computed in blocks: in a file where a split is larger than `limit` bytes.

    The sums of mean and standard deviation are added up in blocks, so that they do not depend on the limit.
    """
    train = index["train"]
    axes = all_but_features(inputs, spec)
    places = len(train) * inputs[0].size // inputs.shape[feature_axis(inputs, spec)]

    def over_train(of: Callable[[np.ndarray], np.ndarray], join: Callable[..., np.ndarray]) -> np.ndarray:
        return functools.reduce(
            join, (of(inputs[train[block]].astype(np.float64)) for block in blocks(inputs, len(train)))
        )

    mean = over_train(lambda x: x.sum(axes, keepdims=True)[0], np.add) / places
    sd = np.sqrt(over_train(lambda x: np.square(x - mean).sum(axes, keepdims=True)[0], np.add) / places)
    mean, sd, noise = mean, np.where(sd > 0, sd, 1.0), common.noise * (1.0 if common.standardize else sd)
    if common.standardize == "unit_range":
        low = over_train(lambda x: x.min(axes, keepdims=True)[0], np.minimum)
        width = over_train(lambda x: x.max(axes, keepdims=True)[0], np.maximum) - low
        width = np.where(width > 0, width, 1.0)
        noise, mean, sd = common.noise * sd / width, low, width
    if not common.standardize:
        mean, sd = np.zeros_like(mean), np.ones_like(sd)
    parts = {}
    for name, chosen in index.items():
        found = allocated((len(chosen), *inputs.shape[1:]), np.float32, limit)
        drawn = random(streams, "noise", name)
        for block in blocks(inputs, len(chosen)):
            x = (inputs[chosen[block]] - mean) / sd
            found[block] = x + noise * drawn.standard_normal(x.shape) if common.noise else x
        parts[name] = torch.from_numpy(found)
    return parts, (mean, sd)


def moments(inputs: np.ndarray, spec: DataSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each feature, channel or series; 1 for a constant one."""
    axes = all_but_features(inputs, spec)
    mean = inputs.mean(axes, keepdims=True, dtype=np.float64)[0]
    sd = inputs.std(axes, keepdims=True, dtype=np.float64)[0]
    return mean, np.where(sd > 0, sd, 1.0)


def extent(inputs: np.ndarray, spec: DataSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return minimum and range of each feature, channel or series; the range of a constant one is 1."""
    axes = all_but_features(inputs, spec)
    low, high = (found(axes, keepdims=True)[0].astype(np.float64) for found in (inputs.min, inputs.max))
    return low, np.where(high > low, high - low, 1.0)


def all_but_features(inputs: np.ndarray, spec: DataSpec) -> tuple[int, ...]:
    """Return all axes of the inputs (examples, ...) but that of the features, channels or series."""
    feature = feature_axis(inputs, spec)
    return tuple(axis for axis in range(inputs.ndim) if axis != feature)


def feature_axis(inputs: np.ndarray, spec: DataSpec) -> int:
    """Return the axis of the features, channels or series of inputs (examples, ...)."""
    return 1 if spec.input == "image" else inputs.ndim - 1


def target_units(targets: np.ndarray | None, standardize: bool | str, double: bool = False) -> Units:
    """Return the units of real targets (examples, outputs) from the training split; None where there are none.

    Args:
        targets: the targets.
        standardize: whether they are standardized.
        double: units in double precision, so that targets are converted in it.
    """
    number = torch.float64 if double else torch.float32
    if targets is None or not standardize:
        return Units(torch.zeros(1, dtype=number), torch.ones(1, dtype=number))
    sd = targets.std(0, dtype=np.float64)
    return Units(
        torch.from_numpy(targets.mean(0, dtype=np.float64)).to(number),
        torch.from_numpy(np.where(sd > 0, sd, 1.0)).to(number),
    )
