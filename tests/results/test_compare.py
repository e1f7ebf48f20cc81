"""Any runs compared, against scipy and statsmodels, on folders made by hand."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import dlx.results.runs
import dlx.stored.read
from dlx import load_results
from dlx.cli.main import main
from dlx.cli.report import HELP
from dlx.results.compare import compare
from dlx.results.intervals import p_text
from dlx.results.runs import read_runs

RNG = np.random.default_rng(0)
VALUES = {"sgd": RNG.normal(0.8, 0.02, 6), "adam": RNG.normal(0.9, 0.02, 6), "lbfgs": RNG.normal(0.85, 0.02, 6)}


def make(
    folder: Path, number: int, seed: int, metrics: dict[str, float], status: str = "finished", **config: object
) -> None:
    """Write the summary of a run."""
    folder.mkdir(parents=True)
    summary = {
        "status": status,
        "identity": f"{number:08x}",
        "seed": seed,
        "config": {"seed": seed, "model": "mlp", **config},
        "metrics": metrics,
        "seconds": {"total": 1.0},
    }
    (folder / "summary.json").write_text(json.dumps(summary))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three optimizers with six seeds each."""
    for a, (name, values) in enumerate(VALUES.items()):
        for seed, value in enumerate(values):
            make(tmp_path / "runs" / f"{name}{seed}", 100 * a + seed, seed, {"test/accuracy": value}, optimizer=name)
    return tmp_path / "runs"


def test_means_and_intervals_are_scipys(runs: Path) -> None:
    found = compare(read_runs([runs]))
    assert (found.keys, found.metrics) == (["optimizer"], ["test/accuracy"])
    for row in found.table.rows:
        values = VALUES[row.levels[0]]
        low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        (estimate,) = row.estimates
        assert (estimate.mean, estimate.spread) == pytest.approx((values.mean(), (high - low) / 2))
    (best,) = found.table.best
    assert best is not None
    assert found.table.rows[best].levels == ["adam"]


def test_pairs_are_paired_by_seed_and_adjusted(runs: Path) -> None:
    found = compare(read_runs([runs])).tests("test/accuracy")
    names = [arm.parameters["optimizer"] for arm in compare(read_runs([runs])).arms]
    truth = [stats.ttest_rel(VALUES[names[t.first]], VALUES[names[t.second]]).pvalue for t in found]
    assert [t.p for t in found] == pytest.approx(list(multipletests(truth, method="holm")[1]))
    assert all(t.paired for t in found)


def test_other_seeds_are_not_paired(tmp_path: Path) -> None:
    for seed in range(4):
        make(tmp_path / "a" / str(seed), seed, seed, {"test/accuracy": VALUES["sgd"][seed]}, optimizer="sgd")
        make(tmp_path / "b" / str(seed), 9 + seed, 9 + seed, {"test/accuracy": VALUES["adam"][seed]}, optimizer="adam")
    (test,) = compare(read_runs([tmp_path])).tests("test/accuracy")
    truth = stats.ttest_ind(VALUES["sgd"][:4], VALUES["adam"][:4], equal_var=False).pvalue
    assert (test.paired, test.p) == (False, pytest.approx(truth))


def test_a_run_that_is_repeated_is_no_second_seed(runs: Path) -> None:
    make(runs / "again", 0, 0, {"test/accuracy": 0.1}, optimizer="sgd")
    found = compare(read_runs([runs]))
    assert found.repeated == 1
    assert [len(arm.runs) for arm in found.arms] == [6, 6, 6]


def test_a_diverged_run_shows_in_the_status(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(runs / "lost", 999, 9, {}, status="diverged", optimizer="sgd")
    assert main(["report", str(runs)]) == 0
    out = capsys.readouterr().out
    assert "1 diverged" in out, out


def test_formats(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def typed(form: str) -> str:
        assert main(["report", str(runs), "--format", form]) == 0
        return capsys.readouterr().out

    rows = list(csv.DictReader(io.StringIO(typed("csv"))))
    assert {row["optimizer"]: float(row["test/accuracy"]) for row in rows} == pytest.approx(
        {name: values.mean() for name, values in VALUES.items()}
    )
    arms = json.loads(typed("json"))["arms"]
    assert [arm["parameters"]["optimizer"] for arm in arms if arm["metrics"]["test/accuracy"]["best"]] == ["adam"]
    assert typed("html").count("<strong>") == 1
    latex = typed("latex")
    assert latex.count(r"\mathbf") == 1
    assert latex.count("&") == 4 * 2
    assert typed("table").count("adam") == 1


def test_by_pools_all_other_keys(tmp_path: Path) -> None:
    for number in range(8):
        config = {"model.depth": number % 2, "optimizer.lr": number // 2 % 2}
        make(tmp_path / str(number), number, number // 4, {"test/accuracy": number / 10}, **config)
    found = compare(read_runs([tmp_path]), ["model.depth"])
    assert [(arm.parameters["model.depth"], len(arm.runs)) for arm in found.arms] == [(0, 4), (1, 4)]
    assert found.table.rows[1].estimates[0].mean == pytest.approx(0.4)


def test_metrics_by_pattern(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(2):
        make(tmp_path / str(seed), seed, seed, {"test/accuracy": 0.5, "val/accuracy": 0.4, "test/loss": 1.0})
    assert compare(read_runs([tmp_path]), metrics=["*/accuracy"]).metrics == ["test/accuracy", "val/accuracy"]
    assert compare(read_runs([tmp_path]), metrics=["test/loss", "test/*"]).metrics == ["test/loss", "test/accuracy"]
    assert main(["report", str(tmp_path), "--metric", "tset/*"]) == 2
    assert "--metric: no run has the metric 'tset/*'" in capsys.readouterr().err


def test_pairs_in_words_and_p_is_never_zero(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(runs), "--tests"]) == 0
    out = capsys.readouterr().out
    assert "optimizer=sgd is lower than optimizer=adam (difference -0.1" in out or "optimizer=adam is higher" in out
    assert [p_text(p) for p in (0.0, 1e-9, 0.0123, 1.0)] == ["p < 0.0001", "p < 0.0001", "p = 0.012", "p = 1"]


def test_the_example_of_the_help_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", "act=relu,tanh", "trainer.max_epochs=0", "trainer.accelerator=cpu"]) == 0
    example = next(text for text in HELP.sections["examples"] if "--by" in text)
    capsys.readouterr()
    assert main(shlex.split(example)[1:]) == 0
    assert "tanh" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_picture(ending: str, runs: Path, tmp_path: Path) -> None:
    assert main(["report", str(runs), "--plot", str(tmp_path / f"p.{ending}")]) == 0
    assert (tmp_path / f"p.{ending}").stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: no such folder"),
        (["--by", "optimiser"], "no run has the key 'optimiser'; did you mean 'optimizer'"),
        (["--metric", "test/acc"], "no run has the metric 'test/acc'; did you mean 'test/accuracy'"),
        (["--format", "xls"], "--format: no such format 'xls'"),
        (["--plot", "p.gif"], "expected one of curves, points, metrics, heatmap, parallel, or a file ending in .svg"),
        (["--test"], "--test: no such flag; did you mean '--tests'"),
        (["--by"], "--by: needs a value"),
    ],
)
def test_mistakes(words: list[str], message: str, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [] if words == ["nowhere"] else [str(runs)]
    assert main(["report", *folders, *words]) == 2
    assert message in capsys.readouterr().err


def test_the_same_as_a_frame(runs: Path) -> None:
    frame = load_results(runs)
    assert len(frame) == 18
    means = frame.groupby("optimizer")["test/accuracy"].mean().to_dict()
    assert means == pytest.approx({name: values.mean() for name, values in VALUES.items()})


def test_work_grows_with_the_runs_and_no_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand summaries take seconds: one small file a run is read, and nothing compares runs with each other."""
    reads: list[Path] = []
    compared: list[int] = []
    content_of, comparable = dlx.stored.read.content_of, dlx.results.runs.comparable
    monkeypatch.setattr(dlx.stored.read, "content_of", lambda path: reads.append(path) or content_of(path))
    monkeypatch.setattr(dlx.results.runs, "comparable", lambda flat: compared.append(1) or comparable(flat))
    for number in range(200):
        make(tmp_path / f"{number:03d}", number, number % 10, {"test/accuracy": 0.5}, **{"model.depth": number // 10})
    found = compare(read_runs([tmp_path]))
    assert len(found.arms) == 20
    assert sum(path.name == "summary.json" for path in reads) == 200
    assert sum(path.name == "identity.json" for path in reads) == 0
    assert len(compared) == 200


def test_importing_dlx_imports_no_pandas() -> None:
    import subprocess
    import sys

    code = "import sys, dlx; print('pandas' in sys.modules, 'torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )
