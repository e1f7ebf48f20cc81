"""`dlx explain`: one page with what fits, why the rest is left out, and one message for each mistake."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dlx.cli.main import main
from dlx.run.run import run
from tests.conftest import compose_config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ("dataset=iris", "model.width=4", "trainer.max_epochs=2", "trainer.accelerator=cpu")
    run(compose_config(*words, "diagnostics=gradients", "diagnostics.gradients.every=1"), folder, raises=True)
    return folder


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be explained or spoilt."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Type a command that is refused in one line, and return the line."""
    assert main(["explain", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    return captured.err


def test_a_page_with_everything_that_fits(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "copy"]) == 0
    out, folder = capsys.readouterr().out, copy / "explain"
    page = (folder / "index.html").read_text()
    pictures = sorted(path.stem for path in folder.glob("*.png"))
    assert pictures == sorted(
        ["activations", "confusion", "gradient_flow", "integrated_gradients", "latent", "saliency"]
    )
    assert all(f'<section id="{name}">' in page for name in pictures)
    assert page.count("<figcaption>") == page.count("<figure>") == len(pictures)
    assert "test_confusion" not in page  # the objective's own picture, which the diagnostic draws with more detail
    assert "over training" in page  # gradients were recorded
    assert "<code>cam</code> needs images and their classes" in page
    assert "color-scheme" in page
    linked = re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', page)
    assert not [place for place in linked if not (folder / place).is_file()]
    assert "left out: " in out
    assert str(Path("copy/explain/index.html")) in out
    events = EventAccumulator(str(folder))
    events.Reload()
    assert sorted(events.Tags()["images"]) == [f"explain/{name}" for name in pictures]
    assert (folder / "projector_config.pbtxt").is_file()


def test_only_one_and_anew(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "copy", "--only", "saliency"]) == 0
    assert main(["explain", "copy", "--only", "confusion,classification"]) == 0
    assert {path.stem for path in (copy / "explain").glob("*.png")} == {"confusion", "test_confusion"}
    assert "left out" not in capsys.readouterr().out


def test_one_example(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = []
    for number in ("7", "8"):
        assert main(["explain", "copy", "--example", number]) == 0
        drawn.append({path.stem: path.read_bytes() for path in (copy / "explain").glob("*.png")})
    assert drawn[0].keys() == {"saliency", "integrated_gradients"}
    assert drawn[0]["integrated_gradients"] != drawn[1]["integrated_gradients"]
    capsys.readouterr()
    assert "--example: expected a number from 1 to 30 in the test split, got 31" in refused(
        capsys, "copy", "--example", "31"
    )
    assert "--example: expected the number of an example" in refused(capsys, "copy", "--example", "x")


def test_the_run_stays_as_it_was(copy: Path) -> None:
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert main(["explain", "copy", "--only", "confusion"]) == 0
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("copy", "--only", "salincy"), "--only salincy: no such picture; did you mean 'saliency'?"),
        (("copy", "--only", "cam"), "--only cam: does not apply to this run: needs images and their classes"),
        (("copy", "--only", "cost"), "--only cost: measures numbers and draws no picture; choose from: activations"),
        (("copy", "--only", "full"), "--only full: no such picture"),
        ((), "dlx explain: expected the folder of one run, e.g. outputs/runs/"),
        (("copy", "copy"), "dlx explain: expected the folder of one run, got 2 folders"),
        (("nowhere",), "nowhere: there is no such folder"),
        ((".",), "is missing; expected the folder of a run"),
        (("copy", "--onyl", "cam"), "--onyl: no such flag; did you mean '--only'?"),
    ],
)
def test_bad_input(words: tuple[str, ...], expected: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in refused(capsys, *words)
    assert not (copy / "explain").exists()


@pytest.mark.parametrize(
    ("changed", "checkpoints", "expected"),
    [
        ({"status": "interrupted"}, False, "interrupted before its first checkpoint, so it has no trained network"),
        ({"status": "diverged"}, True, "copy: the run has diverged; expected a finished or an interrupted run"),
        ({"status": "failed"}, True, "copy: the run has failed"),
        ({"job": "parameter_count"}, False, "copy: is a measurement (parameter_count) and has no checkpoint"),
        ({}, False, "best.ckpt: is missing; a run that has trained leaves it"),
    ],
)
def test_runs_without_a_network(
    changed: dict[str, str], checkpoints: bool, expected: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = json.loads((copy / "summary.json").read_text())
    (copy / "summary.json").write_text(json.dumps(summary | changed))
    if not checkpoints:
        shutil.rmtree(copy / "checkpoints")
    assert expected in refused(capsys, "copy")


def test_without_the_test_split(tmp_path: Path) -> None:
    words = ("dataset=moons", "model=linear", "trainer.max_epochs=1", "trainer.test=false", "trainer.accelerator=cpu")
    run(compose_config(*words), tmp_path / "run", raises=True)
    assert main(["explain", "run", "--only", "decision_boundary"]) == 0
    assert "from the validation split" in (tmp_path / "run" / "explain" / "index.html").read_text()
