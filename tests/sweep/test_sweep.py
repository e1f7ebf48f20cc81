"""`dlx train -m`, from the line to the table."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from dlx.cli.main import main
from dlx.config.hydra import session as hydra_session
from dlx.results.runs import read_runs
from dlx.results.table import Estimate, estimate_text
from dlx.run.signals import Signals
from dlx.sweep.progress import RunShare

TINY = (
    "trainer.max_epochs=2", "dataset.limit=64", "model.width=8", "trainer.accelerator=cpu", "hydra.sweep.dir=sweep",
)  # fmt: skip


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Give `sweep("optimizer=sgd,adam")`: the exit code of `dlx train -m`, as in a process of its own."""

    def command(*words: str) -> int:
        monkeypatch.setattr(hydra_session, "current", hydra_session.Caller())
        said = {word.split("=")[0] for word in words}  # a key given twice is refused
        return main(["train", "-m", *(word for word in TINY if word.split("=")[0] not in said), *words])

    return command


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the labels of the runs that are really trained."""
    labels: list[str] = []
    start = RunShare.start

    def noted(self: RunShare, epochs: int, resumed: int) -> None:
        labels.append(self.label or "")
        start(self, epochs, resumed)

    monkeypatch.setattr(RunShare, "start", noted)
    return labels


def statuses(folder: str = "sweep") -> list[str]:
    return [run.status for run in read_runs([Path(folder)])]


def table(text: str) -> list[list[str]]:
    """Return the cells of the table that was printed: columns are two or more spaces apart."""
    lines = text.splitlines()
    rule = next(number for number, line in enumerate(lines) if "──" in line)
    rows = [lines[rule - 1]]
    for line in lines[rule + 1 :]:
        if line.startswith(("sweep ", "failed ", "note ", "(", "not shown", "reused")):
            break
        rows.append(line)
    return [re.split(r"\s{2,}", row.strip()) for row in rows]


def test_one_row_an_arm_and_columns_for_what_differs(sweep: Callable[..., int], capsys: Any) -> None:
    assert sweep("optim=sgd,adam", "model.depth=2,3", "seed=range(2)") == 0
    header, *rows = table(capsys.readouterr().out)
    assert header == ["optimizer", "depth", "runs", "val/accuracy", "val/loss", "train/loss"]
    assert [row[:3] for row in rows] == [["sgd", "2", "2"], ["sgd", "3", "2"], ["adam", "2", "2"], ["adam", "3", "2"]]
    runs = read_runs([Path("sweep")])
    assert len(runs) == 8
    accuracies = [run.metrics["val/accuracy"] for run in runs[:2]]
    mean, sd = sum(accuracies) / 2, abs(accuracies[0] - accuracies[1]) / 2**0.5
    assert rows[0][3].removeprefix("*") == estimate_text(Estimate(mean, sd))


def test_axes_without_effect_are_named_under_the_table(sweep: Callable[..., int], capsys: Any) -> None:
    assert sweep("model=gru,mlp", "dataset=digits", "activation=tanh,relu") == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note ")]
    rows, flat = "note  images are read row by row", "note  images are flattened"
    hidden = "note  the test metrics of the other arms: the same command with --test"
    assert notes == [rows, "note  activation: not used by model=gru", flat, hidden]


def test_a_list_group_is_one_column(sweep: Callable[..., int], capsys: Any, trained: list[str]) -> None:
    assert sweep("regularizer=none,[],l2,[l2,dropout]") == 0
    header, *rows = table(capsys.readouterr().out)
    assert header[:2] == ["regularizer", "runs"]
    assert [row[:2] for row in rows] == [["none", "1"], ["l2", "1"], ["[l2,dropout]", "1"]]  # [] is none: once
    assert len(trained) == 3
    listed = json.loads(Path("sweep/sweep.json").read_text())
    assert len(listed["runs"]) == 3
    assert [cell["run"] for cell in listed["cells"]] == [0, 0, 1, 2]


def test_the_table_fits(sweep: Callable[..., int], capsys: Any) -> None:
    axes = ("optimizer=sgd,adam", "optimizer.lr=0.1,0.01", "model.depth=1,2", "initializer=default,he_normal")
    assert sweep(*axes, "dataset.batch_size=16,32") == 0
    out = capsys.readouterr().out
    assert max(map(len, out.split("(the best")[0].splitlines())) <= 80
    assert "not shown in 80 columns: train/loss;\ndlx report sweep --metric train/loss shows it" in out
    header, *rows = table(out)
    assert header == ["optimizer", "lr", "depth", "initializer", "batch_size", "runs", "val/accuracy", "val/loss"]
    assert len(rows) == 32


def test_a_sweep_is_run_by_one_process_at_a_time(sweep: Callable[..., int], capsys: Any, trained: list[str]) -> None:
    assert sweep("model.depth=1,2") == 0
    with FileLock("sweep/.lock"):  # as another process holds it
        assert sweep("model.depth=1,2,3") == 2
    assert "sweep: another process is running this sweep" in capsys.readouterr().err
    assert trained == ["model.depth=1", "model.depth=2"]
    assert sweep("model.depth=1,2,3") == 0
    assert trained[2:] == ["model.depth=3"]


def test_finished_runs_are_skipped_and_again_repeats_them(
    sweep: Callable[..., int], trained: list[str], capsys: Any
) -> None:
    assert sweep("model.depth=1,2") == 0
    assert sweep("model.depth=1,2,3") == 0
    assert "reused 2 of 3 runs that were finished before; --again trains them again" in capsys.readouterr().out
    assert trained == ["model.depth=1", "model.depth=2", "model.depth=3"]
    before = [run.summary["seconds"] for run in read_runs([Path("sweep")])]
    assert sweep("model.depth=1,2,3", "--again") == 0
    assert len(trained) == 6
    assert before != [run.summary["seconds"] for run in read_runs([Path("sweep")])]
    assert statuses() == ["finished"] * 3


def test_runs_of_another_sweep_are_found(sweep: Callable[..., int], trained: list[str]) -> None:
    assert sweep("model.depth=1,2", "hydra.sweep.dir=outputs/sweeps/one") == 0
    assert sweep("model.depth=2,3") == 0
    assert trained == ["model.depth=1", "model.depth=2", "model.depth=3"]
    folders = [run.folder.parent.name for run in read_runs([Path("sweep")])]
    assert folders == ["one", "sweep"]


def test_other_data_under_the_same_name_are_another_run(
    sweep: Callable[..., int], trained: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    words = ("dataset=csv", "dataset.path=mine.csv", "dataset.target=y", "dataset.limit=null", "model.depth=1,2")
    file.write_text("x,y\n" + "".join(f"{n},{2 * n}.5\n" for n in range(100)))
    assert sweep(*words) == 0
    assert sweep(*words) == 0
    assert len(trained) == 2
    file.write_text("x,y\n" + "".join(f"{n},{3 * n}.5\n" for n in range(100)))
    assert sweep(*words) == 0
    assert len(trained) == 4


@pytest.mark.parametrize("launcher", ["in_process", "pool", "basic"])
def test_a_diverged_run_is_a_status(launcher: str, sweep: Callable[..., int], capsys: Any) -> None:
    words = ("optimizer=sgd", "optimizer.lr=0.1,1e30", "dataset.batch_size=16", f"hydra/launcher={launcher}")
    assert sweep(*words) == 0
    assert statuses() == ["finished", "diverged"]
    diverged = read_runs([Path("sweep")])[1].summary
    assert re.match(r"the loss is not finite at step \d+ \(epoch 1\): nan", diverged["error"]), diverged["error"]
    header, *rows = table(capsys.readouterr().out)
    assert header[2] == "status"
    assert [row[2] for row in rows] == ["1 finished", "1 diverged"]


MINE = """
from torch import nn

class Mine(nn.Module):
    accepts = ("vector",)
    def __init__(self, spec, *, breaks: bool):
        super().__init__()
        self.output, self.breaks = nn.Linear(spec.shape[0], spec.outputs), breaks
    def forward(self, x):
        if self.breaks and self.training and len(x) > 2:
            raise RuntimeError("my own mistake")
        return self.output(x)
"""


@pytest.mark.parametrize("launcher", ["in_process", "pool", "basic"])
def test_a_failed_run_is_a_status_and_the_rest_go_on(
    launcher: str, sweep: Callable[..., int], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"mine_{launcher}"
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{name}.py").write_text(MINE)
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text(f"_target_: {name}.Mine\nbreaks: true\nwidth: 1\n")
    (tmp_path / "conf" / "model" / "mine.yaml").write_text(f"_target_: {name}.Mine\nbreaks: true\n")
    words = [word for word in TINY if not word.startswith("model.")]
    code = main(
        ["train", "-m", "--admit", name, "model=mine", "model.breaks=true,false", f"hydra/launcher={launcher}", *words]
    )
    assert code == 1
    assert statuses() == ["failed", "finished"]
    failed = read_runs([Path("sweep")])[0]
    assert failed.summary["error"] == "RuntimeError: my own mistake"
    assert "Traceback" in (failed.folder / "dlx.log").read_text()
    assert "my own mistake" in capsys.readouterr().out


class Impatient(Signals):
    """Signals that arrive by themselves when they have been asked for so many times."""

    asked, until = 0, 10

    def __call__(self) -> bool:
        type(self).asked += 1
        self.received |= type(self).asked == type(self).until
        return self.received


@pytest.mark.parametrize("launcher", ["in_process", "basic"])
def test_an_interrupted_sweep_goes_on_where_it_stood(
    launcher: str, sweep: Callable[..., int], trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("model.depth=1,2,3", "dataset.batch_size=16", "regularizer=dropout", f"hydra/launcher={launcher}")
    assert sweep(*words, "hydra.sweep.dir=straight") == 0
    trained.clear()
    Impatient.asked = 0
    monkeypatch.setattr("dlx.run.run.Signals", Impatient)
    monkeypatch.setattr("dlx.run.signals.Signals", Impatient)
    monkeypatch.setattr("dlx.paths.outputs", lambda: Path("nowhere"))
    # A run asks 4 + 1 times an epoch and once at its end: the second epoch of the first run is interrupted.
    assert sweep(*words) == 130
    assert statuses() == ["interrupted"]
    assert sweep(*words) == 0
    assert statuses() == ["finished"] * 3
    straight, resumed = (read_runs([Path(folder)]) for folder in ("straight", "sweep"))
    assert [run.metrics for run in straight] == [run.metrics for run in resumed]
    assert [run.folder.name for run in straight] == [run.folder.name for run in resumed]


def test_what_a_run_of_a_sweep_leaves(sweep: Callable[..., int]) -> None:
    assert sweep("seed=0,1") == 0
    for run in read_runs([Path("sweep")]):
        assert sorted(file.name for file in (run.folder / ".hydra").iterdir()) == [
            "config.yaml", "hydra.yaml", "overrides.yaml",
        ]  # fmt: skip
        assert run.summary["choices"]["optimizer"] == "adam"
        assert run.summary["choices"]["regularizer"] == ["none"]


def test_all_are_checked_before_the_first_starts(sweep: Callable[..., int], capsys: Any) -> None:
    assert sweep("model.depth=2,0") == 2
    assert not Path("sweep").exists()
    assert "model.depth: expected int > 0, got 0" in capsys.readouterr().err


def test_runs_leave_no_files_open(sweep: Callable[..., int]) -> None:
    assert sweep("seed=range(2)", "trainer.max_epochs=1") == 0  # warm: caches, imports
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    assert sweep("seed=range(2,6)", "trainer.max_epochs=1") == 0
    after = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    assert after <= before
