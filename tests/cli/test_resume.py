"""`dlx resume`: the numbers at the end are those of an uninterrupted run; a sweep repeats nothing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dlx.cli import resume
from dlx.cli.main import main
from dlx.errors import ConfigError
from dlx.run.run import run
from tests.conftest import compose_config

SMALL = ["model.width=8", "trainer.max_epochs=4", "trainer.accelerator=cpu", "dataset.limit=128"]


class InterruptsAfter:
    """A watcher that presses Ctrl-C after some epochs."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def start(self, epochs: int, resumed: int) -> None:
        """Begin."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Count an epoch."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)

    def end(self, summary: Mapping[str, Any]) -> None:
        """End."""


def summary(folder: Path) -> dict[str, Any]:
    """Read a summary."""
    return json.loads((folder / "summary.json").read_text())


def test_goes_on_to_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = compose_config(*SMALL)
    straight = run(config, tmp_path / "straight", raises=True)
    stopped = run(config, tmp_path / "stopped", watcher=InterruptsAfter(2), overrides=SMALL)
    assert stopped["status"] == "interrupted"
    assert 0 < stopped["epochs"] < 4
    assert main(["resume", "stopped"]) == 0
    assert summary(tmp_path / "stopped")["metrics"] == straight["metrics"]
    assert summary(tmp_path / "stopped")["overrides"] == SMALL
    capsys.readouterr()
    before = (tmp_path / "stopped" / "summary.json").read_bytes()
    assert main(["resume", "stopped"]) == 0
    assert "nothing to resume" in capsys.readouterr().out
    assert (tmp_path / "stopped" / "summary.json").read_bytes() == before


def test_all_folders_are_checked_before_the_first_is_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(compose_config(*SMALL), tmp_path / "run", watcher=InterruptsAfter(2), overrides=SMALL)
    assert main(["resume", "run", "gone"]) == 2
    assert "gone: there is no such folder" in capsys.readouterr().err
    assert summary(tmp_path / "run")["status"] == "interrupted"


@pytest.mark.parametrize("when", ["dlx.run.run.run", "dlx.config.hydra.composer.group_choices"])
def test_a_run_that_was_interrupted_before_it_began(
    when: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def interrupted(*words: object, **more: object) -> dict[str, Any]:
        asked.append(words)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return {}

    with monkeypatch.context() as patch:
        patch.setattr(when, interrupted)
        assert main(["train", *SMALL]) == 130
    (folder,) = (tmp_path / "outputs" / "runs").glob("*/*")
    assert f"next  dlx resume {folder.relative_to(tmp_path)}" in capsys.readouterr().out
    assert (summary(folder)["status"], summary(folder)["overrides"]) == ("interrupted", SMALL)
    assert main(["resume", str(folder)]) == 0
    assert summary(folder)["metrics"] == run(compose_config(*SMALL), tmp_path / "straight", raises=True)["metrics"]


def test_a_broken_checkpoint_is_refused_and_nothing_is_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(compose_config(*SMALL), tmp_path / "run", watcher=InterruptsAfter(2))
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:500])
    before = (tmp_path / "run" / "summary.json").read_bytes()
    assert main(["resume", "run"]) == 2
    assert "last.ckpt: expected a checkpoint of dlx" in capsys.readouterr().err
    assert (tmp_path / "run" / "summary.json").read_bytes() == before


def test_a_sweep_in_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", *SMALL, "seed=0,1,2", "hydra.sweep.dir=mine"]) == 0
    folder = tmp_path / "mine"
    runs = [Path(item["folder"]) for item in json.loads((folder / "sweep.json").read_text())["runs"]]
    before = [summary(place) for place in runs]
    kept = (runs[0] / "summary.json").stat().st_mtime_ns
    for file in sorted(runs[2].rglob("*"), reverse=True):  # never started
        file.unlink() if file.is_file() else file.rmdir()
    runs[2].rmdir()
    (runs[1] / "summary.json").write_text(json.dumps({**before[1], "status": "interrupted", "metrics": {}}))
    capsys.readouterr()
    assert main(["resume", "mine"]) == 0
    after = [summary(place) for place in runs]
    assert [item["metrics"] for item in after] == [item["metrics"] for item in before]
    assert (runs[0] / "summary.json").stat().st_mtime_ns == kept
    assert not (tmp_path / "outputs").exists()


def test_a_foreign_sweep_brings_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evil.py").write_text("from pathlib import Path\nPath('evil').touch()\n")
    folder = tmp_path / "sweep"
    folder.mkdir()
    for command, expected in (
        (["model._target_=os.system"], "'os.system' is not allowed here"),
        (["model._target_=evil.Evil"], "'evil.Evil' is not allowed here"),
        (["+hydra.callbacks.x._target_=os.system", "model.depht=2"], "did you mean 'depth'?"),
        (["hydra.launcher._target_=evil.Evil"], "hydra.launcher._target_ is not taken from a file"),
        (["hydra.searchpath=[pkg://evil]", "model.depht=2"], "did you mean 'depth'?"),
        ("rm -rf", "sweep.json: is broken (command: expected a list, got 'rm -rf')"),
        ([1], "sweep.json: is broken (command[0]: expected a text, got 1)"),
        (..., "does not record the command of the sweep"),
    ):
        (folder / "sweep.json").write_text(
            json.dumps({"runs": []} if command is ... else {"command": command, "runs": []})
        )
        assert main(["resume", "sweep"]) == 2
        assert expected in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_logger_that_sends_metrics_elsewhere_is_not_taken_from_a_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"sends metrics to a place outside.*dlx resume --admit {name} foreign"):
        resume.believed(Path("foreign"), f"logger=[csv,{name}]")
    assert resume.believed(Path("foreign"), "logger=[csv,tensorboard]")
