"""Files in the current folder that are called like modules: no process of dlx executes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dlx import paths
from dlx.cli import board
from dlx.cli.main import main
from dlx.training import distributed

NAMES = ("tensorboard", "torch", "dlx", "yaml", "random", "joblib", "hydra", "calendar", "sitecustomize")
TRAP = "from pathlib import Path\nPath(r'{}').write_text(__file__)\n"


class CaughtError(Exception):
    """A process was about to be started."""


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of modules that betray themselves, and return the file in which they do."""
    here, marker = tmp_path / "here", tmp_path / "MARKER"
    (here / "hydra_plugins").mkdir(parents=True)
    for name in (*NAMES, "hydra_plugins/trap"):
        (here / f"{name}.py").write_text(TRAP.format(marker))
    (here / "trap.dist-info").mkdir()
    (here / "trap.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: trap\nVersion: 1\n")
    (here / "trap.dist-info" / "entry_points.txt").write_text("[tensorboard_plugins]\ntrap = random:Trap\n")
    monkeypatch.chdir(here)
    return marker


def caught(monkeypatch: pytest.MonkeyPatch, module: str) -> list[list[str]]:
    """Keep `subprocess.Popen` of a module from starting anything, and return the list of what it was asked for."""
    commands: list[list[str]] = []

    def popen(command: Sequence[str], **keys: Any) -> None:
        commands.append(list(command))
        raise CaughtError

    monkeypatch.setattr(f"{module}.subprocess.Popen", popen)
    return commands


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(list(command), capture_output=True, text=True, timeout=120, check=False)


def test_a_trap_betrays_itself(marker: Path) -> None:
    run([sys.executable, "-m", "calendar"])
    assert marker.exists()


def test_board(marker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "events.out.tfevents.1").touch()
    with monkeypatch.context() as patch:
        commands = caught(patch, "dlx.cli.board")
        with pytest.raises(CaughtError):
            board.main(["."])
    (command,) = commands
    done = run([*command[: command.index("--host")], "--version_tb"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().count(".") == 2
    assert not marker.exists()


def test_further_processes_of_ddp(marker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        commands = caught(patch, "dlx.training.distributed")
        with pytest.raises(CaughtError), distributed.further_ranks(tmp_path / "run", 2, False):
            pass
    (command,) = commands
    assert command[:2] == [sys.executable, "-P"]
    code = command[3].replace("main()", "print(main.__module__)")
    done = run([*command[:3], code])
    assert done.stdout.strip() == "dlx.training.distributed", done.stderr
    assert not marker.exists()


def test_python_m_dlx(marker: Path) -> None:
    """Python itself looks for `dlx` in the current folder first; what dlx imports then is not found there."""
    (Path.cwd() / "dlx.py").unlink()
    done = run([sys.executable, "-m", "dlx", "train", "model=none"])
    assert (done.returncode, "no such model" in done.stderr) == (2, True), done.stderr
    assert not marker.exists()


def test_processes_of_launchers(marker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    main(["axes"])
    assert os.environ["PYTHONSAFEPATH"] == "1"
    run([sys.executable, "-c", "import calendar"])
    run([sys.executable, "-m", "calendar"])
    assert not marker.exists()


def test_what_is_admitted_stays_importable_last_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("Mine = 3\n")
    (tmp_path / "random.py").write_text("raise SystemExit(1)\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", *sys.path])
    assert paths.module_path().index(str(tmp_path)) == len(paths.module_path()) - 1
    done = run(paths.python("import random, mine; print(mine.Mine)"))
    assert done.stdout.strip() == "3", done.stderr
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place not in ("", str(tmp_path))])
    assert "No module named 'mine'" in run(paths.python("import mine")).stderr
