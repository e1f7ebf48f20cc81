"""The user's own: an option beside a file in ./, admitted by name, is an option like any other; so is a table."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlx import paths
from dlx.cli.main import main

QUICK = ["trainer.max_epochs=1", "trainer.accelerator=cpu", "dataset.limit=64"]
CODE = '''"""A model of my own."""

from typing import Annotated

from torch import nn

from dlx.spec import DataSpec, Positive


class Mine(nn.Module):
    """One hidden layer.

    Args:
        units: how many units it has.
    """

    def __init__(self, spec: DataSpec, activation, *, units: Annotated[int, Positive]) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(spec.shape[0], units), activation(), nn.Linear(units, spec.outputs))

    def forward(self, x):
        return self.layers(x)
'''


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay ./mine.py and ./conf/model/mine.yaml where the test stands."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("DLX_ADMIT", "")
    (tmp_path / "mine.py").write_text(CODE)
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text("# a model of my own\n_target_: mine.Mine\nunits: 8\n")
    yield
    sys.modules.pop("mine", None)


def summaries(tmp_path: Path) -> list[dict]:
    """Read what the runs left."""
    return [json.loads(file.read_text()) for file in sorted(tmp_path.rglob("summary.json"))]


def test_composes_and_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "model=mine", "--cfg", "job", "--package", "model"]) == 0
    assert "_target_: mine.Mine" in capsys.readouterr().out
    assert main(["axes", "model"]) == 0
    assert "model=mine" in capsys.readouterr().out
    assert main(["axes", "model=mine"]) == 0
    text = capsys.readouterr().out
    assert "mine.py:10" in text
    assert "how many units it has." in text


def test_trains_sweeps_and_is_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", "model=mine,mlp", "--admit", "mine", *QUICK]) == 0
    assert [summary["choices"]["model"] for summary in summaries(tmp_path)] == ["mine", "mlp"]
    assert all(summary["status"] == "finished" for summary in summaries(tmp_path))
    run = next(file.parent for file in sorted(tmp_path.rglob("summary.json")))
    capsys.readouterr()
    assert main(["evaluate", str(run), "--admit", "mine"]) == 0
    assert "match the saved summary exactly" in capsys.readouterr().out


def test_its_keys_pass_the_gate(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for typed, expected in (
        ("model.unts=3", "model.unts: no such key of Mine; did you mean 'units'?"),
        ("model.units=0", "model.units: expected int > 0, got 0"),
    ):
        assert main(["train", "model=mine", "--admit=mine", typed]) == 2
        assert expected in capsys.readouterr().err
    monkeypatch.setenv("DLX_ADMIT", "")
    assert main(["train", "model=mine"]) == 2
    assert "'mine.Mine' is not allowed here" in capsys.readouterr().err
    assert not (tmp_path / "outputs").exists()


def test_the_example_of_the_readme_trains(tmp_path: Path) -> None:
    page = (paths.PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    (code,), (option,) = (re.findall(rf"```{kind}\n(.*?)```", page, re.S) for kind in ("python", "yaml"))
    (tmp_path / "mine.py").write_text(code)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text(option)
    command = re.findall(r"`dlx (train model=mine [^`]*)`", page)[0]
    assert main([*command.split(), *QUICK]) == 0
    assert summaries(tmp_path)[0]["parameters"] == 64 * 32 + 32 + 32 * 10 + 10


def test_an_experiment_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    node = {"mode": "MULTIRUN", "sweeper": {"params": {"seed": "0,1"}}}
    text = "# @package _global_\n# one seed after the other\n" + json.dumps({"hydra": node})
    (tmp_path / "experiments" / "seeds.yaml").write_text(text)
    assert main(["train", "exp=seeds", *QUICK]) == 0
    assert [summary["seed"] for summary in summaries(tmp_path)] == [0, 1]


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    rows = "".join(f"{n % 17},{n % 5},{(n % 17) - 2 * (n % 5)}.5\n" for n in range(200))
    (tmp_path / "houses.csv").write_text("rooms,age,price\n" + rows)
    words = ["model=linear", "optim.lr=0.05", "dataset=csv", "dataset.path=houses.csv", "dataset.target=price"]
    assert main(["train", *words, "trainer.max_epochs=60", "trainer.accelerator=cpu"]) == 0
    (summary,) = summaries(tmp_path)
    assert summary["metrics"]["test/r2"] > 0.99
