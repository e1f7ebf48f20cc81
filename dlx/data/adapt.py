"""Adapters between the form of the inputs and the form that a model accepts."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.nn.functional import one_hot

from dlx.config.suggest import alternatives
from dlx.data.prepared import Data
from dlx.errors import ConfigError
from dlx.spec import DataSpec, Input, Target, choice

# What a model may be given of which data: (input kind, accepted kind) -> the change in words.
ADAPTERS: dict[tuple[Input, Input], str] = {
    ("image", "vector"): "images are flattened",
    ("sequence", "vector"): "sequences are flattened",
    ("series", "vector"): "flattened",
    ("image", "sequence"): "images are read row by row",
    ("series", "sequence"): "read step by step",
    ("tokens", "sequence"): "symbols are one-hot",
}


def adapt(data: Data, accepts: tuple[Input, ...], model: str) -> tuple[Data, str]:
    """Return the data with inputs (views) in a form that the model accepts, and a sentence that describes the change.

    Raises:
        ConfigError: the inputs have no form that the model accepts.
    """
    spec = data.spec
    if spec.input in accepts:
        return data, forecast(data, "")
    for kind in accepts:
        sentence = ADAPTERS.get((spec.input, kind))
        if sentence:
            parts = {
                name: replace(part, inputs=reshape(part.inputs, kind, spec.symbols))
                for name, part in data.splits().items()
            }
            shape = tuple(parts["train"].inputs.shape[1:])
            names = spec.features if len(spec.features) == shape[-1] else ()
            adapted = replace(spec, input=kind, shape=shape, features=names)
            return replace(data, spec=adapted, train=parts["train"], val=parts["val"], test=parts["test"]), forecast(
                data, sentence
            )
    raise ConfigError(
        f"model={model} needs {choice('input', accepts)}; the dataset gives {spec}"
        f"{alternatives(model, spec.input, list(ADAPTERS))}"
    )


def check_targets(spec: DataSpec, offered: tuple[Target, ...], targets: tuple[Target, ...], model: str) -> None:
    """Refuse data whose kind of target the model does not support; an empty tuple means all kinds.

    Raises:
        ConfigError: names what the model needs.
    """
    if targets and not set(offered) & set(targets):
        needs = choice("target", targets)
        raise ConfigError(f"model={model} needs {needs} as targets; the data are {spec}; try model=linear")


def forecast(data: Data, change: str) -> str:
    """Return a sentence about a series: how many values are forecast from how many, and how the model reads them."""
    if data.spec.input != "series" or data.differences is None:
        return change
    horizon, how = data.spec.outputs // data.differences.series, data.differences.how
    ahead = "the next value is forecast" if horizon == 1 else f"the next {horizon} values are forecast"
    learnt = ["as returns" if how == "returns" else f"as differences of order {how}"] if how else []
    past = f"from the {data.spec.shape[0]} before {'it' if horizon == 1 else 'them'}"
    return ", ".join([f"{ahead} {past}", *learnt, *([change] if change else [])])


def reshape(x: Tensor, kind: str, symbols: int = 0) -> Tensor:
    """Return inputs (batch, ...) as vectors, images (batch, channels, height, width) as sequences of rows, or symbols
    (batch, time) of a vocabulary of `symbols` as one-hot vectors (batch, time, symbols).
    """
    if symbols:
        return one_hot(x, symbols).float()
    if kind == "vector":
        return x.flatten(1)
    return x.transpose(1, 2).flatten(2) if x.dim() == 4 else x


def as_images(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Undo `reshape`: return images (batch, channels, height, width) from vectors, rows or images, as a view."""
    channels, height, width = shape
    if x.dim() == 3:
        return x.reshape(len(x), height, channels, width).transpose(1, 2)
    return x.reshape(len(x), channels, height, width)
