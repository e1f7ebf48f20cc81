"""When and what is measured."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx import paths
from dlx.run import run
from tests.test_options import WITH

QUICK = ("trainer.accelerator=cpu", "model.depth=2", "model.width=8", "dataset.limit=64", "trainer.test=false")


def columns(folder: Path) -> dict[str, list[str]]:
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {key: [row[key] for row in rows] for key in rows[0]}


@pytest.mark.parametrize("chosen", ["none", "[]"])
def test_nothing_when_off(chosen: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(f"diagnostics={chosen}", "trainer.max_epochs=1", *QUICK)
    assert composed["diagnostics"] == {}
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert not [name for name in metrics if name.split("/")[0] not in ("train", "val", "generalization_gap")]


def test_members_of_a_list_stand_under_their_own_keys(config: Callable[..., dict[str, Any]]) -> None:
    composed = config("diagnostics=[gradients,weights]", "diagnostics.weights.every=3")
    assert sorted(composed["diagnostics"]) == ["gradients", "weights"]
    assert composed["diagnostics"]["weights"]["every"] == 3


def test_at_the_start_at_intervals_and_at_the_end(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("diagnostics=weights", "diagnostics.weights.every=2", "trainer.max_epochs=5", *QUICK)
    summary = run(composed, tmp_path / "run", raises=True)
    rows = columns(tmp_path / "run")["weight/norm"]
    assert [bool(cell) for cell in rows] == [False, True, False, True, False]
    norms = [summary["metrics"]["init/weight/norm"], *[float(cell) for cell in rows if cell]]
    assert len({*norms, summary["metrics"]["weight/norm"]}) == 4  # each of another moment of the training


def test_measuring_changes_nothing(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    losses = []
    for number, chosen in enumerate(("none", "full")):
        composed = config(f"diagnostics={chosen}", "regularizer=dropout", "trainer.max_epochs=3", *QUICK)
        losses.append(run(composed, tmp_path / str(number), raises=True)["metrics"]["train/loss"])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("model", sorted(file.stem for file in (paths.shipped("conf") / "model").glob("[a-z]*.yaml")))
def test_any_model_can_be_measured(model: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    chosen = "diagnostics=[full,cost,shapes]"
    words = WITH.get(f"model={model}", [])
    composed = config(f"model={model}", *words, chosen, "trainer.max_epochs=0", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    measured = {name: value for name, value in summary["metrics"].items() if name.startswith(("init/", "cost/"))}
    assert "cost/flops/forward" in measured
    assert all(math.isfinite(value) for value in measured.values())
