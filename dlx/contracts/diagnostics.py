"""The contract of the group diagnostics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Metric, Picture, captioned
from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.contracts.objective import Objective
    from dlx.data.prepared import Data, Split

Chapter = Literal["predictions", "attribution", "inside", "training"]


@dataclass(frozen=True)
class Subject:
    """The network that pictures explain.

    Attributes:
        network: the network, in evaluation mode.
        data: all splits.
        objective: the objective.
        split: name of the split whose examples are shown.
        initial: the network with its initial weights, in evaluation mode; None if they are not known.
        record: metrics of each epoch of the training; empty if they are not known.
    """

    network: nn.Module
    data: Data
    objective: Objective
    split: str = "val"
    initial: nn.Module | None = None
    record: Sequence[Mapping[str, float]] = ()

    @property
    def part(self) -> Split:
        """The split whose examples are shown."""
        return self.data.splits()[self.split]


class Diagnostic(Contract):
    """A measurement inside a network, taken before training, every few epochs and at the end, in evaluation mode.

    Attributes:
        every: number of epochs between two measurements.
        examples: number of training examples in the batch; None: the whole training split.
        metric_info: declarations of metrics for which larger values are better, by the last segment of their names.
        scored_on: the split on whose examples metrics are computed (train, val or test), by the first segment of their
            names; needed for metrics that are `counted`.
        chapter: heading of `dlx explain` under which its pictures stand.
        captions: title and caption of each of its figures, by name.
    """

    given: ClassVar[tuple[str, ...]] = ("spec",)  # DataSpec of the model's inputs
    every: int = 1
    examples: int | None = None
    metric_info: ClassVar[Mapping[str, Metric]] = {}
    scored_on: ClassVar[Mapping[str, str]] = {}
    chapter: ClassVar[Chapter] = "inside"
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network and the data can be measured.

        Raises:
            ValueError: If they cannot; the message names what would fit.
        """

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; a tensor of more than one value is logged as a histogram.

        Args:
            network: the network, in evaluation mode.
            batch: the first `examples` examples of the training split.
            loss: the loss of a batch.
            data: all splits.
        """
        return {}

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return RGB images (height, width, 3) with values from 0 to 1, by name."""
        return {}

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return the pictures of a trained network for `dlx explain`, by name; by default the figures.

        Raises:
            ValueError: If there is nothing to draw; the message says why.
        """
        return captioned(self.figures(subject.network, subject.data, subject.objective), self.captions)

    @classmethod
    def draws(cls) -> bool:
        """Return whether the class has pictures, i.e. overrides `figures` or `explain`."""
        return cls.figures is not Diagnostic.figures or cls.explain is not Diagnostic.explain

    def watch(self, network: nn.Module) -> None:
        """Register hooks on the network before the first training step, for quantities measured at every step."""

    def watched(self, former: Mapping[str, float]) -> dict[str, float]:
        """Return the quantities that the hooks have measured so far.

        Args:
            former: values that the run had logged before it was resumed; empty if it was not.
        """
        return {}

    def unwatch(self) -> None:
        """Remove the hooks."""
