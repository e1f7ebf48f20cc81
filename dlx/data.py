"""From raw arrays to tensors that are split, scaled and ready to be taken by index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from dlx.errors import ConfigError
from dlx.raw import Series, Table
from dlx.spec import DataSpec, Fraction, Input, Positive
from dlx.streams import Streams

PARTS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What is done to every dataset.

    Attributes:
        split: shares of training, validation and test examples; they add up to at most 1.
        limit: use only so many training examples; validation and test stay whole.
        standardize: subtract the mean of the training split and divide by its standard deviation, for each feature,
            channel or series, and for real targets too (metrics are in the original units).
        batch_size: examples in one training step; null: the whole training split (gradient descent proper).
        drop_last: leave out a last batch that is smaller.
    """

    split: Annotated[list[float], Fraction]
    limit: Annotated[int, Positive] | None
    standardize: bool
    batch_size: Annotated[int, Positive] | None
    drop_last: bool


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How a series becomes examples.

    Attributes:
        context_length: how many past values the model sees.
        horizon: how many future values it predicts at once.
    """

    context_length: Annotated[int, Positive]
    horizon: Annotated[int, Positive]


@dataclass(frozen=True)
class Part:
    """One split.

    Attributes:
        inputs: (examples, *shape).
        targets: classes (examples,) or standardised real targets (examples, outputs).
        index: number of each example in the raw data.
        last: the last value of each series before the target, repeated over the horizon (examples, outputs).
    """

    inputs: Tensor
    targets: Tensor
    index: np.ndarray
    last: Tensor | None = None

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Units:
    """How standardised targets go back to the data's own units: `y * sd + mean`."""

    mean: Tensor
    sd: Tensor

    def standardize(self, y: Tensor) -> Tensor:
        """Return targets (batch, outputs) with mean 0 and standard deviation 1 over the training split."""
        return (y - self.mean) / self.sd

    def restore(self, y: Tensor) -> Tensor:
        """Return targets or predictions (batch, outputs) in the data's own units."""
        return y * self.sd.to(y) + self.mean.to(y)


@dataclass(frozen=True)
class Data:
    """Everything a run needs of its data."""

    spec: DataSpec
    train: Part
    val: Part
    test: Part
    units: Units
    hash: str

    def parts(self) -> dict[str, Part]:
        """Return the three parts by name."""
        return {"train": self.train, "val": self.val, "test": self.test}


def prepare(raw: Table | Series, preparation: Preparation, windows: Windows | None, streams: Streams) -> Data:
    """Split, limit and standardise raw data.

    Raises:
        ConfigError: a part would be empty, or a series is shorter than one window.
    """
    if isinstance(raw, Series):
        assert windows is not None, "a series comes with windows"
        inputs, targets = cut(raw, windows)
        order = np.arange(len(inputs))
        spec = DataSpec("series", inputs.shape[1:], "series", targets.shape[1], raw.names)
    else:
        inputs, targets = raw.inputs, raw.targets
        order = shuffled(targets, bool(raw.classes), np.random.default_rng(streams.split))
        outputs = len(raw.classes) or targets.shape[1]
        kind = "class" if raw.classes else "number"
        spec = DataSpec(raw.input, inputs.shape[1:], kind, outputs, raw.features, raw.classes)  # type: ignore[arg-type]
    index = divide(order, preparation, gap=windows.horizon - 1 if isinstance(raw, Series) and windows else 0)
    mean, sd = moments(inputs[index["train"]], spec) if preparation.standardize else (0.0, 1.0)
    real = spec.target != "class"
    units = (
        target_units(targets[index["train"]])
        if real and preparation.standardize
        else Units(torch.zeros(1), torch.ones(1))
    )
    parts = {}
    for name, chosen in index.items():
        x = torch.from_numpy(np.asarray((inputs[chosen] - mean) / sd, dtype=np.float32))
        y = torch.from_numpy(np.ascontiguousarray(targets[chosen]))
        last = None
        if isinstance(raw, Series):
            last = torch.from_numpy(np.ascontiguousarray(inputs[chosen][:, -1])).float()
            last = units.standardize(last.repeat(1, y.shape[1] // last.shape[1]))
        parts[name] = Part(x, units.standardize(y.float()) if real else y.long(), chosen, last)
    return Data(spec, **parts, units=units, hash=raw.hash)


def cut(raw: Series, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return all windows: contexts (examples, context, series) and what follows, (examples, horizon * series)."""
    context, horizon, length = windows.context_length, windows.horizon, len(raw.values)
    if context + horizon > length - 2:
        raise ConfigError(
            f"dataset.context_length: {context} past and {horizon} future values do not fit three times into a "
            f"series of {length}; expected at most {max(length - 2 - horizon, 1)}"
        )
    view = np.lib.stride_tricks.sliding_window_view(raw.values, context + horizon, axis=0)  # (examples, series, time)
    view = view.transpose(0, 2, 1)
    return view[:, :context], view[:, context:].reshape(len(view), -1)


def shuffled(targets: np.ndarray, stratify: bool, random: np.random.Generator) -> np.ndarray:
    """Return a random order of the examples; stratified, every stretch of it holds the classes in their proportions."""
    order = random.permutation(len(targets))
    if not stratify:
        return order
    place = np.empty(len(targets))
    for label in np.unique(targets):
        members = order[targets[order] == label]
        place[members] = (np.arange(len(members)) + random.random()) / len(members)
    return order[np.argsort(place[order], kind="stable")]


def divide(order: np.ndarray, preparation: Preparation, gap: int = 0) -> dict[str, np.ndarray]:
    """Cut an order of examples into training, validation and test; windows that overlap a border by `gap` are left out.

    Raises:
        ConfigError: the shares do not add up, or leave a part without an example.
    """
    shares = preparation.split
    if len(shares) != 3 or sum(shares) > 1 + 1e-9:
        raise ConfigError(
            f"dataset.split: expected three shares (train, validation, test) that add up to at most 1, got {shares}"
        )
    ends = np.floor(np.cumsum(shares) * len(order) + 1e-9).astype(int)
    index = {
        "train": order[: max(ends[0] - gap, 0)],
        "val": order[ends[0] : max(ends[1] - gap, ends[0])],
        "test": order[ends[1] : ends[2]],
    }
    for name, chosen in index.items():
        if len(chosen) == 0:
            raise ConfigError(f"dataset.split: {shares} leaves no {name} example of {len(order)}")
    if preparation.limit is not None:
        if preparation.limit > len(index["train"]):
            raise ConfigError(
                f"dataset.limit: expected at most the {len(index['train'])} training examples, got {preparation.limit}"
            )
        index["train"] = index["train"][: preparation.limit]
    return index


def moments(inputs: np.ndarray, spec: DataSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each feature, channel or series; a constant one is left unscaled."""
    feature = 1 if spec.input == "image" else inputs.ndim - 1
    axes = tuple(axis for axis in range(inputs.ndim) if axis != feature)
    mean = inputs.mean(axes, keepdims=True, dtype=np.float64)[0]
    sd = inputs.std(axes, keepdims=True, dtype=np.float64)[0]
    return mean, np.where(sd > 0, sd, 1.0)


def target_units(targets: np.ndarray) -> Units:
    """Return the units of real targets (examples, outputs) from the training split."""
    sd = targets.std(0, dtype=np.float64)
    return Units(
        torch.from_numpy(targets.mean(0, dtype=np.float64)).float(),
        torch.from_numpy(np.where(sd > 0, sd, 1.0)).float(),
    )


# What a model may be given of which data: (input kind, accepted kind) -> the change, in words and as a function.
ADAPTERS: dict[tuple[Input, Input], str] = {
    ("image", "vector"): "images are flattened",
    ("sequence", "vector"): "sequences are flattened",
    ("series", "vector"): "the context is flattened",
    ("image", "sequence"): "images are read row by row",
    ("series", "sequence"): "the context is read step by step",
}


def adapt(data: Data, accepts: tuple[Input, ...], model: str) -> tuple[Data, str]:
    """Bring the inputs into the form that a model accepts: a view, made once, and a sentence about it.

    Raises:
        ConfigError: there is no such form.
    """
    spec = data.spec
    if spec.input in accepts:
        return data, ""
    for kind in accepts:
        sentence = ADAPTERS.get((spec.input, kind))
        if sentence:
            parts = {name: replace(part, inputs=reshape(part.inputs, kind)) for name, part in data.parts().items()}
            shape = tuple(parts["train"].inputs.shape[1:])
            names = spec.features if len(spec.features) == shape[-1] else ()
            adapted = DataSpec(kind, shape, spec.target, spec.outputs, names, spec.classes)
            return replace(data, spec=adapted, train=parts["train"], val=parts["val"], test=parts["test"]), sentence
    needs = " or ".join({"vector": "vectors", "image": "images", "sequence": "sequences"}[kind] for kind in accepts)
    raise ConfigError(f"model={model} needs {needs}; the dataset gives {spec}")


def reshape(x: Tensor, kind: str) -> Tensor:
    """Flatten (batch, ...) to a vector, or turn an image (batch, channels, height, width) into rows of a sequence."""
    if kind == "vector":
        return x.flatten(1)
    return x.transpose(1, 2).flatten(2) if x.dim() == 4 else x
