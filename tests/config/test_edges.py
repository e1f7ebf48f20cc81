"""Runs with the smallest and largest numbers that a key takes: each ends with a status."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx.run.run import run

ONE_STEP = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.max_steps=1")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["optimizer=adamax", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=muon", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=sgd", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=adam", "optimizer.eps=1e-30"], "finished"),
        (["initializer=normal", "initializer.std=3e38"], "diverged"),
        (["model=lstm", "dataset=latch", "model.forget_bias=3e38"], "finished"),
        (["regularizer=l2", "regularizer.l2.strength=3e38", "optimizer=sgd"], "diverged"),
        (["regularizer=dropout", "regularizer.dropout.p=0.9999999"], "finished"),
        (["dataset.noise=1e30"], "finished"),
        (["dataset.limit=10", "dataset.batch_size=1"], "finished"),
        (["objective.scale=1e-45"], "finished"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else words,
)
def test_a_run_at_the_edge_ends_with_a_status(
    words: list[str], status: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    summary = run(config(*ONE_STEP, *words), tmp_path / "run", raises=True)
    assert summary["status"] == status, summary["error"]
    assert bool(summary["error"]) == (status == "diverged")
