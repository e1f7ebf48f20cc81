"""Class activation maps."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Chapter, Diagnostic, Subject
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data, Split
from dlx.diagnostics._classes import class_names, decisions, pictures_of, verdict
from dlx.nn.head import Head
from dlx.nn.layers import watched
from dlx.nn.predict import place_of
from dlx.results.panels import Panel, examples, panels
from dlx.spec import DataSpec, Fraction, NonNegative, Positive

PIECE = 256  # examples in one forward pass
PICTURES = 8  # number of examples in the figure
SCALE = 4  # side in figure pixels of one image pixel


class CAM(Diagnostic):
    """Class activation maps (Zhou et al. 2016, eq. 2), compared with the bounding boxes or masks of the objects.

    The map of a class is the sum over channels k of w_k f_k(x, y), where f_k are the last feature maps and w_k the
    weights of the class in the linear layer after global pooling. The map of the true class is computed without the
    bias and upsampled bilinearly to the size of the image. The network is trained only on classes, not on locations.
    The following metrics are means over a split:

    `cam/pointing` is the share of images whose map has its maximum inside the object (pointing game, Zhang et al.
    2018); if several pixels have the maximum, the share of them inside. `cam/iou` is the intersection over union of the
    object and the pixels where the map is positive and at least `threshold` times its maximum. `cam/energy` is the
    share of the positive part of the map inside the object (Wang et al. 2020), 0 if nothing is positive. `cam/area` is
    the share of the image that the object covers, which is the value of all three metrics for a constant map. With
    global average pooling `cam/score_gap` is the largest absolute difference between the mean of a map before it is
    enlarged and the score of its class without the bias, which are equal up to rounding (Zhou et al. 2016, eq. 1). The
    figure `cam` shows the first images of the split and, below them, their maps in red, with the outline of the object
    in green. The cost is one forward pass on the split.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        split: split whose images are used.
        region: region of an object: its bounding box or its mask.
        margin: number of pixels by which the region is widened on each side. A map of few positions, enlarged to the
            image, cannot be more precise than half a position.
        threshold: smallest share of the map's maximum at which a pixel belongs to the predicted region of `cam/iou`.

    Example:
        dlx train dataset=shapes model=cnn model.head=global_avg diagnostics=cam
    """

    examples = 1  # whole splits are taken
    chapter: ClassVar[Chapter] = "attribution"

    def __init__(
        self,
        spec: DataSpec,
        *,
        every: Annotated[int, Positive],
        split: Literal["train", "val", "test"],
        region: Literal["box", "mask"],
        margin: Annotated[int, NonNegative],
        threshold: Annotated[float, Fraction],
    ) -> None:
        if spec.input != "image" or spec.target != "class":
            raise ValueError(
                f"needs images and their classes; the model is given {spec}; "
                "try dataset=shapes model=cnn model.head=global_avg"
            )
        self.classes, self.every, self.split = spec.outputs, every, split
        self.region, self.margin, self.threshold = region, margin, threshold

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network ends with global pooling and a linear layer, and that the data locate the objects.

        Raises:
            ValueError: If not; the message names what would fit.
        """
        parts = dict(network.named_children())
        head, output = parts.get("head"), parts.get("output")
        if not isinstance(head, Head) or not isinstance(output, nn.Linear):
            raise ValueError(
                "needs convolutions, global pooling and one linear layer; try model=cnn model.head=global_avg"
            )
        if head.kind == "flatten":
            raise ValueError("needs global pooling before the linear layer; try model.head=global_avg")
        if output.out_features != self.classes:
            raise ValueError(
                f"needs one output for each of the {self.classes} classes, the model has {output.out_features}; "
                "try objective.codes=one_hot"
            )
        known = data.splits()[self.split].extra
        if self.region not in known:
            others = [key for key in ("box", "mask") if key in known]
            fits = f"region={others[0]}" if others else "dataset=shapes, its pixels left in place"
            raise ValueError(f"region: needs data that keep the {self.region} of each object; try {fits}")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        part = data.splits()[self.split]
        split = part.like(batch.inputs)
        pieces = [split.batch(slice(begin, begin + PIECE)) for begin in range(0, len(split), PIECE)]
        found = [small_maps(network, piece.inputs, piece.targets) for piece in pieces]
        maps = torch.cat([enlarged(small, piece.inputs).cpu() for (small, _), piece in zip(found, pieces, strict=True)])
        inside = regions(part, self.region, self.margin)
        result = {f"cam/{name}": values.mean() for name, values in scores(maps, inside, self.threshold).items()}
        head = network.get_submodule("head")
        if isinstance(head, Head) and head.kind == "global_avg":
            gaps = [(small.mean((1, 2)) - score).abs().max() for small, score in found]
            result["cam/score_gap"] = torch.stack(gaps).max()
        return result

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return a figure of the first images of the split and their maps."""
        part = data.splits()[self.split]
        # A whole piece, as in `measure`, because convolutions may differ in the last bit for another batch size.
        piece = part.like(place_of(network)).batch(slice(PIECE))
        maps = class_maps(network, piece.inputs, piece.targets).cpu()
        inside = regions(part, self.region, self.margin)
        return {"cam": picture(part.inputs[:PICTURES].mean(1), maps[:PICTURES], inside[:PICTURES])}

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of right and wrong images with the maps of their true classes."""
        found, names = decisions(subject), class_names(subject.data.spec)
        right = found.true == found.predicted
        chosen, images = examples(right, PICTURES), pictures_of(subject.data)
        assert images is not None, "checked before"
        inputs = found.inputs[torch.from_numpy(chosen)]
        maps = class_maps(subject.network, inputs, torch.from_numpy(found.true[chosen]).to(inputs.device))
        inside = regions(subject.part, self.region, self.margin)[torch.from_numpy(chosen)].numpy()
        line = [
            Panel(image, verdict(names, found.true[i], found.predicted[i]), heat.clip(0), False, bool(right[i]), region)
            for i, image, heat, region in zip(chosen, images(inputs), maps.cpu().numpy(), inside, strict=True)
        ]
        rows = [line[begin : begin + PICTURES // 2] for begin in range(0, len(line), PICTURES // 2)]
        caption = (
            "Red: where the last feature maps speak for the true class. Behind global average pooling the mean of "
            f"the map is the score of the class without its bias. The outline is the {self.region} of the object, "
            "which the network was never told. Titles in red are errors."
        )
        return {"cam": Picture(panels(rows, side=1.7), "Class activation maps", caption)}


def class_maps(network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the class activation maps (batch, height, width) of classes `targets` (batch,) at the size of the images.

    They are in double precision, like `small_maps`.
    """
    return enlarged(small_maps(network, inputs, targets)[0], inputs)


def enlarged(small: Tensor, inputs: Tensor) -> Tensor:
    """Return maps (batch, height, width) at the size of the images (batch, channels, height, width)."""
    return F.interpolate(small[:, None], inputs.shape[2:], mode="bilinear", align_corners=False)[:, 0]


def small_maps(network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the maps of classes (batch,) at the size of the last feature maps, and the scores without the bias."""
    output = network.get_submodule("output")
    assert isinstance(output, nn.Linear), "checked before"
    with watched(network, ["head"]) as seen, torch.no_grad():
        scores = network(inputs).double().gather(1, targets[:, None])[:, 0]
        weights = output.weight[targets].double()  # (batch, channels)
        bias = 0.0 if output.bias is None else output.bias[targets].double()
    return torch.einsum("bc,bchw->bhw", weights, seen["head"].given[0].double()), scores - bias


def regions(part: Split, kind: str, margin: int = 0) -> Tensor:
    """Return a boolean mask (examples, height, width) of the pixels inside an object's `mask` or `box`, widened."""
    inside = exact_regions(part, kind)
    if not margin:
        return inside
    return F.max_pool2d(inside[:, None].float(), 2 * margin + 1, stride=1, padding=margin)[:, 0] > 0


def exact_regions(part: Split, kind: str) -> Tensor:
    """Return a boolean mask (examples, height, width) of the pixels inside an object's `mask` or `box`."""
    if kind == "mask":
        return torch.from_numpy(part.extra["mask"]).bool()
    height, width = part.inputs.shape[2:]
    top, left, bottom, right = torch.from_numpy(part.extra["box"])[..., None].unbind(2)  # each (examples, objects, 1)
    rows, columns = torch.arange(height), torch.arange(width)
    in_rows, in_columns = (top <= rows) & (rows < bottom), (left <= columns) & (columns < right)
    return (in_rows[..., :, None] & in_columns[..., None, :]).any(1)


def scores(maps: Tensor, inside: Tensor, threshold: float) -> dict[str, Tensor]:
    """Return the metrics of each map, as tensors (examples,).

    Args:
        maps: class activation maps (examples, height, width).
        inside: boolean masks (examples, height, width) of the objects.
        threshold: smallest share of the maximum at which a pixel belongs to the predicted region.
    """
    maps, inside = maps.flatten(1), inside.flatten(1)
    largest = maps.amax(1, keepdim=True)
    peaks = maps == largest
    found = (maps > 0) & (maps >= threshold * largest)
    positive = maps.clamp_min(0)
    tiny = torch.finfo(maps.dtype).tiny
    return {
        "pointing": (peaks & inside).sum(1).double() / peaks.sum(1),
        "iou": (found & inside).sum(1).double() / (found | inside).sum(1).clamp_min(1),
        "energy": (positive * inside).sum(1) / positive.sum(1).clamp_min(tiny),
        "area": inside.double().mean(1),
    }


def picture(images: Tensor, maps: Tensor, inside: Tensor) -> Tensor:
    """Return a figure of images (n, height, width) in a row, above their maps in red with outlines in green."""
    tiny = torch.finfo(maps.dtype).tiny
    low, high = images.amin((1, 2), keepdim=True), images.amax((1, 2), keepdim=True)
    gray = (images - low).to(maps) / (high - low).to(maps).clamp_min(tiny)
    heat = maps.clamp_min(0) / maps.amax((1, 2), keepdim=True).clamp_min(tiny)
    gray, heat, inside = (x.repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2) for x in (gray, heat, inside))
    outline = inside & (F.max_pool2d((~inside).to(maps), 3, stride=1, padding=1) > 0)
    above = gray[..., None].expand(-1, -1, -1, 3)
    below = torch.stack([torch.maximum(gray / 2, heat), gray / 2, gray / 2], 3)
    below[outline] = torch.tensor([0.0, 1.0, 0.0], dtype=maps.dtype)
    rows = [F.pad(x, (0, 0, 1, 1, 1, 1), value=0.5).movedim(0, 1).flatten(1, 2) for x in (above, below)]
    return torch.cat(rows)
