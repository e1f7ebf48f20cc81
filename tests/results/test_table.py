"""The one table of arms: its texts, its room on a terminal, its marks, and what its signs mean."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from dlx.results.formats import as_csv, as_html, as_json, as_latex
from dlx.results.table import HALF, STD, ArmsTable, Estimate, Row, best_of, estimate_text, fitting, print_table

METRICS = ("test/accuracy", "test/loss", "train/loss")


def row(name: str, *means: float, status: str = "finished") -> Row:
    return Row([name, True], 2, [Estimate(mean, 0.01, [mean - 0.01, mean + 0.01]) for mean in means], {status: 2})


TABLE = ArmsTable(
    ["optimizer", "skip"], METRICS, [row("sgd", 0.5, 2.0, 1.0), row("adam", 0.75, 1.0, 0.5)], STD, [1, 1, None]
)


def printed(table: ArmsTable, width: int) -> str:
    """Return what a terminal without colors shows."""
    text = io.StringIO()
    print_table(Console(file=text, width=width), table, width, "dlx report sweep --metric {metric} shows it")
    return text.getvalue()


@pytest.mark.parametrize(
    ("mean", "spread", "text"),
    [
        (0.91234, 0.0123, "0.912 ± 0.012"),  # two significant digits of the spread, the mean to the same place
        (0.9, 0.1, "0.90 ± 0.10"),
        (3089.0, 490.0, "3089 ± 490"),
        (1234.5, 5678.9, "1234 ± 5679"),
        (1e-30, 2e-31, "1e-30 ± 2e-31"),  # no row of zeros
        (1.5e8, 2e6, "1.5e+08 ± 2e+06"),
        (0.5, 1e-12, "0.5 ± 1e-12"),  # no row of digits
        (2.310993, 0.000021, "2.311 ± 2.1e-05"),
        (0.5, math.nan, "0.5"),  # one run
        (19200.0, 0.0, "19200"),
        (0.5, 0.0, "0.5"),
        (math.nan, math.nan, ""),
    ],
)
def test_mean_and_spread_as_a_scientist_writes_them(mean: float, spread: float, text: str) -> None:
    assert estimate_text(Estimate(mean, spread)) == text


def test_the_best_arm_is_seen_without_color_and_signs_are_explained() -> None:
    text = printed(TABLE, 120)
    assert "*0.750 ± 0.010" in text
    assert text.count("*") == 3  # two marks and the line that explains them
    assert "(mean ± standard deviation, over the runs of an arm; the best arm is marked *)" in text
    assert "half the 95 % interval of the mean" in ArmsTable(["a"], ["m"], [row("x", 1.0)], HALF).caption
    assert ArmsTable(["a"], ["m"], [Row(["x"], 1, [Estimate(1.0, math.nan)], {})], STD).caption == ""


def test_what_has_no_room_is_named() -> None:
    text = printed(TABLE, 60)
    assert max(map(len, text.splitlines()[:4])) <= 60
    assert "not shown in 60 columns: train/loss; dlx report sweep --metric train/loss shows it" in " ".join(
        text.split()
    )
    assert fitting(TABLE, 10)[1] == ["test/loss", "train/loss"]  # one metric is shown in any case
    assert "not shown" not in printed(TABLE, 120)


def test_a_trouble_shows_beside_the_runs() -> None:
    table = ArmsTable(["a", "b"], METRICS, [row("x", 1.0, 1.0, 1.0, status="diverged")], STD)
    assert table.header == ["a", "b", "runs", "status", *METRICS]
    assert table.cells(lambda text, best: text)[0][:4] == ["x", "true", "2", "2 diverged"]
    assert as_latex(table).count("&") == 2 * 6


def test_each_format_marks_the_same_arm() -> None:
    assert as_html(TABLE).count("<strong>0.750 ± 0.010</strong>") == 1
    assert as_html(TABLE).count("<strong>") == 2
    assert as_latex(TABLE).count(r"\mathbf") == 2
    comments = [line for line in as_latex(TABLE).splitlines() if line.startswith("%")]
    assert comments[0] == r"% \usepackage{booktabs}"
    assert comments[1].endswith("over the runs of an arm; the best arm is bold")
    assert '"best": true' in as_json(TABLE)
    assert '"std": 0.01' in as_json(TABLE)
    assert as_csv(TABLE).splitlines()[1] == "sgd,True,2,0.5,0.01,2,2.0,0.01,2,1.0,0.01,2"


def test_the_best_is_the_highest_or_the_lowest_or_there_is_none() -> None:
    assert best_of([1.0, 3.0, 2.0], "max") == 1
    assert best_of([1.0, 3.0, math.nan], "min") == 0
    assert best_of([1.0, 3.0], None) is None  # neither direction is better
    assert best_of([1.0, math.nan], "max") is None  # a single arm is not the best of any
