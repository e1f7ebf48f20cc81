"""The table at the end of a run, and what is worth typing next."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dlx.cli import run_table, show
from dlx.errors import ConfigError
from dlx.results import by_layer
from dlx.run.run import run

SHORT = ["trainer.max_epochs=1", "trainer.accelerator=cpu"]


@pytest.fixture
def printed(config: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs words and returns what a person sees."""

    def show_run(*words: str) -> str:
        text = io.StringIO()
        monkeypatch.setattr(run_table, "console", Console(file=text, width=120))
        summary = run(config(*SHORT, *words), tmp_path / "run", overrides=list(words), raises=True)
        run_table.run_table(summary, tmp_path / "run")
        return text.getvalue()

    return show_run


def test_each_test_transform_has_a_row(printed: Any) -> None:
    text = printed("model=linear", "dataset.test_transforms=[rotation_15,noise_0.3]")
    rows = [line.split("│")[1:3] for line in text.splitlines() if line.startswith("│ ")]
    names = [name.strip() for name, _ in rows]
    assert names[-2:] == ["rotation_15", "noise_0.3"]
    assert all(float(value) > 0 for _, value in rows[-2:])
    assert "images are flattened" in text


def test_no_second_table_where_nothing_is_divided(printed: Any) -> None:
    assert "of which" not in printed("model=linear")


def test_a_job_without_an_answer_shows_why_and_no_table(
    config: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.StringIO()
    monkeypatch.setattr(run_table, "console", Console(file=text, width=120))
    words = "job=screening", "job.tests=9", "job.patients=10", "job.prevalence=0.001", "job.specificity=0.999"
    run_table.run_table(run(config(*words), tmp_path / "run"), tmp_path / "run")
    assert "value" not in text.getvalue()
    assert "none of job.patients=10 has 9 positive tests; try job.patients=" in text.getvalue()


def test_many_strata_are_cut(printed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_table, "MOST", 4)
    text = printed("model=linear", "metrics.by=class")
    assert "class_3" in text
    assert "class_4" not in text
    assert "also in summary.json: 6 more rows" in text


def test_what_diagnostics_have_measured_is_counted(printed: Any) -> None:
    text = printed("model=linear", "diagnostics=weights")
    assert "also measured: init (" in text
    assert "weight (" in text
    assert "also measured" not in printed("model=linear")


def test_the_next_command_can_be_pasted_into_any_shell(printed: Any) -> None:
    word = "dataset.test_transforms=[rotation_15,flip]"
    line = next(line for line in printed("model=linear", word).splitlines() if "seed=range(5)" in line)
    assert "'dataset.test_transforms=[rotation_15,flip]'" in line
    assert shlex.split(line)[-3:] == ["model=linear", word, "seed=range(5)"]


def test_gradients_and_dead_units_are_shown_by_layer(printed: Any) -> None:
    text = printed("model=mlp", "model.depth=3", "diagnostics=[gradients,activations]", "activation=sigmoid")
    rows = [line for line in text.splitlines() if line.startswith("│ hidden.0.0")]
    assert len(rows) == 1
    assert "0 %" in rows[0]
    assert "█" in rows[0]
    assert "the norm of hidden.0.0 is" in text
    assert "zero gradient" in text


def test_bars_are_logarithmic() -> None:
    short, middle, long, none = by_layer.bars_of([1e-4, 1e-2, 1.0, 0.0])
    assert (len(short), len(long), none) == (1, by_layer.WIDTH, "")
    assert abs(len(middle) - (1 + by_layer.WIDTH) / 2) <= 0.5


def test_a_small_network_prints_its_weights(printed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed("model=linear", "dataset=diabetes", "dataset.features=[bmi,bp]")
    lines = [line for line in text.splitlines() if line.startswith("  output.")]
    assert [line.split(" = ")[0].strip() for line in lines] == ["output.weight", "output.bias"]
    assert "standardized" in text
    again = io.StringIO()
    monkeypatch.setattr(run_table, "console", Console(file=again, width=120))
    assert show.main([str(tmp_path / "run")]) == 0
    assert again.getvalue() == text


@pytest.mark.parametrize(
    ("words", "said"), [([], "expected the folder of a run"), (["nowhere"], "there is no such folder")]
)
def test_a_run_that_is_not_there(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        show.main(words)


def test_the_layers_of_a_network_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(show, "console", Console(file=text, width=120))
    assert show.main(["model=mlp", "model.depth=2", "model.width=5", "dataset=iris"]) == 0
    (whole,) = [line for line in text.getvalue().splitlines() if line.startswith("│ all")]
    assert whole.split("│")[5:7] == [" " * 9 + "43 ", "    70 "]
