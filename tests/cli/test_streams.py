"""Output that cannot be written never changes how a command ends."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from dlx import paths
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


@pytest.mark.parametrize("ending", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_processes_that_it_starts_have_streams(ending: str) -> None:
    code = "import subprocess; from dlx.cli.streams import harden; harden(); "
    code += "raise SystemExit(subprocess.call(['sh', '-c', 'echo a && echo b >&2']))"
    done = subprocess.run(["bash", "-c", f'{sys.executable} -c "{code}" {ending}'], check=False)
    assert done.returncode == 0


# A sample of benchmarks/streams.py, which runs every command.
SAMPLE = ("--help", "bad command", "train", "train, bad key", "study show", "show RUN", "report", "completion bash")
KINDS = ("ascii", "out closed", "out full", "out | true", "err full", "all closed")


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the module benchmarks/streams.py, and what its forked commands import."""
    import dlx.run.run
    import dlx.sweep.start  # noqa: F401

    spec = importlib.util.spec_from_file_location("streams", paths.PACKAGE.parent / "benchmarks" / "streams.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "streams", module)
    spec.loader.exec_module(module)
    return module


def test_commands_end_as_with_whole_streams(breaking: ModuleType) -> None:
    commands = {name: breaking.COMMANDS[name].replace("whole", "digits") for name in SAMPLE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in a process of its own, where they are no errors
        found = list(
            breaking.try_all(commands, {kind: breaking.BROKEN[kind] for kind in KINDS}, lines=breaking.PREPARED[:1])
        )
    assert [whole.code for _, whole, _ in found] == [0, 2, 0, 2, 0, 0, 0, 0]
    for name, whole, faults in found:
        assert whole.printed[whole.code > 0], name
        assert not any(faults.values()), f"{name}: {faults}"
