"""`dlx sweep status` and `dlx sweep retry`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from dlx.cli.completion import answer
from dlx.cli.main import main
from dlx.cli.sweep import failures
from dlx.results.runs import Run, read_runs
from dlx.run import training
from dlx.sweep.progress import RunShare
from dlx.sweep.state import Listed

TINY = (
    "trainer.max_epochs=1", "dataset.limit=64", "model.width=8", "trainer.accelerator=cpu", "hydra.sweep.dir=sweep",
)  # fmt: skip
Lines = Callable[..., list[str]]


def fails(*calls: int) -> Callable[..., Any]:
    """Return the evaluation, which raises one error while it handles another in the given calls."""
    number, evaluate = 0, training.evaluate_parts

    def called(*arguments: Any) -> Any:
        nonlocal number
        number += 1
        if number in calls:
            try:
                raise OSError("the disk is gone")
            except OSError as error:
                raise RuntimeError("cannot clean up") from error
        return evaluate(*arguments)

    return called


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Give `lines("status", code=1)`: what `dlx sweep` prints."""

    def command(*words: str, code: int = 0) -> list[str]:
        capsys.readouterr()
        assert main(["sweep", *words]) == code
        return capsys.readouterr().out.splitlines()

    return command


def change(folder: Path, **values: Any) -> None:
    """Change the summary of a run."""
    file = folder / "summary.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_one_cause_in_the_files_of_several_runs_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    full = "{0}/checkpoints/best.ckpt: cannot be written (No space left on device)"
    summaries = {name: {"status": "failed", "error": full.format(f"s/{name}")} for name in ("000-a", "001-b")}
    failures([Listed(Path("s", name), "", "failed", Run(Path("s", name), one)) for name, one in summaries.items()])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "failed (2): checkpoints/best.ckpt: cannot be written (No space left on device)"
    assert [line.split()[0] for line in shown[1:]] == ["s/000-a/dlx.log", "s/001-b/dlx.log"]


def test_status_and_retry(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(training, "evaluate_parts", fails(2, 3))
        assert main(["train", "-m", *TINY, "seed=0,1,2,3,4"]) == 1
    folders = [run.folder for run in read_runs([Path("sweep")])]
    change(folders[0], git="0123456789abcdef")
    change(folders[3], status="running")
    shutil.rmtree(folders[4])
    shown = lines("status", "sweep", code=1)
    assert shown[0] == "sweep sweep: 5 runs"
    assert [line.split() for line in shown[1:5]] == [["1", "finished"], ["2", "failed"], ["1", "killed"], ["1", "left"]]
    assert shown[5].startswith("failed (2): OSError: the disk is gone (")
    assert "test_sweep.py:" in shown[5]
    assert shown[6].split()[0] == f"sweep/{folders[1].name}/dlx.log"
    assert shown[6].split()[1] == "seed=1"
    assert shown[8].startswith("another version of the code (0123456789ab; this one is ")
    assert shown[8].endswith(f": sweep/{folders[0].name}")
    assert shown[9:] == ["next  dlx sweep retry sweep", "next  dlx resume sweep"]
    with FileLock("sweep/.lock"):  # as the process of the sweep holds it
        assert "     1  running" in lines("status", "sweep", code=1)

    trained: list[str] = []
    begin = RunShare.start
    monkeypatch.setattr(RunShare, "start", lambda share, *words: (trained.append(share.label), begin(share, *words)))
    lines("retry", "sweep")
    assert trained == ["seed=1", "seed=2"]
    assert lines("status", "sweep")[1:4] == ["     3  finished", "     1  killed", "     1  left"]
    assert lines("retry", "sweep") == ["sweep: no run has failed; there is nothing to train again"]


@pytest.mark.parametrize(
    "content", ["[]", "null", '{"runs": 5}', '{"runs": [5]}', '{"runs": [{"folder": 1, "identity": "a"}]}', "{"]
)
def test_a_broken_list_of_runs(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sweep.json").write_text(content)
    assert main(["sweep", "status", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"dlx: {tmp_path}/sweep.json: is broken (")


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["stats", "sweep"], "sweep stats: no such command; did you mean 'status'?"),
        (["status"], "dlx sweep status: expected the folder of a sweep, e.g. outputs/sweeps/<name>"),
        (["retry", "nowhere"], "nowhere: there is no sweep.json; expected the folder of a sweep"),
    ):
        assert main(["sweep", *words]) == 2
        assert capsys.readouterr().err == f"dlx: {said}\n"


def test_completion() -> None:
    Path("outputs/sweeps/one").mkdir(parents=True)
    Path("outputs/sweeps/one/sweep.json").write_text("{}")
    assert answer("zsh", "dlx sweep s") == ["status "]
    assert answer("zsh", "dlx sweep status outputs/sweeps/") == ["outputs/sweeps/one "]
