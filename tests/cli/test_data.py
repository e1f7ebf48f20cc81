"""`dlx data describe`: what it shows, and that the command it suggests can be typed."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

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


def test_a_folder_of_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    for place in range(20):
        folder = Path("p") / ("cats", "dogs")[place % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 8 + place % 3), 9 * place, np.uint8)).save(folder / f"{place}.png")
    Path("p/cats/x.png").write_text("no picture")
    text = said(capsys, "p", "dataset.size=4", "dataset.unreadable=leave_out")
    assert "p: 21 pictures (a folder)" in text
    assert re.search(r"cats\s+50%", text)
    assert "2 classes (cats 50.0%, dogs 50.0%)" in text
    assert re.search(r"8\s+…\s+9\s+…\s+10", text)
    assert "p: 20 of 21 pictures, 1 left out (cannot be read); images of 1x4x4" in text
    command = next(line for line in text.splitlines() if line.startswith("next"))
    words = shlex.split(command.removeprefix("next"))
    assert train([*words[2:-1], "model=linear", "trainer.max_steps=1", "trainer.accelerator=cpu"]) == 0
    assert words[-1] == "model=cnn"
    assert "dataset.unreadable=leave_out" in said(capsys, "p")


def test_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("a.npz", x=np.arange(80.0).reshape(20, 4), y=np.array(["no", "yes"] * 10))
    text = said(capsys, "a.npz")
    assert "a.npz: 2 arrays (NumPy)" in text
    assert "float64 20x4" in text
    assert "0 … 39.5 … 79" in text
    assert "no 50%, yes 50%" in text
    assert "next  dlx train dataset=arrays dataset.path=a.npz model=mlp" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "dlx data: expected describe FILE"),
        (["descibe", "t.csv"], "did you mean 'describe'"),
        (["describe"], "expected one file or folder"),
        (["describe", "t.csv", "model=mlp"], "model: expected keys of the dataset"),
        (["describe", "t.csv", "dataset.tarket=y"], "dataset.tarket: no such key; did you mean 'dataset.target'"),
        (["describe", "t.csv", "dataset=iris"], "dataset=iris: reads no file"),
        (["describe", "t.csv", "--plot", "t.txt"], "--plot: expected a file that ends in"),
        (["describe", "s.csv"], "there is no file 's.csv'; did you mean 't.csv'"),
        (["describe", "p.csv"], "dataset.path: 'p.csv' is a pipe; expected a file"),  # reading it would wait for ever
    ],
)
def test_mistakes(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,y\n1,2\n")
    os.mkfifo("p.csv")
    assert main(["data", *words]) == 2
    assert message in capsys.readouterr().err
