"""Semantic segmentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.adapt import as_images
from dlx.data.prepared import Data, Split
from dlx.metrics.masks import mask_metrics
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec, Positive

PICTURES = 10  # examples in the figure


class Segmentation(Supervised):
    """Predict a class at each pixel of an image by a score for each class (Long, Shelhamer & Darrell 2015).

    The headline metric is the intersection over union of the objects, of all classes and of each (`class_cross/iou`),
    see `dlx.metrics.masks.mask_metrics`. A network
    whose convolutions are not padded gives outputs for the center of an image; loss and metrics are computed there
    (Ronneberger et al. 2015). The naive baseline predicts at each pixel the most frequent class of this pixel in the
    training split, which is the background unless the objects keep to one place.

    Args:
        loss: `cross_entropy` is the mean of -log softmax(scores)[class] over pixels and images; `dice` is 1 minus the
            Dice coefficient (2 sum p g + 1) / (sum p² + sum g² + 1) of the probabilities p of a class and its true
            mask g (0 or 1), averaged over classes and images (Milletari et al. 2016, who have no 1, which is the loss
            of a class that does not occur).
        scale: factor on the loss.

    Example:
        dlx train -m dataset=shapes objective=segmentation model=unet objective.loss=cross_entropy,dice
    """

    targets = ("mask",)
    usual_for = ("mask",)
    pixels = "inner"
    # The pixels of an image are not independent, so that shares of pixels are said to change in steps of an example.
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "iou": Metric("max", headline=True),
        "accuracy": Metric("max", counted=True),
        "boundary_accuracy": Metric("max", counted=True),
        "interior_accuracy": Metric("max", counted=True),
        "loss": Metric(),
    }

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "segmentation": (
            "Masks of some test images",
            "Top row: the images. Middle row: the true classes of the pixels, one color for each class of objects. "
            "Bottom row: the predicted classes.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        *,
        loss: Literal["cross_entropy", "dice"],
        scale: Annotated[float, Positive],
    ) -> None:
        self.classes, self.kind, self.label_smoothing, self.scale = spec.outputs, loss, label_smoothing, scale
        self.spec = replace(spec.aimed(spec.outputs), softmax=True)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, classes, height, width)."""
        return self.smoothed_loss(output, batch.targets)

    def training_loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, classes, height, width) with label smoothing."""
        return self.smoothed_loss(output, batch.targets, self.label_smoothing)

    def smoothed_loss(self, output: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of outputs (batch, classes, height, width).

        Args:
            output: outputs of the model.
            target: classes (batch, height, width), or probabilities of the classes (batch, height, width, classes); of
                a larger image the center counts.
            label_smoothing: share of the target that is spread over all classes.
        """
        target = center(target, output)
        given = target if target.dim() == 3 else target.movedim(-1, 1)
        if self.kind == "dice":
            found = self.dice(output, given, label_smoothing)
        else:
            found = F.cross_entropy(output, given, label_smoothing=label_smoothing)
        return found if self.scale == 1 else self.scale * found

    def dice(self, output: Tensor, target: Tensor, label_smoothing: float) -> Tensor:
        """Return 1 minus the mean Dice coefficient, see the class."""
        chances = output.softmax(1)
        true = F.one_hot(target, self.classes).movedim(-1, 1).to(chances) if target.dim() == 3 else target
        true = (1 - label_smoothing) * true + label_smoothing / self.classes
        both, either = (chances * true).sum((2, 3)), (chances.square() + true.square()).sum((2, 3))
        return 1 - ((2 * both + 1) / (either + 1)).mean()

    def average(self, outputs: Tensor) -> Tensor:
        """Return the logarithm of the mean probability over several forward passes (passes, batch, classes, ...)."""
        return outputs.log_softmax(2).logsumexp(0) - torch.tensor(float(len(outputs))).log()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss and share of right pixels, as tensors on the device of the outputs."""
        hits = outputs.argmax(1) == center(batch.targets, outputs)
        return {"loss": self.loss(outputs, batch), "accuracy": hits.float().mean()}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return predicted and true classes (examples, height, width)."""
        return {"prediction": outputs.argmax(1).numpy(), "target": center(part.targets, outputs).numpy()}

    def interpreted(self, outputs: Tensor) -> Tensor:
        """Return the probabilities of the classes at each pixel (examples, classes, height, width)."""
        return outputs.softmax(1)

    def predicted(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the class of each pixel (examples, height, width), a number in the order of the classes."""
        return {"prediction": outputs.argmax(1).numpy()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss, see `dlx.metrics.masks`."""
        predicted, target = (torch.from_numpy(predictions[name]) for name in ("prediction", "target"))
        return mask_metrics(predicted, target, self.classes, self.spec.classes)

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return outputs that predict at each pixel its most frequent class in the training split."""
        counts = F.one_hot(data.train.targets, self.classes).float().mean(0).movedim(-1, 0)  # (classes, height, width)
        shares = counts.clamp_min(torch.finfo(torch.float32).tiny)
        return "majority class at each pixel", shares.log().expand(len(part), -1, -1, -1)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a figure of some test images, their true masks and the predicted ones, drawn over the images."""
        if data.images is None:
            return {}
        images = as_images(data.test.inputs[:PICTURES], data.images.shape)
        masks = [predictions[name][:PICTURES] for name in ("target", "prediction")]
        images = center(images.movedim(1, 3), torch.from_numpy(masks[0])[:, None]).movedim(3, 1)
        return {"test/segmentation": picture.overlays(images.numpy(), *masks)}


def center(target: Tensor, output: Tensor) -> Tensor:
    """Return the center of targets (batch, height, width, ...) that has the size of outputs (batch, ..., h, w)."""
    (height, width), (rows, columns) = target.shape[1:3], output.shape[-2:]
    top, left = (height - rows) // 2, (width - columns) // 2
    return target[:, top : top + rows, left : left + columns]
