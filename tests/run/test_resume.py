"""An interrupted run that goes on equals one that was never interrupted, to the last bit."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.results.checkpoint import load_checkpoint
from dlx.results.record import Record
from dlx.run import restore
from dlx.run.run import run

Compose = Callable[..., dict[str, Any]]
SMALL = ("trainer.accelerator=cpu", "dataset.limit=200", "dataset.batch_size=32", "model.width=16", "model.depth=2")
EVERYTHING = (
    "optimizer=sgd",
    "optimizer.momentum=0.9",
    "scheduler=cosine",
    "regularizer=[dropout,l2]",
    "normalization=batch",
    "trainer.max_epochs=4",
)  # 7 steps an epoch: 28 in all


class After:
    """Asks for an interruption when it has been asked so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left == 0


def same(a: Any, b: Any) -> bool:
    """Compare nested containers and tensors to the last bit."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


def left_behind(folder: Path) -> dict[str, Any]:
    """Return what two runs must have in common: weights, optimizer, rows, final metrics, predictions' bytes."""
    last = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    best = load_checkpoint(folder / "checkpoints" / "best.ckpt")
    assert last is not None
    assert best is not None
    last["dlx"]["progress"].pop("seconds")
    del last["dlx"]["random"], last["dlx"]["generator"]  # a resumed epoch without noise draws none
    summary = json.loads((folder / "summary.json").read_text())
    for metric in [name for name in summary["metrics"] if "seconds" in name]:
        del summary["metrics"][metric]  # diagnostics=cost measures time
    kept = ("status", "metrics", "best", "baseline", "epochs", "steps", "parameters", "identity", "flops_per_example")
    return {
        "last": last,
        "best": best,
        "rows": (folder / "metrics.csv").read_text(),
        "summary": {key: summary[key] for key in kept},
        "predictions": (folder / "predictions.npz").read_bytes(),
    }


def straight_and_resumed(config: dict[str, Any], folder: Path, *interruptions: int) -> None:
    straight, resumed = folder / "straight", folder / "resumed"
    assert run(config, straight, raises=True)["status"] == "finished"
    for times in interruptions:
        assert run(config, resumed, resume=True, raises=True, interrupted=After(times))["status"] == "interrupted"
        assert load_checkpoint(resumed / "checkpoints" / "last.ckpt") is not None
    assert run(config, resumed, resume=True, raises=True)["status"] == "finished"
    a, b = left_behind(straight), left_behind(resumed)
    for what in a:
        assert same(a[what], b[what]), what


@pytest.mark.parametrize("times", [1, 7, 8, 9, 32])  # first step, last of an epoch, its end, the next, the very end
def test_equals_the_straight_run(times: int, config: Compose, tmp_path: Path) -> None:
    straight_and_resumed(config(*SMALL, *EVERYTHING), tmp_path, times)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(interruptions=st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_equals_the_straight_run_wherever_it_is_interrupted(
    interruptions: list[int], config: Compose, tmp_path_factory: pytest.TempPathFactory
) -> None:
    composed = config(*SMALL, *EVERYTHING)
    straight_and_resumed(composed, tmp_path_factory.mktemp("resume"), *interruptions)


@pytest.mark.parametrize(
    "overrides",
    [
        ("optimizer=lbfgs", "dataset.batch_size=null"),
        ("optimizer=adam", "trainer.accumulate=2"),
        ("optimizer=adam", "trainer.precision=bf16-mixed"),
        ("optimizer=adam", "trainer.precision=64-true"),
        ("regularizer=[early_stopping,dropout]", "regularizer.early_stopping.patience=0", "optimizer.lr=0.05"),
        ("model=lstm", "dataset=digits", "model.depth=2", "regularizer=dropout"),
        ("diagnostics=full",),
        ("trainer.max_steps=9", "trainer.max_epochs=9"),
    ],
    ids=lambda overrides: overrides[0],
)
@pytest.mark.parametrize("times", [2, 9])
def test_equals_the_straight_run_for(overrides: tuple[str, ...], times: int, config: Compose, tmp_path: Path) -> None:
    straight_and_resumed(config(*SMALL, "trainer.max_epochs=4", *overrides), tmp_path, times)


def test_interrupted_after_the_last_epoch_is_evaluated_with_its_own_weights(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "trainer.max_epochs=2", "trainer.test_weights=last")
    straight_and_resumed(composed, tmp_path, 17)  # 2 x (7 steps + the epoch's end), then before the evaluation


def test_early_stopping_is_not_forgotten(config: Compose, tmp_path: Path) -> None:
    """A run that was interrupted when it had just stopped does not go on for another epoch."""
    composed = config(
        *SMALL, "regularizer=early_stopping", "regularizer.early_stopping.patience=0", "optimizer.lr=0.3",
        "trainer.max_epochs=50",
    )  # fmt: skip
    epochs = run(composed, tmp_path / "first", raises=True)["epochs"]
    assert epochs < 50
    straight_and_resumed(composed, tmp_path, 8 * epochs)


def test_what_an_interrupted_run_leaves(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, *EVERYTHING)
    summary = run(composed, tmp_path, interrupted=After(10))
    assert summary["status"] == "interrupted"
    assert (summary["epochs"], summary["steps"]) == (1, 9)  # 7 steps, an epoch's end, 2 steps
    with (tmp_path / "metrics.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1"]
    assert "interrupted" in (tmp_path / "dlx.log").read_text()


def test_without_resume_nothing_of_the_former_run_remains(config: Compose, tmp_path: Path) -> None:
    run(config(*SMALL, "trainer.max_epochs=3"), tmp_path, raises=True)
    shorter = config(*SMALL, "trainer.max_epochs=1")
    assert run(shorter, tmp_path, raises=True)["epochs"] == 1
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 2
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 1


def test_another_configuration_is_not_resumed(config: Compose, tmp_path: Path) -> None:
    run(config(*SMALL, "trainer.max_epochs=2"), tmp_path, interrupted=After(3))
    with pytest.raises(ConfigError, match="another configuration"):
        run(config(*SMALL, "trainer.max_epochs=2", "seed=1"), tmp_path, resume=True)


def damage(file: Path) -> None:
    """Change one bit of a weight."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_the_previous_checkpoint_serves_if_the_last_one_is_damaged(config: Compose, tmp_path: Path) -> None:
    """And the run ends like one that was never interrupted."""
    composed = config(*SMALL, *EVERYTHING)
    straight, resumed = tmp_path / "straight", tmp_path / "resumed"
    run(composed, straight, raises=True)
    for _ in range(2):
        run(composed, resumed, resume=True, interrupted=After(9))
    damage(resumed / "checkpoints" / "last.ckpt")
    summary = run(composed, resumed, resume=True, raises=True)
    assert summary["status"] == "finished"
    (note,) = [note for note in summary["notes"] if "last.ckpt" in note]
    assert "its checksum does not match" in note
    assert note.endswith("resumed from the previous checkpoint")
    assert note in (resumed / "dlx.log").read_text()
    assert "resumed at epoch 1, step 8" in (resumed / "dlx.log").read_text().split(note)[1]
    a, b = left_behind(straight), left_behind(resumed)
    for what in a:
        assert same(a[what], b[what]), what


def test_two_damaged_checkpoints_are_named(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "trainer.max_epochs=2")
    for _ in range(2):
        run(composed, tmp_path, resume=True, interrupted=After(3))
    for name in ("last", "previous"):
        damage(tmp_path / "checkpoints" / f"{name}.ckpt")
    with pytest.raises(ConfigError, match=r"last\.ckpt.*; remove it, and the run starts anew"):
        run(composed, tmp_path, resume=True)
    (tmp_path / "checkpoints" / "last.ckpt").unlink()
    assert run(composed, tmp_path, resume=True, raises=True)["status"] == "finished"


def test_damaged_best_weights_are_taken_from_the_last_checkpoint(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "trainer.max_epochs=2")
    run(composed, tmp_path, raises=True)
    said: list[str] = []
    assembly = assemble(composed)
    before = restore.network(tmp_path, assembly, said.append).state_dict()
    assert not said
    damage(tmp_path / "checkpoints" / "best.ckpt")
    assert same(before, restore.network(tmp_path, assembly, said.append).state_dict())
    assert len(said) == 1
    assert said[0].endswith("the best weights are taken from last.ckpt beside it")
    damage(tmp_path / "checkpoints" / "last.ckpt")
    with pytest.raises(ConfigError, match=r"best\.ckpt.*its checksum does not match"):
        restore.network(tmp_path, assembly, said.append)


def test_the_closed_form_is_not_solved_twice(config: Compose, tmp_path: Path) -> None:
    """Interrupted after its only step."""
    composed = config(
        "model=linear", "dataset=diabetes", "optimizer=closed_form", "trainer.accelerator=cpu", "trainer.max_epochs=5"
    )
    straight_and_resumed(composed, tmp_path, 1)
    assert len((tmp_path / "resumed" / "metrics.csv").read_text().splitlines()) == 2


def test_rows_and_events_of_a_run_killed_before_its_first_checkpoint(config: Compose, tmp_path: Path) -> None:
    """What it had written is removed, except its log: each step stands in TensorBoard once."""
    composed = config(*SMALL, "trainer.max_epochs=2")
    run(composed, tmp_path, raises=True)
    for file in (tmp_path / "checkpoints").iterdir():
        file.unlink()
    left = tmp_path / "checkpoints" / "last.ckpt.123.partial"
    left.touch()
    run(composed, tmp_path, resume=True, raises=True)
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 1
    assert (tmp_path / "dlx.log").read_text().count(" begins: ") == 2
    assert not left.exists()


def test_final_metrics_of_a_run_killed_before_its_end_are_written_once(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "trainer.max_epochs=2")
    run(composed, tmp_path, raises=True)
    before = scalars(tmp_path)
    assert len(before["test/loss"]) == 1
    assert run(composed, tmp_path, resume=True, raises=True)["status"] == "finished"
    assert scalars(tmp_path) == before


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return steps and values of each scalar that TensorBoard shows."""
    found = EventAccumulator(str(folder)).Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_a_torn_row_is_dropped(tmp_path: Path) -> None:
    """A full disk or a kill can cut off the last row; here epoch 12 would be taken for epoch 1."""
    (tmp_path / "metrics.csv").write_text("epoch,step,val/loss\n1,7,0.5\n2,14,0.25\n1")
    record = Record(tmp_path, 2)
    record.close()
    assert record.rows == [{"epoch": 1, "step": 7, "val/loss": 0.5}, {"epoch": 2, "step": 14, "val/loss": 0.25}]
