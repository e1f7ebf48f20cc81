"""The two first commands a user types, end to end: a few seconds that tell whether anything works at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlx.run.run import run


def test_digits_beat_chance(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    summary = run(config("trainer.max_epochs=5", "trainer.accelerator=cpu"), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    assert summary["metrics"]["test/accuracy"] > 0.8 > summary["baseline"]["test/accuracy"]
    assert (tmp_path / "run" / "checkpoints" / "best.ckpt").is_file()


def test_lstm_beats_persistence_on_sunspots(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("model=lstm", "optim=adam", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["metrics"]["test/mse"] < summary["baseline"]["test/mse"]
    assert summary["metrics"]["test/skill"] > 0
