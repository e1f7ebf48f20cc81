"""Every kind of data in the form that a model reads, and the sentence about it in the run's notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.data.adapt import reshape
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
SERIES = "the next value is forecast from the 24 before it"
READ = [  # model, data, the shape of what it reads, what the run says about it
    ("mlp", "digits", (64,), "images are flattened"),
    ("mlp", "latch", (20,), "sequences are flattened"),
    ("mlp", "sunspots", (24,), f"{SERIES}, flattened"),
    ("mlp", "iris", (4,), ""),
    ("lstm", "digits", (8, 8), "images are read row by row"),
    ("lstm", "sample_images", (32, 96), "images are read row by row"),
    ("lstm", "latch", (20, 1), ""),
    ("lstm", "sunspots", (24, 1), f"{SERIES}, read step by step"),
    ("deep_sets", "digits", (8, 8), "images are read row by row"),
    ("cnn", "digits", (1, 8, 8), ""),
    ("cnn", "latch", (20, 1), "convolutions are 1-D, over time"),
    ("cnn", "sunspots", (24, 1), f"{SERIES}, read step by step; convolutions are 1-D, over time"),
    ("locally_connected", "latch", (20, 1), "kernels are 1-D, over time"),
    ("constant", "sunspots", (24, 1), SERIES),
]


@pytest.mark.parametrize(("model", "dataset", "shape", "sentence"), READ)
def test_what_a_model_reads(model: str, dataset: str, shape: tuple[int, ...], sentence: str, config: Config) -> None:
    assembly = assemble(config(f"model={model}", f"dataset={dataset}"))
    assert assembly.data.train.inputs.shape[1:] == shape
    assert assembly.data.spec.shape == shape
    assert assembly.examples.adapter == sentence
    dimensions = {len(m.weight.shape) - 2 for m in assembly.network().modules() if "Conv" in type(m).__name__}
    if model == "cnn":
        assert dimensions == {len(shape) - 1}


def test_rows_follow_one_another_and_columns_and_channels_are_features() -> None:
    image = torch.arange(2 * 3 * 4).reshape(1, 2, 3, 4)  # (batch, channels, height, width)
    rows = reshape(image, "sequence")
    for row in range(3):
        assert rows[0, row].tolist() == [*image[0, 0, row].tolist(), *image[0, 1, row].tolist()]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("dataset.horizon=3", "dataset.context_length=9"), "the next 3 values are forecast from the 9 before them"),
        (("dataset.difference=2",), f"{SERIES}, as differences of order 2"),
        (("dataset=co2", "dataset.context_length=24", "dataset.difference=returns"), f"{SERIES}, as returns"),
    ],
)
def test_the_notes_say_what_is_forecast(words: tuple[str, ...], sentence: str, config: Config, tmp_path: Path) -> None:
    composed = config("dataset=sunspots", "model=linear", *words, "trainer.max_epochs=1", "trainer.accelerator=cpu")
    assert run(composed, tmp_path / "run", raises=True)["notes"] == [f"{sentence}, flattened"]
