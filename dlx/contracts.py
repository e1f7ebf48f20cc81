"""What the parts of a run give each other: the records of a step, and for each group of options what its classes have.

A class of a group inherits from its contract here: what it leaves out stands at the contract's default. A user's own
class need not; see `adopted`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from torch import Generator, Tensor, nn

from dlx.spec import DataSpec, Form, Input, Target

if TYPE_CHECKING:
    import numpy as np

    from dlx.data.prepared import Data, Split

Tree = Tensor | dict[str, Tensor]  # a tensor, or one for each of several tasks; see dlx/data/tree.py


class Batch(NamedTuple):
    """The examples of a step.

    Attributes:
        inputs: (batch, *shape).
        targets: a Tree: classes (batch,), numbers (batch, outputs), ...; None where there are none.
        weights: what each target counts in the loss, 0 in padding; None: all the same.
    """

    inputs: Tensor
    targets: Any
    weights: Tensor | None = None


class Net(Protocol):
    """The network as an objective sees it: the module itself, or `dlx.step.functional.Functional` for many at once."""

    def __call__(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        """Return the network's outputs."""

    def __getattr__(self, name: str) -> Any:
        """Return a part or a method (`net.generator(z)`), or a plain value (`net.latent`)."""


Loss = Callable[[Net, Batch], Tensor]  # what diagnostics take gradients of, in evaluation


class Phase(NamedTuple):
    """One update within a training step; a GAN has two.

    Attributes:
        name: shown in logs: `train`, `generator`, ...; the phases of an objective have different ones.
        moves: the parts whose parameters are moved; () is all. See `in_part`.
        loss: mean loss of a batch, without side effects; random draws come from the generator alone.
        repeat: updates within a step, each on a batch of its own (the critic of Arjovsky et al. 2017).
        begins: the first step that it takes part in; that of the first phase is 0.
        after: given the moved weights by name, returns those to change behind the update (weight clipping).
    """

    name: str
    moves: tuple[str, ...]
    loss: Callable[[Net, Batch, Generator], Tensor]
    repeat: int = 1
    begins: int = 0
    after: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None

    def takes(self, name: str) -> bool:
        """Return whether a parameter of this name is moved."""
        return not self.moves or any(in_part(name, part) for part in self.moves)


def in_part(name: str, part: str) -> bool:
    """Return whether a parameter belongs to a part: a module by its path; `trunk` is all but the layer `output`."""
    return "output" not in name.split(".") if part == "trunk" else name.startswith(f"{part}.")


class Metric(NamedTuple):
    """A metric as it is declared: which way it is better, and whether it is the first that tables show."""

    better: Literal["min", "max"] = "min"
    headline: bool = False


class Augmentation:
    """A random change of training images (batch, channels, height, width): of where pixels lie, or of their values.

    Attributes:
        changes: whether it does anything.
        needs_black: whether it must know where black lies: it is given images in which black is 0.
    """

    changes: ClassVar[bool] = True
    needs_black: ClassVar[bool] = True

    def grid(self, images: Tensor, generator: Generator) -> Tensor | None:
        """Return where each pixel comes from (dlx/data/warp.py), for masks too; None: see `change_images`."""
        return None

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images with other values at the same places."""
        return images


class Diagnostic:
    """What is measured inside a network: at the start, every so many epochs, and at the end, in evaluation mode.

    Attributes:
        every: epochs between two measurements.
        examples: how many of the training split make up the batch; None: all of it.
        metric_info: the metrics, by the last segment of their names, of which more is better.
    """

    every: int = 1
    examples: int | None = None
    metric_info: ClassVar[Mapping[str, Metric]] = {}

    def check(self, network: nn.Module, data: Data) -> None:
        """Refuse by ValueError what cannot be measured; the message says what would fit."""

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; a tensor of more than one value is a histogram."""
        return {}

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return pictures (height, width, 3) from 0 to 1 by name."""
        return {}

    def watch(self, network: nn.Module) -> None:
        """Put hooks on the network, before the first training step, for what must be seen in every step."""

    def watched(self, former: Mapping[str, float]) -> dict[str, float]:
        """Return what has been seen so far; `former` is what a resumed run had seen before."""
        return {}

    def unwatch(self) -> None:
        """Take the hooks off again."""


class Model(nn.Module):
    """A network. Those of dlx are a `dlx.nn.network.Network`: `output(features(x))`.

    Attributes:
        accepts: kinds of input, the best first; what is not among them is adapted (dlx/data/adapt.py).
        gives: forms of output: one for an example, for every place, for every step.
        parts: named sets of parameters that phases can move by themselves.
        targets: kinds of target that it can give; () is all.
        over_time: how it reads sequences, said of a run on them where it is not plain.
        solves_with: regularizers that `solve` takes into account.
        frozen: modules, by name, that stay in evaluation mode while the others train.
    """

    accepts: ClassVar[tuple[Input, ...]] = ("vector",)
    gives: ClassVar[tuple[Form, ...]] = ("vector",)
    parts: ClassVar[tuple[str, ...]] = ("trunk", "output")
    targets: ClassVar[tuple[Target, ...]] = ()
    over_time: ClassVar[str] = ""
    solves_with: ClassVar[tuple[str, ...]] = ()
    frozen: Sequence[str] = ()

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Set the weights from the training split at once; for models without anything to descend."""
        raise NotImplementedError

    def after_initialization(self) -> None:
        """Change first weights that the model itself decides."""

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; frozen modules stay in evaluation, so dropout and statistics rest."""
        super().train(mode)
        for name in self.frozen if mode else ():
            self.get_submodule(name).eval()
        return self


class Objective:
    """What is minimised (phases), what is judged (outputs), and what it scores (metrics).

    Attributes:
        targets: kinds of target it can learn from; the first one that the data offer is taken.
        usual_for: kinds of target for which `objective=auto` takes it.
        needs: parts or methods that a network must have (`generator`).
        metric_info: the metrics that tables show, in this order, the headline first.
        monitor: what picks the best weights where the trainer does not say.
        spec: what the network is built for: outputs, form, added inputs.
    """

    targets: ClassVar[tuple[Target, ...]] = ()
    usual_for: ClassVar[tuple[Target, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    metric_info: ClassVar[Mapping[str, Metric]] = {"loss": Metric(headline=True)}
    monitor: str = "val/loss"
    spec: DataSpec

    def check(self, data: Data) -> None:
        """Refuse by ValueError data that it cannot learn from, whatever their kind."""

    def phases(self) -> Sequence[Phase]:
        """Return the updates within a training step."""
        raise NotImplementedError

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss that diagnostics look at: the sum of all phases' losses."""
        losses = [phase.loss(net, batch, generator) for phase in self.phases()]
        return sum(losses[1:], losses[0])

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> Tree:
        """Return what is judged, one row an example: scores, decoded symbols, samples, reconstructions."""
        return net(batch.inputs)

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean outputs of several passes (passes, batch, ...)."""
        return outputs.mean(0)

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return what is watched each epoch: tensors on the device, pure functions of the outputs."""
        raise NotImplementedError

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return what predictions.npz keeps, one row an example, numbers in the data's own units."""
        return {}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the metrics that predictions alone give, so that those of several folds can be pooled."""
        return {}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return all metrics of a split."""
        return self.judged(self.predictions(outputs, part, data))

    def stratum(self, by: str, outputs: Any, part: Split, rows: np.ndarray) -> dict[str, float]:
        """Return further metrics of the examples in `rows`, which are equal in what `by` names."""
        return {}

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        """Return name and outputs of a naive answer."""
        raise NotImplementedError

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return pictures (height, width, 3) of the test predictions, bytes, by name."""
        return {}

    def better(self, metric: str) -> Literal["min", "max"]:
        """Return which way a metric (`val/accuracy`) is better; of one that is not declared, less is."""
        return self.metric_info.get(metric.rsplit("/", 1)[-1], Metric()).better


def overrides(part: object, method: Callable[..., Any]) -> bool:
    """Return whether a part has a method of its own where its contract has a default: `overrides(net, Model.solve)`."""
    return getattr(type(part), method.__name__) is not method


@cache
def adopted(cls: type, base: type) -> type:
    """Return a user's own class with the defaults of its group's contract; a class that inherits it, as it is."""
    if issubclass(cls, base):
        return cls
    return type(cls.__name__, (cls, base), {"__module__": cls.__module__, "__doc__": cls.__doc__})
