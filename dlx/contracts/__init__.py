"""The contracts of the groups, one module for each, and the types that they share: Batch, Net, Phase and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

from torch import Generator, Tensor

Tree = Tensor | dict[str, Tensor]  # a tensor, or a dictionary with a tensor for each task; see dlx/data/tree.py


class Batch(NamedTuple):
    """The examples of a training step.

    Attributes:
        inputs: tensor (batch, *shape).
        targets: a Tree, e.g. classes (batch,) or numbers (batch, outputs), or None if there are no targets.
        weights: weight of each target in the loss, 0 for padding; None: equal weights.
    """

    inputs: Tensor
    targets: Any
    weights: Tensor | None = None


class Net(Protocol):
    """The network that an objective is given: the module itself, or a `dlx.step.functional.Functional`."""

    def __call__(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        """Return the outputs of the network."""

    def __getattr__(self, name: str) -> Any:
        """Return a submodule or a method (`net.generator(z)`), or a plain attribute (`net.latent`)."""


Loss = Callable[[Net, Batch], Tensor]  # the loss that diagnostics differentiate, in evaluation mode


class Phase(NamedTuple):
    """One update within a training step; a GAN has two.

    Attributes:
        name: name in logs, e.g. `train` or `generator`; it must be unique within the objective.
        moves: parts of the network whose parameters are updated, see `in_part`; (): all.
        loss: function that returns the mean loss of a batch, without side effects; all its random numbers must come
            from the generator.
        repeat: number of updates within a step, each on a separate batch (the critic of Arjovsky et al. 2017).
        begins: index of the first step in which the phase takes part; it is 0 for the first phase.
        after: function that is given the updated weights by name and returns new values for those to change after the
            update (weight clipping); None: none.
    """

    name: str
    moves: tuple[str, ...]
    loss: Callable[[Net, Batch, Generator], Tensor]
    repeat: int = 1
    begins: int = 0
    after: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None

    def takes(self, name: str) -> bool:
        """Return whether the phase updates the parameter of this name."""
        return not self.moves or any(in_part(name, part) for part in self.moves)


def in_part(name: str, part: str) -> bool:
    """Return whether a parameter belongs to a part, the path of a module, or `trunk` for all but the layer `output`."""
    return "output" not in name.split(".") if part == "trunk" else name.startswith(f"{part}.")


class Metric(NamedTuple):
    """The declaration of a metric.

    Attributes:
        better: whether smaller (min) or larger (max) values are better.
        headline: whether tables show the metric first.
        counted: whether the metric is computed from which examples are classified correctly, so that it changes in
            steps of an example; see `dlx.results.metric_info.resolution_of`.
        unit: its unit in the plural, such as `nats`; empty if it has none, or that of the user's data.
    """

    better: Literal["min", "max"] = "min"
    headline: bool = False
    counted: bool = False
    unit: str = ""


class Picture(NamedTuple):
    """A picture with its title and caption.

    Attributes:
        drawing: RGB image (height, width, 3) with values from 0 to 1 or of type uint8, or a matplotlib figure.
        title: what is shown, in a few words.
        caption: how to read it, in full sentences.
        vectors: points (examples, d) of a space of more than two dimensions that the picture shows a part of, for
            TensorBoard's projector; None: none.
        labels: a word for each of the points.
    """

    drawing: Any
    title: str
    caption: str
    vectors: Tensor | None = None
    labels: tuple[str, ...] = ()


def captioned(drawings: Mapping[str, Any], captions: Mapping[str, tuple[str, str]]) -> dict[str, Picture]:
    """Return pictures of drawings by name, with titles and captions by the last segment of the name.

    A drawing without a caption has its name as a title.
    """
    found = {}
    for name, drawing in drawings.items():
        last = name.rsplit("/", 1)[-1]
        title, caption = captions.get(last, (last.replace("_", " ").capitalize(), ""))
        found[name] = Picture(drawing, title, caption)
    return found
