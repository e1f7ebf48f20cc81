"""conf/ and experiments/ are found in a wheel as in a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def command(*words: str, cwd: Path) -> str:
    """Run a command in a clean environment and return what it printed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DLX", "HYDRA"))}
    done = subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from what the sdist holds."""
    folder = tmp_path_factory.mktemp("dist")
    command(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder), cwd=ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    source = next(path for path in folder.iterdir() if path.is_dir())
    command(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=source)
    return folder


def test_the_wheel_holds_the_configuration(dist: Path) -> None:
    names = set(zipfile.ZipFile(next(dist.glob("*.whl"))).namelist())
    shipped = {f"dlx/{path.relative_to(ROOT)}" for folder in ("conf", "experiments") for path in
               (ROOT / folder).rglob("*.yaml")}  # fmt: skip
    assert shipped <= names
    assert not any(name.startswith(("conf/", "experiments/", "tests/")) for name in names)


def test_the_wheel_trains_from_another_folder(dist: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    command(sys.executable, "-m", "venv", "--without-pip", str(environment), cwd=tmp_path)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    pure = Path(
        command(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    )
    # The libraries are those of this environment; its .pth files (an editable dlx among them) are not followed.
    (pure / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wheel = str(next(dist.glob("*.whl")))
    command(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", wheel, cwd=tmp_path)
    where = command(str(python), "-c", "import dlx; print(dlx.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(environment)
    dlx = python.with_name("dlx")
    printed = command(str(dlx), "train", "model=logistic", "trainer.max_epochs=1", cwd=tmp_path)
    assert "finished" in printed
    assert list(tmp_path.glob("outputs/runs/*/*/checkpoints/best.ckpt"))
    assert "vanishing_gradient" in command(str(dlx), "axes", "experiment", cwd=tmp_path) or not any(
        (ROOT / "experiments").glob("*.yaml")
    )
