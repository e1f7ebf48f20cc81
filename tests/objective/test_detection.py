"""Detection: loss by a slow loop, detections from the maps that the targets describe, and runs on shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.data.prepared import Split
from dlx.errors import ConfigError
from dlx.objective.detection import PRIOR, Detection
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("image", (1, 12, 16), "boxes", 2, classes=("square", "circle"))
KEYS: dict[str, Any] = {
    "size_weight": 0.1,
    "position_weight": 1.0,
    "detections": 5,
    "threshold": 0.3,
    "max_overlap": 0.5,
    "scale": 1.0,
}
BOXES = torch.tensor(
    [[[1, 2, 6, 7, 0], [5, 9, 12, 15, 1]], [[0, 0, 4, 5, 1], [-1, -1, -1, -1, -1]]], dtype=torch.float64
)


def objective(**changed: Any) -> Detection:
    return Detection(SPEC, **{**KEYS, **changed})


def by_hand(output: np.ndarray, boxes: np.ndarray, cell: int) -> float:
    """Return the loss of CenterNet, object by object and cell by cell."""
    total, count = 0.0, 0
    for maps, rows in zip(output, boxes, strict=True):
        classes, heat = len(maps) - 4, np.zeros((len(maps) - 4, *maps.shape[1:]))
        for top, left, bottom, right, kind in rows[rows[:, 4] >= 0]:
            center = (top + bottom) / 2 / cell, (left + right) / 2 / cell
            size = (bottom - top) / cell, (right - left) / cell
            i, j = math.floor(center[0]), math.floor(center[1])
            for y in range(maps.shape[1]):
                for x in range(maps.shape[2]):
                    bump = math.exp(-0.5 * (((y - i) / (size[0] / 6)) ** 2 + ((x - j) / (size[1] / 6)) ** 2))
                    heat[int(kind), y, x] = max(heat[int(kind), y, x], bump)
            given = maps[classes:, i, j]
            wanted = *size, center[0] - i, center[1] - j
            errors = [abs(a - b) for a, b in zip(given, wanted, strict=True)]
            total += 0.1 * sum(errors[:2]) + sum(errors[2:])
            count += 1
        p = 1 / (1 + np.exp(-maps[:classes] - PRIOR))
        focal = np.where(heat == 1, (1 - p) ** 2 * np.log(p), (1 - heat) ** 4 * p**2 * np.log(1 - p))
        total -= focal.sum()
    return total / count


@pytest.mark.parametrize("cell", [1, 2, 4])
def test_the_loss_is_that_of_centernet(cell: int) -> None:
    torch.manual_seed(0)
    output = torch.randn(2, 6, 12 // cell, 16 // cell, dtype=torch.float64)
    batch = Batch(torch.zeros(2, 1, 12, 16), BOXES)
    expected = by_hand(output.numpy(), BOXES.numpy(), cell)
    assert objective().loss(output, batch).item() == pytest.approx(expected)
    assert objective(scale=2.0).loss(output, batch).item() == pytest.approx(2 * expected)
    many = torch.func.vmap(lambda one: objective().loss(one, batch))(torch.stack([output, output]))
    torch.testing.assert_close(many, torch.full((2,), expected, dtype=torch.float64))


@pytest.mark.parametrize("cell", [1, 2])
def test_the_maps_to_learn_are_decoded_to_the_boxes(cell: int) -> None:
    made, space = objective(), (12 // cell, 16 // cell)
    heat = made._heat(BOXES, space)
    places, wanted, _ = made._wanted(BOXES, space)
    maps = torch.zeros(2, 4, *space, dtype=torch.float64)
    for image in range(2):
        for (i, j), values, row in zip(places[image], wanted[image], BOXES[image], strict=True):
            maps[image, :, i, j] = values if row[4] >= 0 else maps[image, :, i, j]
    output = torch.cat([heat.clamp(1e-3, 1 - 1e-3).logit() - PRIOR, maps], 1)
    found = made.decode(output)
    sure = [rows[rows[:, 5] > 0.9][:, :5] for rows in found]
    for rows, boxes in zip(sure, BOXES.numpy(), strict=True):
        there = boxes[boxes[:, 4] >= 0]
        np.testing.assert_allclose(rows[rows[:, 4].argsort()], there[there[:, 4].argsort()])
    batch = Batch(torch.zeros(2, 1, 12, 16), BOXES)
    assert made.loss(output, batch) < 0.1
    part = Split(batch.inputs, BOXES, np.arange(2))
    judged = made.judged(made.predictions(output, part, None))  # type: ignore[arg-type]
    assert (judged["ap"], judged["exact_match"]) == (1, 1)


def test_without_objects_the_loss_is_that_of_the_heat_map() -> None:
    output = torch.zeros(1, 6, 3, 4)
    batch = Batch(torch.zeros(1, 1, 12, 16), -torch.ones(1, 2, 5))
    assert objective().loss(output, batch).item() == pytest.approx(-24 * 0.01 * math.log(0.9), rel=1e-5)


SMALL = ("dataset.examples=60", "trainer.max_epochs=1", "trainer.accelerator=cpu", "model.width=4")


@pytest.mark.parametrize("words", ["model=cnn augmentation=[flip,rotation]", "model=resnet metrics.by=objects"])
def test_runs_beside_the_baseline(words: str, config: Config, tmp_path: Path) -> None:
    data = ("dataset=shapes", "objective=detection", "dataset.objects=[0,2]", "dataset.test_transforms=[flip]")
    summary = run(config(*data, *words.split(), "regularizer=dropout", *SMALL), tmp_path / "run", raises=True)
    names = {"test/ap", "test/ap50", "test/recall", "test/exact_match", "test/flip/ap"}
    assert names <= set(summary["metrics"]) & set(summary["baseline"])
    assert summary["baseline"]["test/ap"] < 0.2


def test_the_figure_outlines_objects_and_detections(config: Config) -> None:
    assembly = assemble(config("dataset=shapes", "objective=detection", "model=cnn", *SMALL, "dataset.pixel_noise=0"))
    part = assembly.data.test
    boxes = part.targets.numpy()
    predictions = {
        "prediction": np.concatenate([boxes, np.zeros_like(boxes[..., :1])], 2),  # none counts
        "target": boxes,
        "index": part.index,
    }
    figure = assembly.objective.figures(predictions, assembly.data)["test/detection"]
    assert figure.shape == (2 * 98, 10 * 98, 3)
    above, below = figure[:98], figure[98:]
    top, left, bottom, right = (boxes[0, 0, :4] * 6).astype(int) + 1
    edges = above[top, left:right], above[bottom - 1, left:right], above[top:bottom, left], above[top:bottom, right - 1]
    assert all(len(np.unique(edge, axis=0)) == 1 for edge in edges)
    assert not (above == below).all()
    assert (below[1:-1, 1:97, 0] == below[1:-1, 1:97, 1]).all()  # gray


MISTAKES = [
    ("dataset=digits model=cnn", "detection needs boxes around objects as targets; .* try objective=classification"),
    ("dataset=shapes dataset.stride=2 model=cnn", "detection needs boxes around objects as targets"),
    ("dataset=shapes model=mlp", "needs an output for every place of a map; model=mlp gives one for an example"),
    ("dataset=shapes model=cnn model.padding=valid model.pooling=none", "up to the border; expected same"),
    ("dataset=shapes model=cnn dataset.label_noise=0.1", "objective=detection has boxes .* as targets; expected 0"),
    ("dataset=shapes model=cnn regularizer=mixup regularizer.mixup.alpha=1", "mixup needs classes as targets"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES)
def test_mistakes_are_refused_before_training(overrides: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("objective=detection", *overrides.split()))
