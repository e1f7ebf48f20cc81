"""The ledger of looks at test splits: it counts below outputs/ only, from several processes, and never ends a run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dlx.results.looks import look, looks_lines
from dlx.stored.looks import NAME, read_test_looks


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty outputs/ in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs" / "run").mkdir(parents=True)
    return tmp_path / "outputs"


def test_looks_at_each_data_set_are_counted_also_at_the_same_time(outputs: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: look(outputs / "run", "iris", f"hash{number % 2}"), range(20)))
    found = read_test_looks(outputs)
    assert {key: each["looks"] for key, each in found.items()} == {"hash0": 10, "hash1": 10}
    (line,) = looks_lines([{"data_hash": "hash1"}, {"data_hash": "hash1"}, {"data_hash": None}])
    assert line.startswith("the test split of dataset=iris has been looked at 10 times since ")


def test_one_look_is_not_worth_a_line(outputs: Path) -> None:
    look(outputs / "run", "iris", "hash")
    assert looks_lines([{"data_hash": "hash"}]) == []


def test_runs_elsewhere_are_not_counted(outputs: Path, tmp_path: Path) -> None:
    look(tmp_path / "elsewhere", "iris", "hash")
    assert read_test_looks(outputs) == {}


def test_a_broken_ledger_is_named_and_left(outputs: Path) -> None:
    (outputs / NAME).write_text("{")
    look(outputs / "run", "iris", "hash")
    assert (outputs / NAME).read_text() == "{"
    (line,) = looks_lines([{"data_hash": "hash"}])
    assert "is broken" in line
    assert "remove it" in line
