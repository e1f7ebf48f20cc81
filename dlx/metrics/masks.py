"""Metrics of segmentation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def mask_metrics(predicted: Tensor, target: Tensor, classes: int, names: Sequence[str] = ()) -> dict[str, float]:
    """Return the metrics of predicted masks, over all pixels of all images.

    `iou` is the intersection over union of each class of objects, averaged over those that occur in the truth or in the
    prediction (Everingham et al. 2010); class 0 is the background and does not count. `class_<name>/iou` is that of one
    of them. `boundary_accuracy` is the share
    of right pixels among those with another class in their 3x3 neighborhood, `interior_accuracy` that among the others.
    A metric without any pixel to compute it from is left out.

    Args:
        predicted: predicted classes (examples, height, width).
        target: true classes of the same shape.
        classes: number of classes, including the background.
        names: names of the classes; (): their numbers.
    """
    hits, near = predicted == target, boundary(target)
    found = {"accuracy": hits.double().mean().item()}
    union, both = torch.zeros(2, classes, dtype=torch.double)
    for number in range(classes):
        mine, true = predicted == number, target == number
        union[number], both[number] = (mine | true).sum(), (mine & true).sum()
    occurs = union[1:] > 0
    if occurs.any():
        shares = both[1:] / union[1:]
        found["iou"] = shares[occurs].mean().item()
        each = zip(names[1:] or range(1, classes), shares.tolist(), occurs, strict=True)
        found |= {f"class_{name}/iou": share for name, share, there in each if there}
    for name, pixels in (("boundary", near), ("interior", ~near)):
        if pixels.any():
            found[f"{name}_accuracy"] = hits[pixels].double().mean().item()
    return found


def boundary(mask: Tensor) -> Tensor:
    """Return which pixels of masks (examples, height, width) have another class in their 3x3 neighborhood."""
    values = mask[:, None].float()
    highest, lowest = F.max_pool2d(values, 3, 1, 1), -F.max_pool2d(-values, 3, 1, 1)
    return (highest != lowest)[:, 0]
