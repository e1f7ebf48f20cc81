"""Classification of each step of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.symbols import every, mean_of, symbol_loss
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec, Positive


class SequenceLabeling(Supervised):
    """Predict a symbol at each step of a sequence by a score for each symbol (Graves 2012, chapter 2).

    The loss is the mean over examples and steps of -log softmax(scores)[symbol]. `accuracy` is the share of steps, and
    `sequence_accuracy` the share of sequences all of whose steps are right. `metrics.by=output` reports them by step.
    Padded steps do not count.

    Args:
        loss: `cross_entropy`.
        scale: factor on the loss.

    Example:
        dlx train dataset=reversal model=transformer metrics.by=output
    """

    targets = ("tokens",)
    usual_for = ("tokens",)
    # The steps of a sequence are not independent, so that accuracy is said to change in steps of an example.
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "accuracy": Metric("max", headline=True, counted=True),
        "sequence_accuracy": Metric("max", headline=True, counted=True),
        "loss": Metric(),
        "cross_entropy": Metric(),
    }

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "confusion": (
            "Confusion matrix of the symbols",
            "Rows are the true symbols of all steps, columns the predicted ones; darker cells are more frequent. Cells "
            "beside the diagonal are errors.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        *,
        loss: Literal["cross_entropy"],
        scale: Annotated[float, Positive],
    ) -> None:
        self.symbols, self.label_smoothing, self.scale = spec.outputs, label_smoothing, scale
        self.spec = replace(spec.aimed(spec.outputs), softmax=True)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, time, symbols)."""
        return self.smoothed_loss(output, batch.targets, batch.weights)

    def training_loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, time, symbols) with label smoothing."""
        return self.smoothed_loss(output, batch.targets, batch.weights, self.label_smoothing)

    def smoothed_loss(
        self, output: Tensor, target: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0
    ) -> Tensor:
        """Return the mean loss of outputs (batch, time, symbols).

        Args:
            output: outputs of the model.
            target: symbols (batch, time), or probabilities of the symbols (batch, time, symbols).
            weights: weights of the steps (batch, time), 0 in padding; None: all are equal.
            label_smoothing: share of the target that is spread over all symbols.
        """
        found = symbol_loss(output, target, weights, label_smoothing)
        return found if self.scale == 1 else self.scale * found

    def average(self, outputs: Tensor) -> Tensor:
        """Return the logarithm of the mean probability over several forward passes (passes, batch, time, symbols)."""
        return outputs.log_softmax(-1).logsumexp(0) - torch.tensor(float(len(outputs))).log()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss and accuracies, as tensors on the device of the outputs."""
        hits = outputs.argmax(-1) == batch.targets
        return {
            "loss": self.loss(outputs, batch),
            "accuracy": mean_of(hits.float(), batch.weights),
            "sequence_accuracy": every(hits, batch.weights).float().mean(),
        }

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return scores (examples, time, symbols), true symbols and, if they are padded, weights (examples, time)."""
        weights = {} if part.weights is None else {"weights": part.weights.numpy()}
        return {"prediction": outputs.numpy(), "target": part.targets.numpy(), **weights}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss."""
        scores, target = (torch.from_numpy(predictions[name]) for name in ("prediction", "target"))
        weights = torch.from_numpy(predictions["weights"]) if "weights" in predictions else None
        hits = scores.argmax(-1) == target
        return {
            "accuracy": mean_of(hits.double(), weights).item(),
            "sequence_accuracy": every(hits, weights).double().mean().item(),
            "cross_entropy": symbol_loss(scores.double(), target, weights).item(),
        }

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return outputs that predict at each step the most frequent symbol of this step in the training split."""
        codes = F.one_hot(data.train.targets, self.symbols).float()
        if data.train.weights is not None:
            codes = codes * data.train.weights.unsqueeze(2)
        counts = codes.sum(0)  # (time, symbols)
        shares = (counts / counts.sum(1, keepdim=True).clamp_min(1)).clamp_min(torch.finfo(torch.float32).tiny)
        return "majority at each step", shares.log().expand(len(part), -1, -1)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return an image of the confusion matrix of all steps."""
        decided, target = predictions["prediction"].argmax(-1), predictions["target"]
        if "weights" in predictions:
            decided, target = (values[predictions["weights"] > 0] for values in (decided, target))
        return {"test/confusion": picture.confusion(decided.ravel(), target.ravel(), self.symbols)}
