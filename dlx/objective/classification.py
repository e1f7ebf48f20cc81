"""Classification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.classes import class_metrics, of_class
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec, OpenFraction, Positive


class Classification(Supervised):
    """Predict a class by a score for each, trained with cross-entropy or with the squared error to class codes.

    Args:
        loss: `cross_entropy` is -log softmax(scores)[class] (Bishop 2006, eq. 4.108); `nll` is the same value, computed
            as the negative log-likelihood of the log-softmax; `mse` is the mean squared error to the code of the class.
        codes: regression targets of `mse`: `one_hot`, or one number for each class, e.g. [0,1,2]. With numbers the
            model has a single output, and the class with the nearest code is predicted, so [0,1,2] implies that class 1
            lies between classes 0 and 2.
        threshold: smallest probability at which the second of two classes is predicted; null: predict the more probable
            class.
        scale: factor on the loss.
        class_weight: weight of each class in the loss, in the order of the classes: the mean of the losses of the
            examples, each times the weight of its class, over the sum of these weights. `balanced` is n / (k n_c) for
            n training examples, n_c of them of class c, and k classes (King & Zeng 2001), so that rare classes count
            as much as frequent ones; null: all are equal.

    Example:
        dlx train model=linear dataset=iris objective.loss=mse objective.codes=[0,1,99]
    """

    targets = ("class",)
    usual_for = ("class",)
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "accuracy": Metric("max", headline=True, counted=True),
        "loss": Metric(unit="nats"),
        "precision": Metric("max", counted=True),
        "recall": Metric("max", counted=True),
        "f1": Metric("max", counted=True),
        "auroc": Metric("max", counted=True),
        "cross_entropy": Metric(unit="nats"),
    }

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "confusion": (
            "Confusion matrix",
            "Rows are true classes, columns predicted ones; darker cells are more frequent.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        class_counts: tuple[int, ...],
        *,
        loss: Literal["cross_entropy", "nll", "mse"],
        codes: Literal["one_hot"] | list[float],
        threshold: Annotated[float, OpenFraction] | None,
        scale: Annotated[float, Positive],
        class_weight: Literal["balanced"] | Annotated[list[float], Positive] | None = None,
    ) -> None:
        if class_weight is not None and loss == "mse":
            raise ValueError("class_weight: weights loss=cross_entropy or loss=nll; expected null beside loss=mse")
        if isinstance(class_weight, list) and len(class_weight) != spec.outputs:
            names = ", ".join(spec.classes)
            raise ValueError(
                f"class_weight: expected {spec.outputs} numbers, one for each class ({names}), got {class_weight}"
            )
        if codes != "one_hot" and loss != "mse":
            raise ValueError(f"codes: only loss=mse regresses on codes; expected one_hot beside loss={loss}")
        if codes != "one_hot" and (len(codes) != spec.outputs or len(set(codes)) != len(codes)):
            raise ValueError(f"codes: expected {spec.outputs} different numbers, one for each class, got {codes}")
        if threshold is not None and (spec.outputs != 2 or codes != "one_hot"):
            raise ValueError(f"threshold: decides between two classes with scores of their own; the data are {spec}")
        self.names = spec.classes
        self.classes, self.kind, self.label_smoothing = spec.outputs, loss, label_smoothing
        self.codes = None if codes == "one_hot" else torch.tensor(codes, dtype=torch.float64)
        self.threshold, self.scale = threshold, scale
        self.class_weight = weights_of(class_weight, class_counts)
        self.spec = replace(spec.aimed(self.classes if self.codes is None else 1), softmax=loss != "mse")

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, outputs) for the true classes."""
        return self.smoothed_loss(output, batch.targets)

    def training_loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, outputs) with label smoothing."""
        return self.smoothed_loss(output, batch.targets, self.label_smoothing)

    def smoothed_loss(self, output: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of outputs (batch, outputs).

        Args:
            output: outputs of the model.
            target: classes (batch,), or probabilities of the classes (batch, classes).
            label_smoothing: share of the target that is spread over all classes.
        """
        weight = None if self.class_weight is None else self.class_weight.to(output)
        if self.kind == "mse":
            found = F.mse_loss(output, self._coded(output, target, label_smoothing))
        elif self.kind == "nll" and target.dim() == 1 and not label_smoothing:
            found = F.nll_loss(output.log_softmax(1), target, weight)
        else:
            found = F.cross_entropy(output, target, weight, label_smoothing=label_smoothing)
        return found if self.scale == 1 else self.scale * found

    def _coded(self, output: Tensor, target: Tensor, label_smoothing: float) -> Tensor:
        shares = F.one_hot(target, self.classes).to(output.dtype) if target.dim() == 1 else target
        if label_smoothing:
            shares = (1 - label_smoothing) * shares + label_smoothing / self.classes
        return shares if self.codes is None else (shares @ self.codes.to(output)).unsqueeze(1)

    def scores(self, output: Tensor) -> Tensor:
        """Return scores (batch, classes): the outputs, or the negative squared distance to each class's code."""
        return output if self.codes is None else -(output - self.codes.to(output)).square()

    def decide(self, scores: Tensor) -> Tensor:
        """Return the predicted classes (batch,)."""
        if self.threshold is None:
            return scores.argmax(1)
        # The outputs that minimize the squared error to one-hot codes are the probabilities.
        second = (1 + scores[:, 1] - scores[:, 0]) / 2 if self.kind == "mse" else scores.softmax(1)[:, 1]
        return (second >= self.threshold).long()

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean over several forward passes (passes, batch, outputs).

        Probabilities are averaged and returned as log-probabilities, except for `mse`, whose outputs are averaged.
        """
        if self.kind == "mse":
            return outputs.mean(0)
        return outputs.log_softmax(2).logsumexp(0) - torch.tensor(float(len(outputs))).log()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss and accuracy, as tensors on the device of the outputs."""
        hits = self.decide(self.scores(outputs)) == batch.targets
        return {"loss": self.loss(outputs, batch), "accuracy": hits.float().mean()}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return scores (examples, classes) and true classes (examples,)."""
        return {"prediction": self.scores(outputs).numpy(), "target": part.targets.numpy()}

    def interpreted(self, outputs: Tensor) -> Tensor:
        """Return the probabilities of the classes (examples, classes), with `mse` the scores."""
        return outputs.softmax(1) if self.kind != "mse" else self.scores(outputs)

    def predicted(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the name of the predicted class and the probabilities of all classes, with `mse` their scores."""
        names, what = np.array(self.names, dtype=object), "probability" if self.kind != "mse" else "score"
        columns = self.interpreted(outputs).numpy().T
        named = {f"{what}_{name}": column for name, column in zip(self.names, columns, strict=True)}
        return {"prediction": names[self.decide(self.scores(outputs)).numpy()], **named}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss, see `dlx.metrics.classes`."""
        scores, target = (torch.from_numpy(predictions[name]) for name in ("prediction", "target"))
        return class_metrics(scores, self.decide(scores), target, probabilistic=self.kind != "mse")

    def stratum(self, by: str, outputs: Tensor, part: Split, rows: np.ndarray) -> dict[str, float]:
        """Return precision, recall and F1 of one class if `by` is `class`, else nothing.

        Means over the classes are not defined for examples of a single class.
        """
        if by != "class":
            return {}
        return of_class(self.decide(self.scores(outputs)), part.targets, int(part.targets[rows[0]]))

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return outputs that always predict the most frequent class of the training split."""
        counts = torch.bincount(data.train.targets, minlength=self.classes).float()
        shares = (counts / counts.sum()).clamp_min(torch.finfo(torch.float32).tiny)
        answer: Any = shares if self.kind == "mse" else shares.log()
        if self.codes is not None:
            answer = self.codes[counts.argmax()].float().view(1)
        return "majority class", answer.expand(len(part), -1)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return an image of the confusion matrix."""
        decided = self.decide(torch.from_numpy(predictions["prediction"])).numpy()
        return {"test/confusion": picture.confusion(decided, predictions["target"], self.classes, data.spec.classes)}


def weights_of(wanted: Literal["balanced"] | list[float] | None, counts: tuple[int, ...]) -> Tensor | None:
    """Return the weights of the classes (classes,), None if all are equal.

    Args:
        wanted: see `Classification`.
        counts: number of training examples of each class.
    """
    if wanted is None:
        return None
    if wanted != "balanced":
        return torch.tensor(wanted, dtype=torch.float64)
    number = torch.tensor(counts, dtype=torch.float64)
    return number.sum() / (len(counts) * number.clamp_min(1))
