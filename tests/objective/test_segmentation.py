"""Segmentation: the losses and metrics against scikit-learn, scipy and sums by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.metrics import jaccard_score

from dlx.contracts import Batch
from dlx.metrics.masks import boundary, mask_metrics
from dlx.objective.segmentation import Segmentation, center
from dlx.regularizer.mixup import Mixup
from dlx.results import picture
from dlx.spec import DataSpec

SPEC = DataSpec("image", (1, 6, 6), "mask", 3, classes=("background", "square", "cross"))


def objective(loss: Any = "cross_entropy", label_smoothing: float = 0.0) -> Segmentation:
    return Segmentation(SPEC, label_smoothing, loss=loss, scale=1.0)


def drawn(examples: int = 8, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randn(examples, classes, 6, 6, generator=random), torch.randint(0, classes, (examples, 6, 6))


def test_metrics_as_scikit_learn_and_scipy_define_them() -> None:
    _, target = drawn()
    target[:, :4] = 0
    predicted = torch.where(torch.rand(target.shape) < 0.7, target, 2)
    found = mask_metrics(predicted, target, 4)  # class 3 occurs nowhere and does not count
    truth = jaccard_score(target.flatten(), predicted.flatten(), labels=[1, 2], average="macro")
    assert found["iou"] == pytest.approx(truth)
    each = jaccard_score(target.flatten(), predicted.flatten(), labels=[1, 2], average=None)
    assert [found[f"class_{number}/iou"] for number in (1, 2)] == pytest.approx(each.tolist())
    assert not any(name.startswith(("class_0", "class_3")) for name in found)
    named = mask_metrics(predicted, target, 3, ("background", "square", "cross"))
    assert named["class_cross/iou"] == found["class_2/iou"]
    near = np.stack([ndimage.maximum_filter(m, 3) != ndimage.minimum_filter(m, 3) for m in target.numpy()])
    assert np.array_equal(boundary(target).numpy(), near)
    hits = (predicted == target).numpy()
    assert found["accuracy"] == pytest.approx(hits.mean())
    assert found["boundary_accuracy"] == pytest.approx(hits[near].mean())
    assert found["interior_accuracy"] == pytest.approx(hits[~near].mean())


def test_metrics_without_any_pixel_are_left_out() -> None:
    empty = torch.zeros(2, 6, 6, dtype=torch.long)
    assert mask_metrics(empty, empty, 3) == {"accuracy": 1.0, "interior_accuracy": 1.0}


def test_dice_by_hand() -> None:
    output, target = drawn()
    chances = output.softmax(1)
    terms = []
    for image in range(len(target)):
        for number in range(3):
            p, g = chances[image, number], (target[image] == number).float()
            terms.append(1 - (2 * (p * g).sum() + 1) / ((p**2).sum() + (g**2).sum() + 1))
    torch.testing.assert_close(objective("dice").loss(output, Batch(output, target)), torch.stack(terms).mean())


@pytest.mark.parametrize("loss", ["cross_entropy", "dice"])
def test_perfect_scores_have_no_loss_and_mixtures_are_targets(loss: str) -> None:
    output, target = drawn()
    one_hot = torch.eye(3)[target]  # (batch, height, width, classes)
    batch = Batch(output, target)
    assert objective(loss).loss(50 * one_hot.movedim(-1, 1), batch) < 1e-6
    torch.testing.assert_close(
        objective(loss).loss(output, batch), objective(loss).loss(output, Batch(output, one_hot))
    )
    smooth = 0.9 * one_hot + 0.1 / 3
    expected = objective(loss).loss(output, Batch(output, smooth))
    torch.testing.assert_close(objective(loss, 0.1).training_loss(output, batch), expected)
    mixed = Mixup(SPEC, alpha=0.5).change_batch(Batch(output[:, :1], target), torch.Generator().manual_seed(0))
    assert objective(loss).training_loss(output, mixed).isfinite()


def test_of_a_larger_image_the_center_counts() -> None:
    """Without padding a network gives outputs for the center; metrics and loss are those of the cropped target."""
    output, target = drawn()
    inner = output[:, :, 1:5, 2:4]
    assert torch.equal(center(target, inner), target[:, 1:5, 2:4])
    cropped = objective().loss(inner, Batch(output, target[:, 1:5, 2:4]))
    assert torch.equal(objective().loss(inner, Batch(output, target)), cropped)
    assert objective().quick(inner, Batch(output, target))["accuracy"] <= 1


def test_the_baseline_is_the_most_frequent_class_of_each_pixel(config: Callable[..., dict[str, Any]]) -> None:
    from dlx.assembly.assemble import assemble

    words = ("dataset=shapes", "dataset.examples=60", "objective=segmentation", "model=unet", "model.width=2")
    assembly = assemble(config(*words))
    name, outputs = assembly.objective.baseline(assembly.data, assembly.data.test)
    masks = assembly.data.train.targets
    counts = torch.stack([(masks == number).sum(0) for number in range(5)])
    assert name == "majority class at each pixel"
    assert torch.equal(counts.gather(0, outputs.argmax(1)[:1]), counts.amax(0, keepdim=True))
    shown = assembly.objective.figures({"target": masks.numpy(), "prediction": masks.numpy()}, assembly.data)
    assert shown["test/segmentation"].shape[2] == 3


def test_a_figure_colors_the_objects_and_leaves_the_background_gray() -> None:
    mask = np.array([[[0, 0, 0, 1], [0, 0, 2, 2]]])
    images = np.linspace(0, 1, 8).reshape(1, 1, 2, 4)
    drawn = picture.overlays(images, mask, cell=4)
    image, below = drawn[1:3, 1:-1].astype(int), drawn[5:7, 1:-1].astype(int)
    colored = below.max(2) - below.min(2) > 10
    assert np.array_equal(colored, mask[0] > 0)
    assert np.array_equal(image[~colored], below[~colored])
    assert not np.array_equal(below[0, 3], below[1, 3])
