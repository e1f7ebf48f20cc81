"""Two processes for one run: its gradients are those of one process with the whole batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx.run.run import run
from dlx.training.distributed import free_port

WORDS = (
    "trainer.accelerator=cpu", "dataset.limit=95", "dataset.batch_size=32", "model.width=8", "model.depth=2",
    "optimizer=sgd", "regularizer=l2", "trainer.max_epochs=2",
)  # fmt: skip


def test_two_processes_take_the_steps_of_one(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """With batches of 32, and a last one of 31, that two processes share unevenly."""
    done = subprocess.run(
        [sys.executable, "-m", "dlx", "train", *WORDS, "trainer.devices=2", "trainer.strategy=ddp"],
        cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = tmp_path.glob("outputs/runs/*/*")  # no second one
    shared = json.loads((folder / "summary.json").read_text())
    alone = run(config(*WORDS), tmp_path / "alone", raises=True)
    assert shared["steps"] == alone["steps"] == 6
    for name in ("train/loss", "val/loss", "test/loss"):
        assert shared["metrics"][name] == pytest.approx(alone["metrics"][name], rel=1e-4), name
    rows = [(path / "metrics.csv").read_text().splitlines() for path in (folder, tmp_path / "alone")]
    assert len(rows[0]) == len(rows[1]) == 3
    for one, other in zip(rows[0][1:], rows[1][1:], strict=True):
        values = [[float(cell) for cell in row.split(",")] for row in (one, other)]
        assert values[0] == pytest.approx(values[1], rel=1e-3)


def test_a_port_that_someone_listens_to_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("", 0))
        taken.listen()
        free.bind(("", 0))
        ports = [taken.getsockname()[1], free.getsockname()[1]]
        free.close()
        monkeypatch.setattr("dlx.training.distributed.PORTS", [ports[0]] * 99 + [ports[1]])
        assert free_port() == str(ports[1])
