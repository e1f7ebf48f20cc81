"""Output that cannot be written never changes how a command ends."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlx.cli.streams import HANDLER, Lenient, harden, lenient, spelled

SAID = "0.5 ± 0.1 · é → “x” \u4eca"


def written(stream: io.TextIOBase, text: str) -> bool:
    """Write a text, flush it, and return whether the stream has lost anything."""
    stream.write(text)
    stream.flush()
    return stream.buffer.raw.lost is not None  # type: ignore[attr-defined]


def test_what_a_stream_cannot_take_is_dropped() -> None:
    full = lenient(None, os.open("/dev/full", os.O_WRONLY))
    assert written(full, "x" * 100_000)
    assert written(full, "more")
    reader, writer = os.pipe()
    os.close(reader)
    assert written(lenient(None, writer), "x" * 100_000)
    closed = os.open(os.devnull, os.O_WRONLY)
    os.close(closed)
    assert Lenient(closed).write(b"abc") == 3


def test_signs_that_ascii_lacks_are_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout), monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    harden()  # registers the handler
    assert SAID.encode("ascii", HANDLER) == b'0.5 +/- 0.1 - e -> "x" ?'
    assert "\udcff".encode("utf-8", HANDLER) == b"?"
    with pytest.raises(UnicodeDecodeError):
        spelled(UnicodeDecodeError("utf-8", b"x", 0, 1, "no"))


CASES = {"closed": ">&-", "full": ">/dev/full", "both full": ">/dev/full 2>&1", "closed pipe": "| head -c 1 >/dev/null"}


@pytest.mark.parametrize("ending", CASES.values(), ids=CASES)
def test_a_process_ends_as_it_would(ending: str) -> None:
    command = f"{sys.executable} -m dlx --help {ending}"
    code = f"({command}); exit ${{PIPESTATUS[0]}}"
    ascii_ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, env=ascii_)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
