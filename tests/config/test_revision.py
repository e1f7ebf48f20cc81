"""A change of a model's numbers: the runs that it concerns get another identity, and their older folders a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.cli.evaluate import evaluate
from dlx.cli.report import main as report
from dlx.cli.resume import resume
from dlx.cli.train import main as train
from dlx.config.identity import identity
from dlx.config.revision import revision_of
from dlx.errors import ConfigError
from dlx.files import write_json
from dlx.results.compare import compare
from dlx.results.frame import load_results
from dlx.results.runs import read_run, read_runs
from dlx.run.run import run
from tests.conftest import read_json

Config = Callable[..., dict[str, Any]]
SHORT = ("trainer.accelerator=cpu", "trainer.max_epochs=1")
TWO = ("model=logistic", "dataset=moons")


@pytest.mark.parametrize(
    ("words", "revised"),
    [
        (TWO, True),
        ((*TWO, "objective=classification", "objective.loss=nll"), True),
        ((*TWO, "dataset.folds=3", "dataset.fold=all"), True),
        (("model=logistic", "dataset=digits", "dataset.classes=[3,8]"), True),
        (("job=data_split", "job.repeats=2", "dataset=breast_cancer"), True),  # it trains model=logistic
        ((*TWO, "objective.loss=mse"), False),  # two rows still
        (("model=logistic", "dataset=iris"), False),
        (("model=linear", "dataset=moons"), False),
        (("model=mlp", "dataset=moons"), False),
        (("model=linear", "dataset=diabetes"), False),
        ((*TWO, "job=exact_identities"), False),  # it uses no model
    ],
)
def test_the_identity_of_these_runs_changes_and_of_no_others(
    words: tuple[str, ...], revised: bool, config: Config, tmp_path: Path
) -> None:
    composed = config(*words, *SHORT)
    summary = run(composed, tmp_path / "run", raises=True)
    recorded = read_json(tmp_path / "run" / "identity.json")
    assert (summary["identity"] != identity(composed)) == revised
    assert summary["identity"] == recorded["identity"] == identity(composed, 2 if revised else 1)
    assert (
        summary["config"].get("model.revision")
        == recorded["config"]["model"].get("revision")
        == (2 if revised else None)
    )
    assert assemble(composed).revision == (2 if revised else 1)
    assert "revision" not in recorded["full_config"]["model"]


def earlier(folder: Path) -> Path:
    """Make a folder what the version before the revision would have left: without its mark and with two rows."""
    recorded, summary = read_json(folder / "identity.json"), read_json(folder / "summary.json")
    del recorded["config"]["model"]["revision"], summary["config"]["model.revision"]
    recorded["identity"] = summary["identity"] = identity(recorded["full_config"])
    write_json(folder / "identity.json", recorded)
    write_json(folder / "summary.json", summary)
    return folder


@pytest.mark.parametrize("target", [True, False])
def test_an_older_run_is_told_from_its_files(target: bool, config: Config, tmp_path: Path) -> None:
    runs = {}
    for name, words in {
        "two": TWO,
        "three": ("model=logistic", "dataset=iris"),
        "mse": (*TWO, "objective.loss=mse"),
        "mlp": ("dataset=moons",),
    }.items():
        run(config(*words, *SHORT), tmp_path / name, raises=True)
        if name == "two":
            assert not read_run(tmp_path / name).outdated  # type: ignore[union-attr]
            earlier(tmp_path / name)
        recorded = read_json(tmp_path / name / "identity.json")
        if not target:  # runs did not always record their classes
            del recorded["target"]
            write_json(tmp_path / name / "identity.json", recorded)
        runs[name] = read_run(tmp_path / name)
    assert {name: run.outdated for name, run in runs.items() if run} == {
        "two": True,
        "three": False,
        "mse": False,
        "mlp": False,
    }


def test_older_runs_are_not_averaged_in(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(3):
        run(config(*TWO, *SHORT, f"seed={seed}"), tmp_path / str(seed), raises=True)
    earlier(tmp_path / "2")
    found = compare(read_runs([tmp_path]), metrics=["test/loss"])
    losses = [read_json(tmp_path / str(seed) / "summary.json")["metrics"]["test/loss"] for seed in range(2)]
    assert found.outdated == 1
    assert found.table.rows[0].estimates[0].mean == pytest.approx(np.mean(losses), rel=1e-12)
    assert report([str(tmp_path)]) == 0
    assert "1 runs left out: trained by an earlier version of their model" in capsys.readouterr().out
    assert load_results(tmp_path).set_index("seed")["outdated"].to_dict() == {0: False, 1: False, 2: True}
    earlier(tmp_path / "0")
    earlier(tmp_path / "1")
    with pytest.raises(ConfigError, match="the 3 runs here were trained by an earlier version of their model"):
        compare(read_runs([tmp_path]))


def test_older_runs_are_neither_resumed_nor_evaluated(config: Config, tmp_path: Path) -> None:
    composed = config(*TWO, *SHORT)
    run(composed, tmp_path / "run", raises=True)
    assert evaluate(tmp_path / "run") == 0
    folder = earlier(tmp_path / "run")
    message = "run: was trained by an earlier version of model=logistic; train it again in a new folder"
    with pytest.raises(ConfigError, match=message):
        evaluate(folder)
    summary = read_json(folder / "summary.json") | {"status": "interrupted"}
    write_json(folder / "summary.json", summary)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with pytest.raises(ConfigError, match=message):
        resume(folder)
    with pytest.raises(ConfigError, match=message):
        run(composed, folder, resume=True)
    assert before == {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_run_that_was_interrupted_before_its_data_were_loaded_is_resumed(config: Config, tmp_path: Path) -> None:
    from dlx.run.run import interrupted_early

    composed = config(*TWO, *SHORT)
    interrupted_early(composed, tmp_path / "run", [], {})
    assert resume(tmp_path / "run") == 0
    assert read_json(tmp_path / "run" / "summary.json")["identity"] == identity(composed, 2)


def test_a_sweep_trains_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["-m", *TWO, *SHORT, "seed=0,1", "hydra.sweep.dir=sweep"]
    assert train(words) == 0
    first, second = sorted((tmp_path / "sweep").glob("0*"))
    name = read_json(earlier(first) / "identity.json")["identity"]
    first = first.rename(first.with_name(f"000-{name}"))  # its name was the hash of another configuration
    (tmp_path / "sweep" / "sweep.json").unlink()  # it lists the folder by its other name
    capsys.readouterr()
    assert train(words) == 0
    printed = capsys.readouterr().out
    assert "reused 1 of 2 runs" in printed
    assert "not reused: 1 runs that were trained by an earlier version of their model" in printed
    runs = read_runs([tmp_path / "sweep"])
    assert second in [run.folder for run in runs]
    assert first not in [run.folder for run in runs]
    assert not any(run.outdated for run in runs)
    assert read_run(first).outdated  # type: ignore[union-attr]


def test_a_single_run_is_named_by_its_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert train([*TWO, *SHORT]) == 0
    (found,) = read_runs([tmp_path / "outputs"])
    assert found.folder.name.endswith(found.identity)
    assert not found.outdated


def test_values_are_looked_up_in_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(
        "class Mine:\n    revision = 3\n    revised_for = {'model.width': [8], 'classes': [0, 2]}\n"
        "class All:\n    revision = 2\nclass Child(All):\n    pass\n"
    )
    monkeypatch.chdir(tmp_path)
    job = {"_target_": "dlx.job.train.Train"}

    def of(name: str, classes: int, **keys: Any) -> int:
        return revision_of({"model": {"_target_": f"mine.{name}", **keys}, "job": job}, classes)

    assert [of("Mine", 2, width=8), of("Mine", 0, width=8), of("Mine", 3, width=8), of("Mine", 2)] == [3, 3, 1, 1]
    assert [of("All", 5), of("Child", 5), of("Other", 5)] == [2, 2, 1]


def read_before(folder: Path) -> Path:
    """Make a folder what the version before the reader's revision would have left: without its mark."""
    recorded, summary = read_json(folder / "identity.json"), read_json(folder / "summary.json")
    assert recorded["config"]["dataset"].pop("reader") == summary["config"].pop("dataset.reader") == 2
    write_json(folder / "identity.json", recorded)
    write_json(folder / "summary.json", summary)
    return folder


def test_a_run_on_data_that_were_read_otherwise_is_named_and_not_averaged_in(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("a,y\n" + "".join(f"{n},{n / 3}\n" for n in range(40)))
    words = ("dataset=csv", "dataset.path=t.csv", "dataset.target=y", *SHORT)
    for name in ("old", "new"):
        run(config(*words), tmp_path / "runs" / name, raises=True)
    old = read_before(tmp_path / "runs" / "old")
    assert [found.outdated for found in read_runs([tmp_path / "runs"])] == [False, True]
    assert report([str(tmp_path / "runs")]) == 0
    assert "1 runs left out: trained by an earlier version of their model or dataset" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="its data were read by an earlier version of dataset=csv"):
        evaluate(old)
    with pytest.raises(ConfigError, match="its data were read by an earlier version of dataset=csv"):
        run(config(*words), old, resume=True)


@pytest.mark.parametrize("option", ["digits", "diabetes", "sunspots", "iris"])
def test_data_that_are_read_as_before_keep_their_identity(option: str, config: Config) -> None:
    from dlx.config.identity import canonical

    assert "reader" not in canonical(config(f"dataset={option}"))["dataset"]
