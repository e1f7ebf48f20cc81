"""The facts of runs in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlx.results.facts import duration, facts, failures, next_commands, next_of_sweep, notes, statuses_text
from dlx.results.runs import Run

SUMMARY: dict[str, Any] = {
    "status": "finished",
    "job": "train",
    "overrides": ["optimizer=adam", "seed=3"],
    "parameters": 1234,
    "epochs": 10,
    "steps": 1000,
    "seconds": {"total": 75.3, "diagnostics": 0.04},
    "notes": ["images are flattened"],
    "error": None,
}


def test_size_and_time() -> None:
    assert facts(SUMMARY) == ["1,234 parameters", "10 epochs", "1,000 steps", "75 s, of which diagnostics 0.04 s"]
    assert facts({**SUMMARY, "job": "cost", "seconds": {"total": 3.0}}) == ["3.0 s"]
    assert [duration(seconds) for seconds in (0.04, 3.21, 59.6, 121, 7200)] == [
        "0.04 s", "3.2 s", "60 s", "2 min", "120 min",
    ]  # fmt: skip


def test_what_to_type_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "dlx board place" not in next_commands(SUMMARY, "place")  # logger=csv: no events for TensorBoard
    assert next_of_sweep([Run(Path(), SUMMARY)], 0, "place") == ["dlx report place --plot points --tests"]
    for folder in ("place", "."):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "events.out.tfevents.1.host.2.0").touch()
    assert next_commands(SUMMARY, "place") == [
        "dlx board place",
        "dlx explain place",
        "dlx evaluate place",
        "dlx train -m optimizer=adam 'seed=range(5)'",
    ]
    monkeypatch.setenv("DLX_ADMIT", "mine")
    stopped = {**SUMMARY, "status": "interrupted"}
    assert next_commands(stopped, "place") == ["dlx resume place --admit mine"]
    assert next_of_sweep([Run(Path(), stopped)], 0, "place") == ["dlx resume place --admit mine"]
    assert next_of_sweep([Run(Path(), SUMMARY)], 0, "place") == [
        "dlx report place --plot points --tests",
        "dlx board place",
    ]
    one_seed = next_of_sweep([Run(Path(), SUMMARY)], 0, "place", ["optimizer=adam,sgd", "seed=0"])
    assert one_seed[0] == "dlx train -m optimizer=adam,sgd 'seed=range(5)' --admit mine"
    assert next_of_sweep([Run(Path(), SUMMARY)], 1, "place") == ["dlx resume place --admit mine"]


def test_statuses_notes_and_failures() -> None:
    failed = Run(Path("x"), {"status": "failed", "error": "ValueError: no"})
    assert statuses_text({"finished": 3, "diverged": 1}) == "3 finished, 1 diverged"
    assert notes([SUMMARY, SUMMARY, {"notes": []}]) == ["images are flattened"]
    assert failures([failed, Run(Path(), SUMMARY)]) == [(failed, "ValueError: no")]
