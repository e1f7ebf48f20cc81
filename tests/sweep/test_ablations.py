"""The ablations that ship as plain experiments sweep by themselves and end in their table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dlx.cli.main import main
from dlx.results.runs import read_runs

CASES = {
    "dropout": (["seed=0", "trainer.max_epochs=1"], 4, ["p", "runs", "val/accuracy"]),
    "batch_norm": (["seed=0", "trainer.max_epochs=1"], 8, ["normalization", "lr", "runs"]),
    "vanishing_gradient": (["study.seeds=1", "model.depth=5,10"], 10, ["arm", "depth", "runs", "init/gradient/ratio"]),
}


@pytest.mark.parametrize("name", CASES)
def test_sweeps_by_itself(name: str, capsys: Any) -> None:
    words, number, columns = CASES[name]
    assert main(["train", f"experiment={name}", *words]) == 0
    runs = read_runs([Path("outputs/sweeps") / name])
    assert len(runs) == number
    assert capsys.readouterr().out.splitlines()[0].split()[: len(columns)] == columns
    if name != "dropout":
        shown = EventAccumulator(str(runs[0].folder), size_guidance={"histograms": 0}).Reload().Tags()
        assert {"gradient/histogram/hidden.0.0", "gradient/histogram/output"} <= set(shown["histograms"])
