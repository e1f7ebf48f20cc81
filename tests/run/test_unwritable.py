"""A full disk, a used-up quota, a read-only or vanished folder: the run fails with its cause, and nothing is lost."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.config.hydra import session as hydra_session
from dlx.files import write_failure, write_whole
from dlx.results.log import Log
from dlx.results.runs import read_run
from dlx.run.run import run

Compose = Callable[..., dict[str, Any]]
TINY = ("trainer.max_epochs=2", "dataset.limit=64", "model.width=8", "trainer.accelerator=cpu")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to write more than so many bytes into a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_that_does_not_fit(config: Compose, tmp_path: Path, capfd: Any) -> None:
    composed, folder = config(*TINY, "model.width=200"), tmp_path / "run"
    with files_of_at_most(30_000):
        summary = run(composed, folder)
    assert summary["status"] == "failed"
    assert "cannot be written (File too large); raise the limit on the size of a file (ulimit -f)" in summary["error"]
    assert not list(folder.rglob("*.partial"))
    found = read_run(folder)
    assert found is not None
    assert (found.status, found.summary["error"]) == ("failed", summary["error"])
    assert "Traceback" not in capfd.readouterr().err + (folder / "dlx.log").read_text()
    assert run(composed, folder, raises=True)["status"] == "finished"


@pytest.mark.parametrize("launcher", [(), ("hydra/launcher=pool", "hydra.launcher.n_jobs=1")], ids=["", "pool"])
def test_the_rest_of_a_sweep_goes_on(
    launcher: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """The disk is full for all files of run 0 from its first checkpoint on, and the quota for one of run 1."""
    words = ["train", "-m", *TINY, *launcher, "hydra.sweep.dir=sweep", "seed=0,1,2"]
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        if "sweep/000-" in name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if "sweep/001-" in name and "best.ckpt" in name:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        assert main(words) == 1
    shown = capfd.readouterr()
    assert "2 failed" in shown.out
    assert "1 finished" in shown.out
    assert "last.ckpt: cannot be written" in shown.out or "best.ckpt: cannot be written" in shown.out
    assert "(No space left on device); free some space, and give the same command again" in shown.out
    assert "(Disk quota exceeded)" in shown.out
    assert "Traceback" not in shown.out + shown.err
    assert not list(Path("sweep").rglob("*.partial"))
    found = [read_run(folder) for folder in sorted(Path("sweep").glob("00*"))]
    assert [each and each.status for each in found] == ["running", "failed", "finished"]  # run 0 could not say it
    monkeypatch.setattr(hydra_session, "current", hydra_session.Caller())
    assert main(words) == 0
    assert "reused 1 of 3 runs" in capfd.readouterr().out
    assert not list(Path("sweep").rglob("*.partial"))


def test_a_folder_that_has_vanished_is_not_made_again(config: Compose, tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def vanishes() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return False

    summary = run(config(*TINY), folder, interrupted=vanishes)
    assert summary["status"] == "failed"
    assert "(No such file or directory); the folder of the run has vanished: bring it back" in summary["error"]
    assert not folder.exists()


def test_the_file_of_a_sweep_cannot_be_written(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refuse)
    assert main(["train", "-m", *TINY, "hydra.sweep.dir=sweep", "seed=0,1"]) == 1
    assert capsys.readouterr().err == (
        "dlx: sweep/sweep.json: cannot be written (Read-only file system); make the folder writable, or choose another "
        "one, and give the same command again\n"
    )


def test_what_is_no_failure_to_write(tmp_path: Path) -> None:
    assert write_failure(ValueError("no")) is None
    assert write_failure(FileNotFoundError(errno.ENOENT, "no", "/data/table.csv"), tmp_path) is None
    assert write_failure(PermissionError(errno.EACCES, "no", "/data/table.csv"), tmp_path) is None
    assert write_failure(FileNotFoundError(errno.ENOENT, "no", "table.csv")) is None
    assert write_failure(OSError(errno.ECONNREFUSED, "no")) is None
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(tmp_path / "a", lambda partial: tmp_path.write_text("a"))
    assert caught.value.filename == str(tmp_path / "a")


def test_a_line_of_the_log_that_cannot_be_written_is_left_out(tmp_path: Path, capfd: Any) -> None:
    log = Log(tmp_path / "missing" / "dlx.log")
    log("a line")
    (tmp_path / "dlx.log").symlink_to("/dev/full")
    Log(tmp_path / "dlx.log")("a line")
    with files_of_at_most(3):
        Log(tmp_path / "short.log")("a line")
    assert (tmp_path / "short.log").stat().st_size <= 3
    assert not capfd.readouterr().err
