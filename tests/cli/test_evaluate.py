"""`dlx evaluate`: the same metrics to the last bit, and nothing of a foreign folder is executed."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.cli.main import main
from dlx.run.run import run
from tests.conftest import compose_config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run whose best epoch is not the last one."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    config = compose_config(
        "model.width=16", "optim.lr=0.05", "trainer.max_epochs=6", "trainer.accelerator=cpu", "dataset.limit=200"
    )
    assert run(config, folder, raises=True)["status"] == "finished"
    return folder


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be spoilt."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def edit(file: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON file."""
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Type a command that is refused in one line."""
    assert main(list(words)) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


def test_equal_to_the_last_bit(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(trained)]) == 0
    text = capsys.readouterr().out
    assert "match the saved summary exactly" in text
    summary = json.loads((trained / "summary.json").read_text())
    for name in ("test/accuracy", "test/loss", "val/loss", "train/loss"):
        assert f"{summary['metrics'][name]!r}" in text


@pytest.mark.parametrize("weights", ["best", "last"])
def test_weights_of_the_run(weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = compose_config(
        "model=lstm",
        "model.width=4",
        "optim.lr=0.05",
        "trainer.max_epochs=4",
        "trainer.accelerator=cpu",
        "trainer.precision=64-true",
        f"trainer.test_weights={weights}",
    )
    run(config, tmp_path / "run", raises=True)
    assert main(["evaluate", "run"]) == 0
    assert "match the saved summary exactly" in capsys.readouterr().out


def test_a_difference_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(summary: Any) -> None:
        summary["metrics"]["test/loss"] += 1e-15
        summary["versions"]["torch"] = "1.0"
        summary["data_hash"] = "0123"

    edit(copy / "summary.json", change)
    assert main(["evaluate", "copy"]) == 1
    text = capsys.readouterr().out
    assert "metrics differ from the summary: test/loss" in text
    assert "the run's was 1.0" in text
    assert "the data differ" in text


class Evil:
    """Whoever unpickles this makes the file `evil`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("evil",)


def checkpoint_with(value: Any) -> Callable[[Path], None]:
    """Return a writer of a torch file."""
    return lambda path: torch.save(value, path)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda path: path.unlink(), "best.ckpt: is missing"),
        (lambda path: path.write_bytes(b""), "expected a checkpoint of dlx, but it cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "expected a checkpoint of dlx"),
        (lambda path: path.write_bytes(bytes(reversed(path.read_bytes()))), "expected a checkpoint of dlx"),
        (lambda path: path.write_text("weights"), "expected a checkpoint of dlx"),
        (lambda path: path.write_bytes(pickle.dumps(Evil())), "expected a checkpoint of dlx"),
        (checkpoint_with(Evil()), "expected a checkpoint of dlx"),
        (checkpoint_with({"state_dict": {"network.output.weight": Evil()}}), "expected a checkpoint of dlx"),
        (checkpoint_with([1, 2]), "expected a checkpoint of dlx"),
        (checkpoint_with({"state_dict": {}}), "holds the weights of another network"),
        (checkpoint_with({"state_dict": {"network.output.weight": torch.ones(1)}}), "weights of another network"),
    ],
)
def test_a_broken_checkpoint(
    spoil: Callable[[Path], None], expected: str, copy: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (copy / "checkpoints" / "last.ckpt").unlink()  # which holds the best weights too
    spoil(copy / "checkpoints" / "best.ckpt")
    assert expected in refused(capsys, "evaluate", "copy")
    assert not (tmp_path / "evil").exists()


def target(path: str, value: Any) -> Callable[[Any], None]:
    """Return a change of `full_config` in identity.json."""

    def change(identity: Any) -> None:
        node = identity["full_config"]
        *parents, key = path.split(".")
        for parent in parents:
            node = node[parent]
        node[key] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("model", {"_target_": "os.mkdir", "path": "evil"}, "'os.mkdir' is not allowed here"),
        ("optimizer._target_", "os.mkdir", "'os.mkdir' is not allowed here"),
        ("dataset", {"_target_": "evil.Data"}, "'evil.Data' is not allowed here"),
        ("regularizer", {"x": {"_target_": "subprocess.Popen", "args": ["touch", "evil"]}}, "is not allowed here"),
        ("diagnostics", {"x": {"_target_": "builtins.open", "file": "evil", "mode": "w"}}, "is not allowed here"),
        ("activation._target_", "evil.Activation", "'evil.Activation' is not allowed here"),
        ("model.depth", -3, "model.depth: expected int > 0, got -3"),
        ("model.depht", 3, "no such key of MLP"),
        ("model", "mlp", "model: expected a mapping"),
        ("trainer", {}, "identity.json"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "resume"])
def test_a_foreign_configuration(
    command: str, path: str, value: Any, expected: str, copy: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text("from pathlib import Path\nPath('evil').touch()\n")
    edit(copy / "identity.json", target(path, value))
    edit(copy / "summary.json", lambda summary: summary.update(status="interrupted"))
    before = (copy / "summary.json").read_bytes()
    message = refused(capsys, command, "copy")
    assert expected in message
    assert "identity.json" in message
    assert not (tmp_path / "evil").exists()
    assert (copy / "summary.json").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("identity.json", "{", "identity.json: is broken"),
        ("identity.json", "[]", "identity.json: is broken"),
        ("identity.json", '{"full_config": 3}', "identity.json: is broken"),
        ("identity.json", '{"full_config": {}}', "identity.json"),
        ("summary.json", "{", "summary.json: is broken"),
        ("summary.json", '{"status": "failed"}', "the run has failed"),
        ("summary.json", '{"status": "finished", "job": "cost"}', "is a measurement (cost)"),
    ],
)
def test_a_broken_folder(file: str, text: str, expected: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / file).write_text(text)
    assert expected in refused(capsys, "evaluate", "copy")


def test_an_interrupted_run_has_nothing_to_compare_with(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(copy / "summary.json", lambda summary: summary.update(status="interrupted", metrics={}))
    assert main(["evaluate", "copy"]) == 0
    assert "no final metrics to compare with" in capsys.readouterr().out
