"""Models inside a model: how a nested model reads inputs and gives outputs of the shapes that the outer one needs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from math import prod
from typing import Any, Protocol

from torch import nn

from dlx.config.choice import Choice
from dlx.config.shared_keys import NetworkKeys
from dlx.contracts.model import Model
from dlx.errors import ConfigError
from dlx.spec import DataSpec, choice


class Build(Protocol):
    """The run-time value `build` of a model that composes others; it is `dlx.nn.builder.NetworkBuilder.nested`."""

    def __call__(self, model: Choice, spec: DataSpec, shape: tuple[int, ...] = ()) -> nn.Module:
        """Return a new network of a nested option.

        Args:
            model: the option, as the constructor is given it for a key `Annotated[Mapping, Node("model")]`. The last
                segment of its path names the part, whose activation and normalization are used.
            spec: specification of its inputs and outputs.
            shape: shape of one output, e.g. (channels, height, width) of an image; (): (outputs,).

        Raises:
            ConfigError: If the option cannot have such inputs or outputs.
        """


def fitted(model: Choice, spec: DataSpec, shape: tuple[int, ...]) -> tuple[DataSpec, bool, bool]:
    """Return the specification for a nested model, and whether its inputs are flattened and its outputs reshaped.

    Raises:
        ConfigError: If the model cannot have such inputs or outputs.
    """
    cls: type[Model] = model.cls
    if cls.is_solved():
        raise ConfigError(f"{model.path}={model.option}: is solved at once; expected a model that is trained, e.g. mlp")
    keys = model.common(NetworkKeys)
    if keys.frozen or keys.init_from is not None:
        part = model.path.rpartition(".")[2]
        raise ConfigError(f"{model.path}: expected frozen and init_from of the whole, e.g. model.frozen=[{part}]")
    flat = spec.input not in cls.accepts
    if flat:
        if "vector" not in cls.accepts:
            wanted, given = choice("input", cls.accepts), choice("input", [spec.input])
            raise ConfigError(f"{model.path}={model.option}: needs {wanted}, it is given {given}; try {model.path}=mlp")
        spec = replace(spec, input="vector", shape=(prod(spec.shape),), features=(), form="vector")
    maps = len(shape) == 3 and spec.input == "image" and "map" in cls.gives
    if shape:
        spec = replace(spec, outputs=shape[0] if maps else prod(shape), form="map" if maps else "vector")
    if spec.form not in cls.gives or (cls.targets and spec.target not in cls.targets):
        raise ConfigError(f"{model.path}={model.option}: cannot give such outputs; try {model.path}=mlp")
    return spec, flat, len(shape) > 1 and not maps


def placed(network: nn.Module, flat: bool, shape: tuple[int, ...]) -> nn.Module:
    """Return a network that flattens its inputs, and whose outputs have a shape other than () for a vector."""
    layers: dict[str, Any] = {"flat": nn.Flatten()} if flat else {}
    layers["network"] = network
    if shape:
        layers["shape"] = nn.Unflatten(1, shape)
    return nn.Sequential(OrderedDict(layers)) if len(layers) > 1 else network
