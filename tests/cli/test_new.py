"""`dlx new` writes options that work as they are, and writes over nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlx import paths
from dlx.cli.completion import candidates
from dlx.cli.main import main
from dlx.cli.new import groups
from dlx.config import catalog, gate, own


@pytest.fixture(autouse=True)
def stranger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave no module of a test behind."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("mine", "test_mine"):
        sys.modules.pop(name, None)


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("group", [group for group in groups() if group != "study"])
def test_the_test_that_it_writes_passes(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", group, "mine"]) == 0
    printed = capsys.readouterr().out
    assert files(tmp_path) == {"mine.py", f"conf/{group}/mine.yaml", "test_mine.py"}
    assert all(f"new   {file}\n" in printed for file in files(tmp_path))
    assert "next  pytest test_mine.py\n" in printed
    assert "--admit mine\n" in printed
    assert not [line for line in (tmp_path / "mine.py").read_text().splitlines() if len(line) > 120 or "$" in line]
    sys.path.append(str(tmp_path))
    which = "test" if group == "model" else "not dlx"  # one of them trains
    assert pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", which, "test_mine.py"]) == 0
    monkeypatch.setenv(own.ADMIT, "mine")
    for path, node in catalog.parts(catalog.read(group, "mine")):
        assert gate.choice(node, path).target == "mine.Mine"
    capsys.readouterr()
    assert main(["axes", f"{group}=mine"]) == 0
    assert f"{group}=mine: mine: " in capsys.readouterr().out


def test_a_study_is_read_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "study", "mine"]) == 0
    assert files(tmp_path) == {"experiments/mine.yaml"}
    capsys.readouterr()
    assert main(["study", "show", "mine"]) == 0
    assert "A hidden layer separates two moons" in capsys.readouterr().out


def test_it_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("mine.py", "conf/model/mine.yaml", "test_mine.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("# kept\n")
        assert main(["new", "model", "mine"]) == 2
        assert files(tmp_path) == {place}
        assert (tmp_path / place).read_text() == "# kept\n"
        (tmp_path / place).unlink()
        capsys.readouterr()
    (tmp_path / "mine.py").symlink_to(tmp_path / "elsewhere.py")
    assert main(["new", "model", "mine"]) == 2
    assert not files(tmp_path)
    assert "mine.py: exists" in capsys.readouterr().err


def test_not_among_the_options_of_dlx(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(paths.PACKAGE.parent)
    assert main(["new", "model", "mine"]) == 2
    assert "belongs to dlx itself" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["model", "../evil"], "letters, digits and _"),
        (["model", "a/b"], "letters, digits and _"),
        (["model", "3d"], "letters, digits and _"),
        (["model", "_mine"], "letters, digits and _"),
        (["model", ""], "letters, digits and _"),
        (["model", "class"], "a word of Python"),
        (["model", "print"], "a word of Python"),
        (["model", "mlp"], "model=mlp exists"),
        (["study", "he_30_layers"], "experiment=he_30_layers exists"),
        (["model", "torch"], "a module of this name is installed"),
        (["model", "json"], "a module of this name is installed"),
        (["modle", "mine"], "did you mean 'model'?"),
        (["scheduler", "mine"], "no template"),
        (["model"], "expected GROUP NAME"),
    ],
)
def test_a_bad_name_is_refused(
    words: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", *words]) == 2
    assert expected in capsys.readouterr().err
    assert not files(tmp_path)


def test_completion_knows_the_groups() -> None:
    assert list(candidates(["dlx", "new", "m"])) == ["model "]
    assert not list(candidates(["dlx", "new", "model", "m"]))
