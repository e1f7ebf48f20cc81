"""Ctrl-C, SIGTERM and kill -9 against a real process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.run.signals import AtOnce, Signals
from dlx.training.checkpoint import SECONDS

LONG = (
    "trainer.max_epochs=2000", "trainer.accelerator=cpu", "regularizer=dropout", "model.width=16",
    "trainer.test_weights=last", "dataset.batch_size=256",
)  # fmt: skip


def start(words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    """Start `dlx train` in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-m", "dlx", "train", *words],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.is_file() else 0


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    return output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_with_a_checkpoint(number: int, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start([*LONG, f"hydra.run.dir={folder}"], tmp_path)
    wait_for(lambda: lines(folder / "metrics.csv") > 3, process)
    os.killpg(process.pid, number)
    output = ended(process)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert "dlx resume" in output
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    assert checkpoint["global_step"] == summary["steps"]
    assert lines(folder / "metrics.csv") == summary["epochs"] + 1


def test_a_killed_run_loses_two_seconds_at_most(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """And goes on from there to the numbers of a straight run."""
    folder = tmp_path / "run"
    process = start([*LONG[1:], "trainer.max_epochs=1000000", f"hydra.run.dir={folder}"], tmp_path)
    wait_for((folder / "checkpoints" / "last.ckpt").is_file, process)
    time.sleep(0.5)
    process.kill()
    ended(process)
    killed, summary = time.time(), json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "running"
    age = killed - (folder / "checkpoints" / "last.ckpt").stat().st_mtime
    assert age <= SECONDS + 1  # the epochs take milliseconds; a second for a machine under load
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    composed, ends = config(*LONG[1:], "trainer.max_epochs=1000000"), checkpoint["epoch"] + 20

    def after_epoch(end: int, place: Path) -> Callable[[], bool]:
        return lambda: lines(place / "metrics.csv") > end

    for place, resume in ((folder, True), (tmp_path / "straight", False)):
        assert run(composed, place, resume=resume, interrupted=after_epoch(ends, place))["status"] == "interrupted"
    rows = [(place / "metrics.csv").read_text().splitlines()[: ends + 1] for place in (folder, tmp_path / "straight")]
    assert len(rows[0]) == ends + 1
    assert rows[0] == rows[1]


@pytest.mark.parametrize("launcher", ["in_process", "pool"])
def test_a_signal_ends_a_sweep_and_the_same_command_finishes_it(launcher: str, tmp_path: Path) -> None:
    words = [*LONG, "hydra.sweep.dir=sweep", f"hydra/launcher={launcher}"]
    jobs = ["hydra.launcher.n_jobs=2"] if launcher == "pool" else []
    process = start(["-m", *words, "seed=0,1,2", *jobs], tmp_path)
    wait_for(lambda: any(lines(file) > 3 for file in tmp_path.glob("sweep/*/metrics.csv")), process)
    os.killpg(process.pid, signal.SIGINT)
    output = ended(process)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    found = [json.loads(file.read_text())["status"] for file in tmp_path.glob("sweep/*/summary.json")]
    assert set(found) == {"interrupted"}, output
    assert len(found) == (1 if launcher == "in_process" else 2)  # no other was begun


def test_the_first_signal_waits_and_the_second_does_not() -> None:
    signals = Signals()
    with signals.installed():
        os.kill(os.getpid(), signal.SIGINT)
        assert signals()
        with pytest.raises(AtOnce):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_while_the_data_are_read_nothing_waits(
    config: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(config: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the signal has not been heard")

    with monkeypatch.context() as patch:
        patch.setattr("dlx.run.run.assemble", slow)
        assert run(config("trainer.max_epochs=1"), tmp_path)["status"] == "interrupted"
    assert json.loads((tmp_path / "summary.json").read_text())["status"] == "interrupted"
    assert run(config("trainer.max_epochs=1"), tmp_path, resume=True)["status"] == "finished"


def test_interrupted_before_there_is_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(config: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("dlx.assembly.assemble.assemble", interrupt)
    assert main(["train", "trainer.max_epochs=1"]) == 130
    assert not list(Path("outputs").glob("**/summary.json"))
