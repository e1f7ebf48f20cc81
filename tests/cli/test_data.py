"""`dlx data describe`: what it shows, and that the command it suggests can be typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pandas as pd
import pytest

from dlx.cli.main import main
from dlx.cli.train import main as train


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what the command prints."""
    assert main(["data", "describe", *words]) == 0
    return capsys.readouterr().out


def test_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [f"{n},{'' if n % 4 else n * 1.5},{'ab'[n % 2]},n{n},{'참' if n % 3 else '거짓'}" for n in range(40)]
    Path("t.csv").write_text("\n".join(["id,x,w,name,품종", *rows]) + "\n")
    text = said(capsys, "t.csv", "--plot", "t.svg")
    assert "t.csv: 40 rows (UTF-8, delimiter ',')" in text
    assert "t.csv: 40 of 40 rows; 4 inputs; target 품종: 2 classes (거짓 35.0%, 참 65.0%)" in text
    assert "columns left out: id (another whole number in each row: an id), name (" in text
    assert "품종" in Path("t.svg").read_text(encoding="utf-8")
    command = next(line for line in text.splitlines() if line.startswith("next"))
    words = shlex.split(command.removeprefix("next"))
    assert words[:2] == ["dlx", "train"]
    assert train([*words[2:], "trainer.max_steps=1", "trainer.accelerator=cpu"]) == 0


def test_a_series_and_keys(capsys: pytest.CaptureFixture[str]) -> None:
    days = pd.date_range("2024-01-01", periods=60)
    Path("t.csv").write_text("day,v\n" + "".join(f"{day.date()},{n}\n" for n, day in enumerate(days)))
    text = said(capsys, "t.csv")
    assert "1 series; forecast of v" in text
    assert "dlx train model=lstm dataset=csv_series dataset.path=t.csv dataset.time=day" in text
    assert "target v: a number" in said(capsys, "t.csv", "data.target=v")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "dlx data: expected describe FILE"),
        (["descibe", "t.csv"], "did you mean 'describe'"),
        (["describe"], "expected one file"),
        (["describe", "t.csv", "model=mlp"], "model: expected keys of the dataset"),
        (["describe", "t.csv", "dataset.tarket=y"], "dataset.tarket: no such key; did you mean 'dataset.target'"),
        (["describe", "t.csv", "dataset=iris"], "dataset=iris: reads no file"),
        (["describe", "t.csv", "--plot", "t.txt"], "--plot: expected a file that ends in"),
        (["describe", "s.csv"], "there is no file 's.csv'; did you mean 't.csv'"),
    ],
)
def test_mistakes(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,y\n1,2\n")
    assert main(["data", *words]) == 2
    assert message in capsys.readouterr().err
