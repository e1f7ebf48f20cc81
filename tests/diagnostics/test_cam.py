"""Class activation maps that are known, their scores by hand, and what has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.data.prepared import Split
from dlx.diagnostics.cam import class_maps, picture, regions, scores
from dlx.errors import ConfigError
from dlx.nn.head import Head
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
FITS = ("model=cnn", "model.head=global_avg", "dataset=shapes", "diagnostics=cam")


class Hand(nn.Module):
    """Two feature maps, the image and its mean over 2 x 2 places; the global mean; class 0 = a - 2 b, class 1 = 3 b."""

    def __init__(self, shrink: bool) -> None:
        super().__init__()
        self.shrink, self.head, self.output = shrink, Head("global_avg"), nn.Linear(2, 2)
        self.output.weight.data = torch.tensor([[1.0, -2], [0, 3]])
        self.output.bias.data = torch.tensor([5.0, 7])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b = torch.nn.functional.avg_pool2d(x, 2)
        a = b * 0 + 1 if self.shrink else x
        return self.output(self.head(torch.cat([a, b if self.shrink else x.flip(3)], 1)))


def test_the_map_of_the_labeled_class() -> None:
    image = torch.tensor([[[1.0, 0, 0], [0, 0, 4]]])
    maps = class_maps(Hand(shrink=False), image.repeat(2, 1, 1, 1), torch.tensor([0, 1]))
    assert maps[0].tolist() == [[1, 0, -2], [-8, 0, 4]]
    assert maps[1].tolist() == [[0, 0, 3], [12, 0, 0]]


def test_maps_sum_up_to_the_scores() -> None:
    """Zhou et al. 2016, eq. 1: the mean of the map over all places is the class's score without its bias."""
    network, images = Hand(shrink=False), torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 1] * 3)
    expected = network(images)[torch.arange(6), targets] - network.output.bias[targets]
    assert class_maps(network, images, targets).mean((1, 2)).tolist() == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("head", ["global_avg", "global_max"])
def test_the_gap_between_maps_and_scores(head: str, config: Config) -> None:
    """The score without the bias is the mean of the map; a network with another head has no such identity."""
    words = ("model.width=4", "dataset.examples=80", f"model.head={head}")
    assembly = assemble(config(*FITS, *words))
    network, measure = assembly.network().eval(), assembly.measures["cam"]
    network.output.bias.data += 3  # type: ignore[union-attr, operator]
    found = measure.measure(network, assembly.data.train.batch(slice(1)), lambda n, b: b, assembly.data)  # type: ignore[arg-type]
    assert ("cam/score_gap" in found) == (head == "global_avg")
    assert found.get("cam/score_gap", torch.zeros(1)).item() < 1e-5


def test_a_widened_box() -> None:
    box = np.array([[[2, 1, 3, 2]], [[0, 3, 2, 4]]])
    part = Split(torch.zeros(2, 1, 5, 4), torch.zeros(2), np.arange(2), extra={"box": box})
    assert regions(part, "box", 1)[0].int().tolist() == [[0] * 4, [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0] * 4]
    assert regions(part, "box", 1)[1].int().tolist() == [[0, 0, 1, 1]] * 3 + [[0] * 4] * 2


def test_small_maps_are_enlarged_between_the_middles_of_their_places() -> None:
    image = torch.zeros(1, 1, 4, 4)
    image[..., 2:] = 4  # maps of 2 x 2: class 1 = 3 b = 0 on the left, 12 on the right
    maps = class_maps(Hand(shrink=True), image, torch.tensor([1]))
    assert maps[0].tolist() == [[0, 3, 9, 12]] * 4


def test_boxes_and_masks() -> None:
    boxes = np.array([[[0, 1, 2, 3], [2, 0, 3, 1]]])
    mask = np.zeros((1, 3, 4), bool)
    mask[0, 0, 1] = True
    part = Split(torch.zeros(1, 1, 3, 4), torch.zeros(1), np.zeros(1), extra={"box": boxes, "mask": mask})
    assert regions(part, "box")[0].int().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 0]]
    assert regions(part, "mask")[0].int().tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("values", "pointing", "iou", "energy"),
    [
        ([[6, 2], [1, -9]], 1, 2 / 2, 8 / 9),  # found at 2 and more: the upper row
        ([[3, 0], [6, 3]], 0, 1 / 4, 3 / 12),
        ([[6, -1], [6, 0]], 1 / 2, 1 / 3, 1 / 2),  # two places share the maximum
        ([[5, 5], [5, 5]], 1 / 2, 1 / 2, 1 / 2),  # a constant map scores the object's area
        ([[-1, -2], [-3, -4]], 1, 0, 0),  # nothing speaks for the class
        ([[0, 0], [0, 0]], 1 / 2, 0, 0),
    ],
)
def test_scores_by_hand(values: list[list[float]], pointing: float, iou: float, energy: float) -> None:
    inside = torch.tensor([[[True, True], [False, False]]])
    found = scores(torch.tensor([values]).double(), inside, threshold=1 / 3)
    assert {name: value.item() for name, value in found.items()} == pytest.approx(
        {"pointing": pointing, "iou": iou, "energy": energy, "area": 0.5}
    )


def test_the_picture_shows_image_map_and_outline() -> None:
    images, maps, inside = torch.zeros(2, 3, 5), torch.zeros(2, 3, 5).double(), torch.zeros(2, 3, 5, dtype=torch.bool)
    images[0, 0, 0], maps[0, 2, 4], inside[1, 1, 2] = 1, 7, True
    image = picture(images, maps, inside)
    assert image.shape == (2 * 14, 2 * 22, 3)  # two rows of two squares, 4 pixels a pixel and a frame
    assert (image[1:5, 1:5] == 1).all()  # the white pixel
    assert image[14 + 9, 17].tolist() == [1, 0, 0]  # the largest value of the map
    assert image[14 + 5, 22 + 9].tolist() == [0, 1, 0]  # the corner of the object
    assert image[14 + 6, 22 + 10].tolist() == [0, 0, 0]  # and its middle


def test_a_run_measures_and_draws(config: Config, tmp_path: Path) -> None:
    words = ("model.width=4", "dataset.examples=80", "trainer.max_epochs=1", "trainer.accelerator=cpu")
    words += ("diagnostics.cam.every=1",)
    metrics = run(config(*FITS, *words), tmp_path / "run", raises=True)["metrics"]
    assert metrics["cam/area"] == pytest.approx(7 * 7 / 16**2)  # each box has 7 x 7 of 16 x 16 pixels
    for name in ("pointing", "iou", "energy"):
        assert 0 <= metrics[f"cam/{name}"] <= 1
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert len(events.Images("picture/cam")) == 2


@pytest.mark.parametrize("region", ["box", "mask"])
def test_a_network_that_passes_the_image_on_finds_the_object(region: str, config: Config) -> None:
    """Without convolutions the map of a class with a positive weight is the image: white figures on black."""
    words = ("model.depth=1", "dataset.pixel_noise=0", "dataset.standardize=false", "dataset.examples=80")
    assembly = assemble(config(*FITS, *words, f"diagnostics.cam.region={region}"))
    network = assembly.network()
    network.output.weight.data = torch.ones(4, 1)
    found = assembly.measures["cam"].measure(network, assembly.data.train.batch(slice(1)), None, assembly.data)
    assert found["cam/pointing"] == 1
    assert found["cam/energy"] == 1
    white = (assembly.data.val.inputs > 0.5).double().sum().item() / len(assembly.data.val)
    assert found["cam/iou"].item() == pytest.approx(1 if region == "mask" else white / 49)  # boxes have 7 x 7 pixels


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=mlp"], "diagnostics.cam: needs images and their classes; .*try dataset=shapes model=cnn"),
        (["dataset=sunspots"], "diagnostics.cam: needs images and their classes"),
        (["model.head=flatten"], "diagnostics.cam: needs global pooling before the linear layer; try model.head="),
        (
            ["dataset=digits"],
            "diagnostics.cam.region: needs data that keep the box of each object; try dataset=shapes",
        ),
        (["dataset.permute_pixels=true"], "keep the box of each object; .* its pixels left in place"),
        (["dataset.stride=2", "diagnostics.cam.region=mask"], "keep the mask of each object"),
        (["objective.loss=mse", "objective.codes=[0,1,2,3]"], "one output for each of the 4 classes, the model has 1"),
        (["diagnostics.cam.threshold=2"], r"diagnostics.cam.threshold: expected .*in \[0, 1\]"),
    ],
)
def test_refusals_before_training(words: list[str], message: str, config: Config) -> None:
    kept = [word for word in FITS if word.split("=")[0] not in {given.split("=")[0] for given in words}]
    if "model=mlp" in words:
        kept.remove("model.head=global_avg")
    with pytest.raises(ConfigError, match=message):
        assemble(config(*kept, *words))
