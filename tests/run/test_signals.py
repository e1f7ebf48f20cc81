"""Signals at every place of a run: what ends at once, what is saved first, and what a launcher of a cluster is told."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dlx.run import signals as module
from dlx.run.record import end_if_possible
from dlx.run.run import run
from dlx.run.signals import AtOnce, Interrupter, Signals
from dlx.step.step import total_penalty
from dlx.stored.run import read_summary

TINY = (
    "trainer.max_epochs=3", "dataset.limit=64", "dataset.batch_size=16", "model.width=8", "trainer.accelerator=cpu",
    "regularizer=dropout",
)  # fmt: skip
Config = Callable[..., dict[str, Any]]


def sends(number: int, at: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, whose n-th call begins with a signal to this process."""
    calls = 0

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), number)
        return function(*arguments, **named)

    return called


@pytest.mark.parametrize(
    ("place", "number", "words", "epochs"),
    [
        ("dlx.run.training.layer_table", signal.SIGHUP, TINY, 0),
        ("dlx.training.epoch.predict", signal.SIGTERM, TINY, 0),  # the first validation
        ("dlx.run.training.evaluate_parts", signal.SIGHUP, TINY, 3),
        ("dlx.run.training.settle", signal.SIGTERM, ("model=pca", "dataset=digits", "dataset.limit=64"), 0),
        ("dlx.run.folds.evaluate_parts", signal.SIGTERM, (*TINY, "dataset.fold=all", "dataset.folds=2"), 0),
    ],
)
def test_what_a_resumed_run_repeats_ends_at_once(
    place: str, number: int, words: tuple[str, ...], epochs: int, config: Config, tmp_path: Path
) -> None:
    composed = config(*words)
    name, _, attribute = place.rpartition(".")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, sends(number, 1, getattr(sys.modules[name], attribute)))
        patch.setattr("dlx.run.signals.leave_terminal", lambda: None)
        interrupted = run(composed, tmp_path / "run")
    assert (interrupted["status"], interrupted["epochs"]) == ("interrupted", epochs)
    resumed, straight = run(composed, tmp_path / "run", resume=True), run(composed, tmp_path / "straight")
    assert resumed["status"] == "finished"
    for key in ("metrics", "baseline", "best", "epochs", "steps", "notes"):
        assert resumed[key] == straight[key]
    if resumed["epochs"]:
        assert rows(tmp_path / "run") == rows(tmp_path / "straight")


def status(folder: Path) -> str:
    found = read_summary(folder)
    assert found is not None
    return str(found["status"])


def rows(folder: Path) -> str:
    return (folder / "metrics.csv").read_text()


def test_a_signal_that_comes_too_late_still_counts(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlx.run.run.end_if_possible", sends(signal.SIGTERM, 1, end_if_possible))
    with pytest.raises(KeyboardInterrupt):
        run(config(*TINY), tmp_path)
    assert status(tmp_path) == "finished"


def test_a_launcher_queues_the_job_again_after_its_state_is_saved(config: Config, tmp_path: Path) -> None:
    """At the time limit; twice, and the numbers are those of an uninterrupted run."""
    composed, queued = config(*TINY), []

    def queue_again(number: int, frame: Any) -> None:  # as submitit does
        queued.append(status(tmp_path / "run"))
        sys.exit(-1)

    before = signal.signal(signal.SIGUSR2, queue_again)
    try:
        for at in (2, 6):  # in the middle of an epoch, and in the next one
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("dlx.training.task.total_penalty", sends(signal.SIGUSR2, at, total_penalty))
                with pytest.raises(SystemExit):
                    run(composed, tmp_path / "run", resume=True)
        assert signal.getsignal(signal.SIGUSR2) is queue_again
        assert queued == ["interrupted"] * 2
        resumed = run(composed, tmp_path / "run", resume=True)
    finally:
        signal.signal(signal.SIGUSR2, before)
    straight = run(composed, tmp_path / "straight")
    assert resumed["status"] == "finished"
    assert resumed["metrics"] == straight["metrics"]
    assert rows(tmp_path / "run") == rows(tmp_path / "straight")


def test_the_exit_of_a_launcher_passes(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(*arguments: Any) -> None:
        raise SystemExit(144)

    with monkeypatch.context() as patch:
        patch.setattr("dlx.run.training.evaluate_parts", limit)
        with pytest.raises(SystemExit):
            run(config(*TINY), tmp_path)
    assert status(tmp_path) == "interrupted"
    assert run(config(*TINY), tmp_path, resume=True)["status"] == "finished"


def test_nohup_and_workers() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals().installed():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    patient = Signals(signal.SIGTERM, patient=True)
    with patient.installed():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        assert patient()
    nested = Signals()
    with nested.installed(), nested.immediate():
        with nested.immediate():
            pass
        with pytest.raises(AtOnce):
            os.kill(os.getpid(), signal.SIGTERM)


class Left(BaseException):
    """The process has ended."""


def test_an_interrupter_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Left

    fake = SimpleNamespace(**{**vars(os), "_exit": leave, "write": lambda *_: 0})
    monkeypatch.setattr(module, "os", fake)
    interrupter = Interrupter()
    with pytest.raises(KeyboardInterrupt):
        interrupter._receive(signal.SIGTERM, sys._getframe())
    with pytest.raises(Left):  # the second one
        interrupter._receive(signal.SIGTERM, sys._getframe())
    late = Interrupter()
    late.ending = True
    with pytest.raises(Left):
        late._receive(signal.SIGTERM, None)
    importing = SimpleNamespace(f_code=SimpleNamespace(co_filename="<frozen importlib._bootstrap>"), f_back=None)
    with pytest.raises(Left):
        Interrupter()._receive(signal.SIGTERM, SimpleNamespace(f_code=sys._getframe().f_code, f_back=importing))  # type: ignore[arg-type]
    assert codes == [130] * 3
