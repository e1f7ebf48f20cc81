"""Another run as the source of weights: what it recorded, which of its weights fit a network, and its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from torch import Tensor, nn

from dlx.config.node import option_of, target_of
from dlx.config.source import checkpoint_of, folder_of
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.errors import ConfigError
from dlx.results.checkpoint import load_checkpoint, unchecked
from dlx.spec import DataSpec
from dlx.stored.run import IDENTITY, read_identity


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


@dataclass(frozen=True)
class SourceRun:
    """A source run, restored: its network with its weights, and what it was trained on.

    Attributes:
        network: the network, in evaluation mode.
        data: its data.
        objective: its objective.
        factor: c if its loss is c times a mean negative log-likelihood, of classes or of numbers with Gaussian noise;
            None for any other loss.
    """

    network: nn.Module
    data: Data
    objective: Objective
    factor: float | None


@dataclass(frozen=True)
class Source:
    """The weights of another run.

    Attributes:
        file: its checkpoint.
        state: the weights by name.
        target: kind and classes of the targets that it was trained on; None if the run did not record them.
        model: the option of its model; "" if the run did not record it.
        output: whether its output layer is copied: auto if the classes are the same.
        key: the key of the configuration that names it, for messages.
        restore: function that returns the run with its data.
        notes: notes about the checkpoint.
    """

    file: Path
    state: Mapping[str, Tensor]
    target: Mapping[str, Any] | None
    model: str = ""
    output: Literal["auto", "new", "copy"] = "auto"
    key: str = "transfer.source"
    restore: Callable[[], SourceRun] | None = field(default=None, compare=False)
    notes: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        place: str,
        output: Literal["auto", "new", "copy"] = "auto",
        key: str = "transfer.source",
        restore: Callable[[], SourceRun] | None = None,
    ) -> Source:
        """Return the weights in the folder of a run, or in a checkpoint; the arguments are those of the attributes.

        Raises:
            ConfigError: If it does not exist or is not a checkpoint.
        """
        file = checkpoint_of(place)
        checkpoint = load_checkpoint(file)
        if checkpoint is None:
            raise ConfigError(f"{key}: {place} is not there; expected the folder of a run, or a checkpoint")
        recorded = read_identity(folder_of(place)) or IDENTITY.completed({})
        model = target_of(recorded["config"].get("model", {}))
        state = {name.removeprefix("network."): tensor for name, tensor in checkpoint["state_dict"].items()}
        named = option_of(model) if model else ""
        return cls(file, state, recorded["target"], named, output, key, restore, tuple(unchecked(file)))

    def same_target(self, spec: DataSpec) -> bool | None:
        """Return whether the source was trained on the same kind and classes of targets, or None if it is unknown."""
        return None if self.target is None else self.target == recorded_target(spec)

    def gives_output(self, spec: DataSpec) -> bool:
        """Return whether its output layer is copied into a network with these targets."""
        return self.same_target(spec) is not False if self.output == "auto" else self.output == "copy"

    @cached_property
    def run(self) -> SourceRun | ConfigError:
        """The restored run, or the reason why it cannot be restored."""
        try:
            if self.restore is None:
                raise ConfigError(f"{self.key}: the run of {self.file} is not known")
            return self.restore()
        except ConfigError as error:
            return error


def recorded_target(spec: DataSpec) -> dict[str, Any]:
    """Return the description of its targets that a run records: their kind and the names of the classes."""
    return {"kind": spec.target, "classes": list(spec.classes)}
