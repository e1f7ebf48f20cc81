"""The contract of the group objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Metric, Net, Phase, Tree
from dlx.contracts.contract import Contract
from dlx.spec import DataSpec, Input, Target

if TYPE_CHECKING:
    import numpy as np

    from dlx.data.prepared import Data, Split


class Objective(Contract):
    """The losses to minimize (phases), the outputs to evaluate (outputs) and their scores (metrics).

    Attributes:
        targets: kinds of target that it can learn from, in order of preference; the first one that the data provide
            is used.
        inputs: kinds of input for which `usual_for` holds; (): all.
        usual_for: kinds of target for which `objective=auto` selects it.
        needs: submodules or methods that a network must have, e.g. `generator`.
        pixels: where an image needs an output of a network whose outputs are a map: `any`, also at fewer places than
            there are pixels; `cells`, at fewer places that together cover the image; `inner`, one for each pixel, but
            for a border that convolutions without padding leave out; `all`, one for each pixel.
        metric_info: metrics in the order in which tables show them.
        closed_form: whether models that are solved in closed form can be fitted to the targets, without its phases.
        differentiates: whether the loss contains derivatives with respect to inputs (`torch.func`), so that the network
            must not update running statistics; batch normalization is then refused.
        monitor: metric that selects the best weights if `trainer.monitor` is auto.
        captions: title and caption of each figure for `dlx explain`, by the last segment of its name.
        spec: specification of the network to build: number and form of outputs, additional inputs.
    """

    positional: ClassVar[int] = 1  # DataSpec of the model's inputs
    # truth: that of the data, see Table; class_counts: number of training examples of each class, () without classes
    given: ClassVar[tuple[str, ...]] = ("model", "label_smoothing", "truth", "class_counts")
    targets: ClassVar[tuple[Target, ...]] = ()
    inputs: ClassVar[tuple[Input, ...]] = ()
    usual_for: ClassVar[tuple[Target, ...]] = ()
    needs: tuple[str, ...] = ()
    pixels: ClassVar[Literal["any", "cells", "inner", "all"]] = "any"
    metric_info: ClassVar[Mapping[str, Metric]] = {"loss": Metric(headline=True)}
    closed_form: bool = True
    differentiates: bool = False
    monitor: str = "val/loss"
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {}
    spec: DataSpec

    def check(self, data: Data) -> None:
        """Check that the objective can learn from the data, beyond the kind of their targets.

        Raises:
            ValueError: If it cannot; the message names what would fit.
        """

    def evaluated(self, data: Data, seed: int) -> Data:
        """Return the data that the network is evaluated on and that diagnostics see; by default, the data themselves.

        Their inputs are in the form of `spec`. Training batches are taken from the data as they are.

        Args:
            data: the data in the form that the model accepts.
            seed: seed of random changes; it is equal for all runs on equal data.
        """
        return data

    def check_network(self, network: nn.Module, batch: Batch) -> None:
        """Check that the objective can use the network, beyond the form of its outputs.

        It is not called for networks of more than a million weights, which are only built when they are trained.

        Args:
            network: a draft of the network, in evaluation mode.
            batch: a few training examples.

        Raises:
            ValueError: If it cannot; the message names what would fit.
        """

    def phases(self) -> Sequence[Phase]:
        """Return the updates within a training step, in order."""
        raise NotImplementedError

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss that diagnostics use: the sum of the losses of all phases."""
        losses = [phase.loss(net, batch, generator) for phase in self.phases()]
        return sum(losses[1:], losses[0])

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> Tree:
        """Return the outputs to evaluate, one row per example: scores, decoded symbols, samples or reconstructions."""
        return net(batch.inputs)

    def watched(self, net: Net, batch: Batch, generator: Generator) -> Tree:
        """Return the outputs that `quick` needs in every epoch; by default, all outputs."""
        return self.outputs(net, batch, generator)

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean over several forward passes (passes, batch, ...)."""
        return outputs.mean(0)

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the metrics computed in every epoch, as tensors on the device of the outputs, without side effects."""
        raise NotImplementedError

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the arrays that predictions.npz contains, one row per example, in the original units of the data."""
        return {}

    def interpreted(self, outputs: Tensor) -> Tensor:
        """Return what outputs of the network mean: probabilities of classes, or real numbers as they were trained."""
        return outputs

    def predicted(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return what the network predicts for new examples, whose targets are not known, for `dlx predict`.

        Arrays by the name of the column, one row for each example: names of classes or numbers (examples,) in the
        original units of the data; those of more axes (examples, ...) become several columns or are kept as arrays.
        """
        raise NotImplementedError

    @classmethod
    def predicts_new(cls) -> bool:
        """Return whether something is predicted for new examples, i.e. whether the class overrides `predicted`."""
        return cls.predicted is not Objective.predicted

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the metrics that can be computed from predictions alone; folds are pooled this way."""
        return {}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return all metrics of a split by name."""
        return self.judged(self.predictions(outputs, part, data))

    def stratum(self, by: str, outputs: Any, part: Split, rows: np.ndarray) -> dict[str, float]:
        """Return additional metrics of one stratum.

        Args:
            by: name of the stratification, see `metrics.by`.
            outputs: outputs of the whole split.
            part: the split.
            rows: indices of the examples in the stratum.
        """
        return {}

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        """Return the name and the outputs of a naive baseline, e.g. the majority class."""
        raise NotImplementedError

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return RGB images (height, width, 3) of the test predictions as uint8 arrays, by name."""
        return {}

    def better(self, metric: str) -> Literal["min", "max"]:
        """Return whether smaller (min) or larger (max) values of a metric such as `val/accuracy` are better.

        Metrics that are not declared are better if smaller.
        """
        return self.metric_info.get(metric.rsplit("/", 1)[-1], Metric()).better
