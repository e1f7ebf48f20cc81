"""`dlx trace`: small sizes unless others are typed, numbers in rows, and what it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlx.cli import trace
from dlx.cli.trace_tables import matrix
from dlx.errors import ConfigError


def test_sizes_are_small_unless_typed() -> None:
    assert trace.small([]) == ["dataset=moons", "model.depth=2", "model.width=2", "optimizer=sgd"]
    assert trace.small(["model.width=5", "optimizer=adam", "dataset=iris"]) == ["model.depth=2"]
    assert "dataset.context_length=3" in trace.small(["model=lstm"])
    assert not [word for word in trace.small(["model=transformer"]) if "width" in word]  # heads divide the width


def test_a_matrix_is_printed_in_rows() -> None:
    assert matrix(torch.tensor([[1.0, -2.5], [0.0, 1e-7]])) == " 1          -2.5\n 0           1e-07"
    assert matrix(torch.tensor(3.0)) == " 3"
    assert matrix(torch.zeros(9, 9)).count("…") == 5
    assert matrix(torch.tensor([1.0, 2.0]), {(0,): 5.0, (1,): 6.0}) == " 5           6"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--examples", "0"], "--examples: expected a number from 1 to 64, got '0'"),
        (["some/run", "model=mlp"], "expected the folder of one run, or overrides"),
        (["nowhere"], "there is no such folder"),
    ],
)
def test_bad_input(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        trace.main(words)


def test_the_picture_and_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trace.main(["model=mlp", "--output", "here"]) == 0
    text = capsys.readouterr().out
    assert "plot  here.svg" in text
    drawing = Path("here.svg").read_text(encoding="utf-8")
    for name in ("W1", "z2 = a1", "max(0, z1)", "gradient"):
        assert name in drawing
