"""A finished run that goes on for more epochs equals one that was asked for all of them, to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from tests.conftest import compose_config
from tests.run.test_resume import After, left_behind, same

SMALL = ("dataset.limit=64", "dataset.batch_size=32", "model.width=4", "model.depth=2", "trainer.accelerator=cpu")


def trained(folder: Path, epochs: int, *words: str, **more: Any) -> dict[str, Any]:
    """Train a small run in a folder and return its summary."""
    overrides = [*SMALL, *words, f"trainer.max_epochs={epochs}"]
    return dict(run(compose_config(*overrides), folder, overrides=overrides, raises=True, **more))


@pytest.mark.parametrize(
    "words",
    [
        ("optimizer.lr=0.3", "regularizer=[dropout,early_stopping]", "scheduler=step", "scheduler.step_size=2"),
        ("callbacks=learning_rate_monitor", "optimizer=sgd", "optimizer.momentum=0.9"),  # the ordinary path
    ],
    ids=["quick", "ordinary"],
)
def test_equals_the_run_that_was_asked_for_at_once(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert trained(whole, 5, *words)["status"] == "finished"
    trained(parts, 2, *words)
    assert main(["resume", str(parts), "trainer.max_epochs=5"]) == 0, capsys.readouterr().err
    a, b = left_behind(whole), left_behind(parts)
    for what in a:
        assert same(a[what], b[what]), what
    one, other = (json.loads((folder / "identity.json").read_text()) for folder in (whole, parts))
    assert {**one, "launcher": ""} == {**other, "launcher": ""}


def test_a_longer_run_that_is_interrupted_goes_on(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(whole, 4)
    trained(parts, 3, interrupted=After(4))
    from dlx.run.longer import lengthened

    config = lengthened(parts, 4)
    assert run(config, parts, resume=True, raises=True, interrupted=After(3))["status"] == "interrupted"
    assert main(["resume", str(parts)]) == 0
    a, b = left_behind(whole), left_behind(parts)
    assert all(same(a[what], b[what]) for what in a)


EPOCHS = "trainer.max_epochs=3"


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (
            (),
            {
                "trainer.max_epochs=2": "was asked for 2 epochs; expected more",
                "trainer.max_epochs=x": "expected a whole number of epochs",
                "model.width=8": "model.width: cannot change when a run goes on",
            },
        ),
        (("scheduler=cosine",), {EPOCHS: "scheduler=cosine: its learning rates depend on"}),
        (("callbacks=ema",), {EPOCHS: "callbacks=ema: changes the weights when a run ends"}),
        (("trainer.max_steps=1",), {EPOCHS: "trainer.max_steps=1 ended it after epoch 1"}),
        (("model=naive_bayes", "~model.width", "~model.depth"), {EPOCHS: "has taken no training step"}),
    ],
    ids=lambda given: next(iter(given), "plain"),
)
def test_what_cannot_go_on_is_refused_and_stays(
    words: tuple[str, ...], refused: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    without = [word.removeprefix("~") for word in words if word.startswith("~")]
    chosen = [word for word in SMALL if word.partition("=")[0] not in without]
    overrides = [*chosen, *(word for word in words if not word.startswith("~")), "trainer.max_epochs=2"]
    run(compose_config(*overrides), folder, overrides=overrides, raises=True)
    before = {file.name: file.read_bytes() for file in folder.glob("*.json")}
    for asked, said in refused.items():
        capsys.readouterr()
        assert main(["resume", str(folder), asked]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
        assert {file.name: file.read_bytes() for file in folder.glob("*.json")} == before


def test_early_stopping_that_had_ended_the_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("regularizer=early_stopping", "regularizer.early_stopping.patience=0", "optimizer.lr=1")
    epochs = trained(tmp_path, 30, *words)["epochs"]
    assert epochs < 30
    assert main(["resume", str(tmp_path), "trainer.max_epochs=40"]) == 2
    assert f"regularizer=early_stopping ended it after epoch {epochs}" in capsys.readouterr().err


def test_a_run_of_a_sweep_one_with_a_link_and_one_without_a_checkpoint_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "sweep" / "run"
    trained(folder, 1)
    (folder.parent / "sweep.json").write_text(json.dumps({"command": ["model.width=4"], "runs": []}))
    assert main(["resume", str(folder), "trainer.max_epochs=3"]) == 2
    assert "belongs to a sweep" in capsys.readouterr().err
    (folder.parent / "sweep.json").unlink()
    before = (folder / "summary.json").read_bytes()
    (folder / "link").symlink_to(tmp_path)
    assert main(["resume", str(folder), "trainer.max_epochs=3"]) == 2
    assert "link: is a link, and nothing is written through links" in capsys.readouterr().err
    assert (folder / "summary.json").read_bytes() == before
    (folder / "link").unlink()
    assert load_checkpoint(folder / "checkpoints" / "last.ckpt") is not None
    for file in folder.glob("checkpoints/*"):
        file.unlink()
    assert main(["resume", str(folder), "trainer.max_epochs=3"]) == 2
    assert "last.ckpt: is missing" in capsys.readouterr().err
