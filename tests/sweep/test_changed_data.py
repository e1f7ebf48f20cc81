"""A data file that changes during a sweep: the runs on the other data fail, and no mean is over both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.cli.main import main
from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.results.arms import arms
from dlx.results.runs import Run, read_runs
from dlx.run import run as running
from dlx.run.restore import refuse_other_data

WORDS = (
    "train", "-m", "dataset=csv", "dataset.path=table.csv", "dataset.target=y", "model=linear", "trainer.max_epochs=1",
    "trainer.accelerator=cpu", "hydra.sweep.dir=sweep", "seed=0,1,2",
)  # fmt: skip


def write_table(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(60, 3))
    rows = [",".join(f"{value:.6f}" for value in row) for row in values]
    Path("table.csv").write_text("a,b,y\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize("known", [True, False], ids=["in this process", "in processes that do not know"])
def test_the_sweep_fails_and_the_same_command_succeeds(
    known: bool, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Other processes do not know the hash (joblib's); what they return is compared at the end."""
    write_table(0)
    run, count = running.run, [0]

    def changing(*given: Any, data_hash: str | None, **more: Any) -> Any:
        count[0] += 1
        if count[0] == 2:
            write_table(1)
        return run(*given, data_hash=data_hash if known else None, **more)

    with monkeypatch.context() as patch:
        patch.setattr(running, "run", changing)
        assert main([*WORDS]) == 1
    shown = capsys.readouterr().out
    assert "the data have changed since the sweep began" in shown
    found = read_runs([Path("sweep")])
    assert [each.status for each in found] == ["finished", "failed", "failed"]
    assert not any(each.metrics for each in found[1:])
    monkeypatch.setattr(hydra_session, "current", hydra_session.Caller())
    assert main([*WORDS]) == 0
    found = read_runs([Path("sweep")])
    assert [each.status for each in found] == ["finished"] * 3
    assert len({each.data_hash for each in found}) == 1
    assert "reused" not in capsys.readouterr().out


def test_a_report_keeps_the_two_apart() -> None:
    def made(seed: int, data: str, **more: Any) -> Run:
        config = {"model": "linear", "dataset": "csv", "dataset.path": "table.csv", "seed": seed, **more}
        return Run(Path(f"{data}{seed}"), {"status": "finished", "config": config, "data_hash": data})

    keys, found = arms([made(0, "a"), made(1, "a"), made(0, "b"), made(1, "b")])
    assert keys == ["data"]
    assert [(arm.parameters["data"], len(arm.runs)) for arm in found] == [("a", 2), ("b", 2)]
    keys, found = arms([made(0, "a"), made(1, "a")])
    assert (keys, len(found)) == ([], 1)


def test_a_run_is_not_resumed_on_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlx.run.restore.read_identity", lambda folder: {"data_hash": "a"})
    refuse_other_data(tmp_path, "a")
    with pytest.raises(ConfigError, match="the data have changed since the run began"):
        refuse_other_data(tmp_path, "b")
