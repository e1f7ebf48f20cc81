"""Datasets that come with packages which dlx does not need: files of the same layout, and the real ones if present."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from dlx.dataset.basic_motions import BasicMotions
from dlx.dataset.faces import Faces
from dlx.dataset.penguins import Penguins
from dlx.errors import ConfigError

EXTRAS = {
    "skimage": (Faces, (200, 1, 25, 25)),
    "palmerpenguins": (Penguins, (342, 4)),
    "aeon": (BasicMotions, (80, 100, 6)),
}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose packages hide those that are installed."""
    for name in EXTRAS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the package itself is not imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_faces_are_read_from_an_array(packages: Path) -> None:
    images = np.random.default_rng(0).random((6, 25, 25))
    (packages / "skimage" / "data").mkdir()
    np.save(packages / "skimage" / "data" / "lfw_subset.npy", images)
    found = Faces().load(0)
    np.testing.assert_allclose(found.inputs[:, 0], images, rtol=1e-6)
    assert found.targets is not None
    assert [found.classes[number] for number in found.targets] == ["face"] * 3 + ["background"] * 3


def test_penguins_without_measurements_are_left_out(packages: Path) -> None:
    (packages / "palmerpenguins" / "data").mkdir()
    (packages / "palmerpenguins" / "data" / "penguins.csv").write_text(
        "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year\n"
        "Gentoo,Biscoe,46.1,13.2,211,4500,female,2007\n"
        "Adelie,Torgersen,NA,NA,NA,NA,NA,2007\n"
        "Chinstrap,Dream,46.5,17.9,192,3500,NA,2007\n"
    )
    found = Penguins().load(0)
    np.testing.assert_allclose(found.inputs, [[46.1, 13.2, 211, 4500], [46.5, 17.9, 192, 3500]], rtol=1e-6)
    assert found.targets is not None
    assert found.targets.tolist() == [2, 1]


def test_motions_are_read_channel_by_channel(packages: Path) -> None:
    folder = packages / "aeon" / "datasets" / "data" / "BasicMotions"
    folder.mkdir(parents=True)
    values = np.arange(2 * 6 * 4).reshape(2, 6, 4) / 10
    for part, recording, word in zip(("TRAIN", "TEST"), values, ("Walking", "Running"), strict=True):
        line = ":".join([*(",".join(map(str, channel)) for channel in recording), word])
        (folder / f"BasicMotions_{part}.ts").write_text(f"#text\n@problemName BasicMotions\n@data\n{line}\n")
    found = BasicMotions().load(0)
    np.testing.assert_allclose(found.inputs, values.transpose(0, 2, 1), rtol=1e-6)
    assert found.targets is not None
    assert [found.classes[number] for number in found.targets] == ["Walking", "Running"]


@pytest.mark.parametrize("library", EXTRAS)
def test_a_missing_package_or_file_is_named_with_the_command(library: str, packages: Path) -> None:
    with pytest.raises(ConfigError, match=r"is missing; .*; type: pip install .* --upgrade"):
        EXTRAS[library][0]().load(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlx.dataset._shipped.find_spec", lambda name: None)
        with pytest.raises(ConfigError, match=r"which is not installed; type: pip install "):
            EXTRAS[library][0]().load(0)


@pytest.mark.parametrize("library", EXTRAS)
def test_the_real_data(library: str) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    dataset, shape = EXTRAS[library]
    found = dataset().load(0)
    assert found.inputs.shape == shape
    assert found.targets is not None
    assert set(found.targets.tolist()) == set(range(len(found.classes)))
    assert np.isfinite(found.inputs).all()
