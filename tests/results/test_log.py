"""The log of a run: a date on each line, warnings noted and still shown, nothing kept open."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import pytest

from dlx.results.log import Log


def test_each_line_has_its_time_and_no_file_stays_open(tmp_path: Path) -> None:
    log = Log(tmp_path / "dlx.log")
    assert not (tmp_path / "dlx.log").exists()  # a run may still be refused
    log("one\ntwo 100 %\n")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    log("three")
    assert (len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0) == before
    lines = (tmp_path / "dlx.log").read_text().splitlines()
    assert [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", "", line) for line in lines] == ["one", "two 100 %", "three"]
    (tmp_path / "dlx.log").unlink()  # what an earlier run left is removed: the next line makes a new file
    log("four")
    assert (tmp_path / "dlx.log").read_text().endswith(" four\n")


def test_a_warning_is_noted_and_still_shown(tmp_path: Path) -> None:
    log = Log(tmp_path / "dlx.log")
    with pytest.warns(UserWarning, match="careful"), log.warnings():
        warnings.warn("careful", stacklevel=1)
    assert re.search(r"UserWarning: careful \(.*test_log\.py:\d+\)", (tmp_path / "dlx.log").read_text())
