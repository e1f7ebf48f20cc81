"""The front: exit codes, and what is said when dlx itself is at fault."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from dlx.cli import main as front
from dlx.errors import ConfigError


def command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put a command `axes` in place that fails."""
    module = ModuleType("dlx.cli.axes")

    def main(arguments: list[str]) -> int:
        raise error

    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dlx.cli.axes", module)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("model: wrong"), 2, "dlx: model: wrong\n"),
        (KeyboardInterrupt(), 130, "dlx: interrupted\n"),
        (ZeroDivisionError("oh"), 1, "dlx: a bug in dlx: ZeroDivisionError: oh ("),
    ],
)
def test_exit_codes(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, error)
    assert front.main(["axes"]) == code
    text = capsys.readouterr().err
    assert text.startswith(said)
    assert text.count("\n") == 1
    assert "Traceback" not in text


@pytest.mark.parametrize(("error", "code"), [(ConfigError("wrong"), 2), (ZeroDivisionError("oh"), 1)])
def test_traceback_on_demand(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, error)
    assert front.main(["axes", "--traceback"]) == code
    text = capsys.readouterr().err
    assert "Traceback (most recent call last)" in text
    assert "test_main.py" in text
    assert text.splitlines()[-1].startswith("dlx: ")
