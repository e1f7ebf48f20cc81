"""Earlier runs that a sweep may reuse: by identity, the latest that has ended first, and read only when needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlx.results import runs
from dlx.stored.read import BrokenFileError
from dlx.sweep.former import FormerRuns


def write(folder: Path, identity: str, status: str) -> Path:
    folder.mkdir(parents=True)
    summary = {"identity": identity, "status": status, "config": {"model": "mlp", "dataset": "iris"}}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_latest_run_that_has_ended_comes_before_one_to_resume(tmp_path: Path) -> None:
    write(tmp_path / "outputs/sweeps/a/000-one", "one", "interrupted")
    write(tmp_path / "outputs/sweeps/b/000-one", "one", "finished")
    last = write(tmp_path / "outputs/sweeps/c/000-one", "one", "diverged")
    resumed = write(tmp_path / "outputs/sweeps/a/001-two", "two", "running")
    write(tmp_path / "outputs/sweeps/b/001-two", "two", "interrupted")
    write(tmp_path / "outputs/sweeps/a/002-three", "three", "failed")

    former = FormerRuns(tmp_path / "outputs/sweeps/d")

    assert former.get("one") == runs.read_run(last)
    assert former.get("two") == runs.read_run(resumed)
    assert former.get("three") is None, "a failed run is trained again"
    assert former.get("four") is None


def test_a_sweep_elsewhere_finds_its_own_runs_and_those_below_outputs(tmp_path: Path) -> None:
    write(tmp_path / "outputs/runs/one", "one", "finished")
    own = write(tmp_path / "elsewhere/000-one", "one", "finished")
    assert FormerRuns(tmp_path / "elsewhere").get("one") == runs.read_run(own)


def test_only_runs_that_are_asked_for_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        write(tmp_path / "outputs/runs" / name, name, "finished")
    read = []
    monkeypatch.setattr("dlx.sweep.former.read_run", lambda place: read.append(place.name) or runs.read_run(place))
    former = FormerRuns(tmp_path / "outputs/sweeps/d")
    former.get("two"), former.get("two"), former.get("nine")
    assert read == ["two"]


@pytest.mark.parametrize("content", ["", "[1]", "{}", '{"identity": 5, "status": "finished"}', "[" * 5000, '{"a": 1e'])
def test_a_broken_summary_is_named_and_passed_over(tmp_path: Path, content: str) -> None:
    write(tmp_path / "outputs/runs/one", "one", "finished")
    (write(tmp_path / "outputs/runs/two", "two", "finished") / "summary.json").write_text(content)
    broken: list[BrokenFileError] = []
    former = FormerRuns(tmp_path / "outputs/sweeps/d", broken.append)
    assert [error.path.parent.name for error in broken] == ["two"]
    assert former.get("one") is not None


def test_a_summary_that_turns_out_broken_makes_way_for_the_next(tmp_path: Path) -> None:
    kept = write(tmp_path / "outputs/sweeps/a/000-one", "one", "finished")
    worse = write(tmp_path / "outputs/sweeps/b/000-one", "one", "finished")
    (worse / "summary.json").write_text('{"identity": "one", "status": "finished", "metrics": [1]}')
    broken: list[BrokenFileError] = []
    former = FormerRuns(tmp_path / "outputs/sweeps/d", broken.append)
    assert former.get("one") == runs.read_run(kept)
    assert [error.path.parent for error in broken] == [worse]
