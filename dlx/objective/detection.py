"""Object detection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.adapt import as_images
from dlx.data.prepared import Data, Split
from dlx.metrics.boxes import detection_metrics, suppress
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec, Fraction, NonNegative, OpenFraction, Positive

PICTURES = 10  # images in the figure
PIECE = 256  # images whose heat maps are drawn at once
PRIOR = math.log(
    0.1 / 0.9
)  # added to the outputs, so that every place starts with a probability of .1 (Lin et al. 2017)


class Detection(Supervised):
    """Find each object with its class and a box around it, by the peaks of a heat map (CenterNet, Zhou et al. 2019).

    The network gives a map with one output for each class, whose sigmoid is the probability that the center of an
    object lies in this cell, and four more: height and width of the object and the position of its center in the cell,
    in cells. Any model with an output at every place of a map will do; its strides and pooling determine the cells.
    The heat map to learn is 1 in the cell of a center and falls off as a Gaussian with a standard deviation of a sixth
    of the object's side. The loss is the focal loss of the heat map (eq. 1 of the paper, alpha = 2, beta = 4) plus the
    absolute errors of sizes and positions in the cells of the centers, all per object. Detections are the peaks, cells
    whose probability is the largest of 3 x 3, after non-maximum suppression.

    Metrics: average precision as COCO defines it, at an intersection over union of .5 (`ap50`) and averaged over .5 to
    .95 (`ap`); and `recall`, `precision`, `exact_match` and `localization` of the detections with at least the score
    `threshold`, see `dlx.metrics.boxes`. The naive baseline is the mean of the heat maps of the training split, with
    the mean size.

    Args:
        size_weight: weight of the errors of the sizes.
        position_weight: weight of the errors of the positions in the cells.
        detections: largest number of detections in an image.
        threshold: smallest score of a detection that counts, except for the average precisions.
        max_overlap: largest intersection over union of two detections of one class.
        scale: factor on the loss.

    Example:
        dlx train dataset=shapes dataset.objects=[1,2,3] dataset.kinds=mixed model=cnn objective=detection
    """

    targets = ("boxes",)
    usual_for = ("boxes",)
    pixels = "cells"
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "ap": Metric("max", headline=True),
        "ap50": Metric("max", headline=True),
        "loss": Metric(),
        "exact_match": Metric("max", counted=True),
        "recall": Metric("max", counted=True),
        "precision": Metric("max", counted=True),
        "localization": Metric("max", counted=True),
    }

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "detection": (
            "Detections",
            "Above, test images with the boxes of their objects; below, the detections that count. Colors are classes.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        *,
        size_weight: Annotated[float, NonNegative],
        position_weight: Annotated[float, NonNegative],
        detections: Annotated[int, Positive],
        threshold: Annotated[float, OpenFraction],
        max_overlap: Annotated[float, Fraction],
        scale: Annotated[float, Positive],
    ) -> None:
        self.classes, self.image = len(spec.classes), spec.shape[1:]
        self.size_weight, self.position_weight, self.scale = size_weight, position_weight, scale
        self.most, self.threshold, self.max_overlap = detections, threshold, max_overlap
        self.spec = spec.aimed(self.classes + 4)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the loss per object of outputs (batch, classes + 4, height, width)."""
        space = tuple(output.shape[2:])
        places, wanted, there = self._wanted(batch.targets, space)
        heat = self._heat(batch.targets, space)
        logits = output[:, : self.classes] + PRIOR
        p = logits.sigmoid()
        at_center = (heat == 1).to(p)
        hit = at_center * (1 - p).square() * F.logsigmoid(logits)
        miss = (1 - at_center) * (1 - heat) ** 4 * p.square() * F.logsigmoid(-logits)
        cells = places[..., 0] * space[1] + places[..., 1]
        given = output[:, self.classes :].flatten(2).gather(2, cells[:, None].expand(-1, 4, -1)).transpose(1, 2)
        errors = ((given - wanted).abs() * there[..., None]).sum((0, 1))
        regression = self.size_weight * errors[:2].sum() + self.position_weight * errors[2:].sum()
        return self.scale * (regression - (hit + miss).sum()) / there.sum().clamp_min(1)

    def _wanted(self, boxes: Tensor, space: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the cell of each object (batch, objects, 2), its size and position in cells, and whether it is there.

        Sizes and positions are (batch, objects, 4), whether it is there is (batch, objects).
        """
        cells = boxes.new_tensor([n / side for n, side in zip(space, self.image, strict=True)])
        centers = (boxes[..., :2] + boxes[..., 2:4]) / 2 * cells
        places = torch.minimum(centers.floor().clamp_min(0), boxes.new_tensor([n - 1 for n in space]))
        sizes = (boxes[..., 2:4] - boxes[..., :2]) * cells
        return places.long(), torch.cat([sizes, centers - places], -1), (boxes[..., 4] >= 0).to(boxes)

    def _heat(self, boxes: Tensor, space: tuple[int, ...]) -> Tensor:
        """Return the heat maps to learn (batch, classes, height, width)."""
        places, wanted, there = self._wanted(boxes, space)
        heat = boxes.new_zeros(len(boxes), self.classes, *space)
        numbers = torch.arange(self.classes, device=boxes.device)
        for k in range(boxes.shape[1]):
            along = [
                (torch.arange(n, device=boxes.device) - places[:, k, axis, None])
                / (wanted[:, k, axis, None] / 6).clamp_min(1e-6)
                for axis, n in enumerate(space)
            ]
            bump = (-(along[0].square()[:, :, None] + along[1].square()[:, None]) / 2).exp()
            own = (boxes[:, k, 4, None] == numbers) * there[:, k, None]
            heat = torch.maximum(heat, own[..., None, None] * bump[:, None])
        return heat

    def decode(self, output: Tensor) -> np.ndarray:
        """Return the detections (images, most, 6) of outputs (images, classes + 4, height, width).

        They are top, left, bottom, right in pixels, class and score, in descending order of score; -1 and a score of 0
        in rows without a detection.
        """
        space = tuple(output.shape[2:])
        heat = (output[:, : self.classes] + PRIOR).sigmoid()
        heat = heat * (heat == F.max_pool2d(heat, 3, stride=1, padding=1))
        scores, chosen = heat.flatten(1).topk(min(self.most, heat[0].numel()))
        kinds, cells = chosen // math.prod(space), chosen % math.prod(space)
        given = output[:, self.classes :].flatten(2).gather(2, cells[:, None].expand(-1, 4, -1)).transpose(1, 2)
        places = torch.stack([cells // space[1], cells % space[1]], -1)
        side = output.new_tensor(self.image)
        pixels = side / output.new_tensor(space)
        centers, halves = (places + given[..., 2:]) * pixels, given[..., :2].clamp_min(0) * pixels / 2
        corners = [(centers - halves).clamp_min(0), torch.minimum(centers + halves, side)]
        found = torch.cat([*corners, kinds[..., None].to(output), scores[..., None]], -1).numpy()
        kept = suppress(found, self.max_overlap) & (found[..., 5] > 0)
        nothing = np.array([-1, -1, -1, -1, -1, 0], dtype=found.dtype)
        found = np.where(kept[..., None], found, nothing)
        order = np.argsort(~kept, 1, kind="stable")[..., None]
        return np.take_along_axis(found, order, 1)

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return detections (examples, detections, 6) and objects (examples, objects, 5), see `dlx.metrics.boxes`."""
        return {"prediction": self.decode(outputs), "target": part.targets.numpy()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss."""
        return detection_metrics(predictions["prediction"], predictions["target"], self.threshold)

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return outputs with the mean heat map of the training split and the mean size and position in the cell."""
        boxes = data.train.targets
        space = tuple(self.image)
        heat = torch.stack([self._heat(piece, space).sum(0) for piece in boxes.split(PIECE)]).sum(0) / len(boxes)
        _, wanted, there = self._wanted(boxes, space)
        mean = (wanted * there[..., None]).sum((0, 1)) / there.sum().clamp_min(1)
        logits = heat.clamp(1e-6, 1 - 1e-6).logit() - PRIOR
        answer = torch.cat([logits, mean[:, None, None].expand(4, *space)])
        return "mean heat map", answer.expand(len(part), *answer.shape)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a figure of test images with their boxes, above the same images with the detections that count."""
        if data.images is None:
            return {}
        index = predictions["index"][:PICTURES]
        images = np.concatenate([inputs_of(number, data) for number in index])
        images = as_images(torch.from_numpy(images), data.images.shape).numpy()
        found, target = predictions["prediction"][:PICTURES], predictions["target"][:PICTURES]
        sure = np.where(found[..., 5:] >= self.threshold, found[..., :5], -1)
        return {"test/detection": picture.boxes(images, target, sure)}


def inputs_of(number: int, data: Data) -> np.ndarray:
    """Return the inputs (1, *shape) of the example with this index in the raw data."""
    for part in data.splits().values():
        rows = np.flatnonzero(part.index == number)[:1]
        if len(rows):
            return part.inputs[rows].numpy()
    raise KeyError(number)
