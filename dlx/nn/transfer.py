"""Transfer learning: copying weights from another run, and freezing parts of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from dlx.config.source import checkpoint_of, folder_of
from dlx.errors import ConfigError, nearest
from dlx.files import read_json
from dlx.nn.layers import layers
from dlx.nn.network import is_output
from dlx.results.checkpoint import load_checkpoint
from dlx.spec import DataSpec


@dataclass(frozen=True)
class Source:
    """The weights of another run.

    Attributes:
        file: its checkpoint.
        state: the weights by name.
        target: kind and classes of the targets that it was trained on; None if the run did not record them.
    """

    file: Path
    state: Mapping[str, Tensor]
    target: Mapping[str, Any] | None

    @classmethod
    def read(cls, source: str) -> Source:
        """Return the weights in the folder of a run, or in a checkpoint.

        Raises:
            ConfigError: If it does not exist or is not a checkpoint.
        """
        file = checkpoint_of(source)
        checkpoint = load_checkpoint(file)
        if checkpoint is None:
            raise ConfigError(f"model.init_from: {source} is not there; expected the folder of a run, or a checkpoint")
        recorded = read_json(folder_of(source) / "identity.json")
        target = recorded.get("target") if isinstance(recorded, dict) else None
        state = {name.removeprefix("network."): tensor for name, tensor in checkpoint["state_dict"].items()}
        return cls(file, state, target)

    def same_target(self, spec: DataSpec) -> bool | None:
        """Return whether the source was trained on the same kind and classes of targets, or None if it is unknown."""
        return None if self.target is None else self.target == recorded_target(spec)


class Copied(NamedTuple):
    """The names of a network's weights that are copied from a source and of those that are not.

    Attributes:
        same: weights that are copied, because name and shape are equal, and for an output layer also the classes.
        new: weights that the source does not have; they keep their initial values.
        unfit: weights that have another shape in the source, or belong to an output layer for other classes; they keep
            their initial values too.
    """

    same: tuple[str, ...]
    new: tuple[str, ...]
    unfit: tuple[str, ...]


def recorded_target(spec: DataSpec) -> dict[str, Any]:
    """Return the description of its targets that a run records: their kind and the names of the classes."""
    return {"kind": spec.target, "classes": list(spec.classes)}


def matching(network: nn.Module, source: Source, spec: DataSpec) -> Copied:
    """Return which weights of a source can be copied into a network.

    Args:
        network: the network.
        source: weights of another run.
        spec: specification of the network's targets.

    Raises:
        ConfigError: If no weight can be copied.
    """
    ours, theirs, other = network.state_dict(), source.state, source.same_target(spec) is False
    same = [
        name
        for name, tensor in ours.items()
        if name in theirs and theirs[name].shape == tensor.shape and not (other and is_output(name))
    ]
    if not same:
        held = ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in list(theirs.items())[:4])
        classes = " (its output layer stands for other classes)" if other else ""
        raise ConfigError(
            f"model.init_from: no weight of {source.file} has name and shape of one of this model's{classes}; it holds "
            f"{held}"
        )
    new = [name for name in ours if name not in theirs]
    return Copied(tuple(same), tuple(new), tuple(name for name in ours if name not in {*same, *new}))


def copy_matching(network: nn.Module, source: Source, spec: DataSpec) -> Copied:
    """Copy the weights of a source that fit into a network in place, and return which were copied.

    Raises:
        ConfigError: If no weight can be copied.
    """
    copied = matching(network, source, spec)
    network.load_state_dict({name: source.state[name] for name in copied.same}, strict=False)
    return copied


def transfer_note(copied: Copied, source: Source, spec: DataSpec) -> str:
    """Return a note that names the layers that were copied, that are new and that did not fit."""
    parts = [f"copied {of_layers(copied.same)}"]
    parts += [f"new are {of_layers(copied.new)}"] if copied.new else []
    if copied.unfit:
        why = "of another shape, or an output layer for other classes"
        parts.append(f"{of_layers(copied.unfit)} did not fit ({why})")
    if source.same_target(spec) is None and any(map(is_output, copied.same)):
        parts.append("the output layer by its shape alone, for the source does not record its classes")
    return "model.init_from: " + "; ".join(parts)


def of_layers(names: Sequence[str]) -> str:
    """Return the comma-separated names of the layers that parameters belong to, without duplicates."""
    return ", ".join(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def frozen_names(network: nn.Module, patterns: Sequence[str | int], inputs: Tensor) -> set[str]:
    """Return the names of the parameters that match the patterns of `model.frozen`.

    Args:
        network: the network.
        patterns: names or prefixes of names, with * as a wildcard, or numbers of weight layers in the order of a
            forward pass, from 1.
        inputs: a few inputs for the forward pass.

    Raises:
        ConfigError: If a pattern matches no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    numbered: list[str] = []
    if any(isinstance(pattern, int) for pattern in patterns):
        numbered = [layer.name for layer in layers(network, inputs) if layer.kind != "norm"]
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, int):
            if not 1 <= pattern <= len(numbered):
                expected = f"weight layers 1 to {len(numbered)}" if numbered else "[]: this model has no weight layers"
                raise ConfigError(f"model.frozen: expected {expected}, got {pattern}")
            part = numbered[pattern - 1]
        else:
            part = pattern
        matched = {name for name in names if name.startswith(f"{part}.") or fnmatchcase(name, part)}
        if not matched:
            parts = [name for name, module in network.named_modules() if name and list(module.parameters())]
            raise ConfigError(f"model.frozen: no parameter is called {part!r}{nearest(part, [*parts, *names])}")
        found |= matched
    return found


def frozen_modules(network: nn.Module, frozen: set[str]) -> tuple[str, ...]:
    """Return the names of the outermost modules whose parameters are all frozen; they stay in evaluation mode."""
    whole: list[str] = []
    for name, module in network.named_modules():
        own = [f"{name}.{parameter}" for parameter, _ in module.named_parameters()]
        inside = any(name.startswith(f"{outer}.") for outer in whole)
        if name and own and not inside and all(parameter in frozen for parameter in own):
            whole.append(name)
    return tuple(whole)
