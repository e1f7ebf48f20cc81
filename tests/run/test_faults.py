"""A few of the kills of benchmarks/faults.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dlx import paths


def test_killed_and_resumed_until_it_is_complete(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, paths.PACKAGE.parent / "benchmarks" / "faults.py", "--kills", "2", "--cases", "recurrent"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2].split()[3] == "2"
