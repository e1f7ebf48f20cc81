"""The contract of the group objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net, Phase, Tree
from dlx.contracts.contract import Contract
from dlx.spec import DataSpec, Target

if TYPE_CHECKING:
    import numpy as np

    from dlx.data.prepared import Data, Split


class Objective(Contract):
    """What is minimised (phases), what is judged (outputs), and what it scores (metrics).

    Attributes:
        targets: kinds of target it can learn from; the first one that the data offer is taken.
        usual_for: kinds of target for which `objective=auto` takes it.
        needs: parts or methods that a network must have (`generator`).
        metric_info: the metrics that tables show, in this order, the headline first.
        monitor: what picks the best weights where the trainer does not say.
        spec: what the network is built for: outputs, form, added inputs.
    """

    positional: ClassVar[int] = 1  # the spec of what the model is given
    given: ClassVar[tuple[str, ...]] = ("model", "label_smoothing")
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
