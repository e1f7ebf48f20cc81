"""Datasets that come with packages which dlx does not need: files of the same layout, and the real ones if present."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlx.dataset.basic_motions import BasicMotions
from dlx.dataset.faces import Faces
from dlx.dataset.mnist1d import MNIST1D
from dlx.dataset.penguins import Penguins
from dlx.dataset.textures import Textures
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


def test_textures_are_cut_into_tiles(packages: Path) -> None:
    folder = packages / "skimage" / "data"
    folder.mkdir()
    pictures = np.random.default_rng(0).integers(0, 256, (3, 512, 512), dtype=np.uint8)
    for name, values in zip(("brick", "grass", "gravel"), pictures, strict=True):
        Image.fromarray(values).save(folder / f"{name}.png", compress_level=0)
    found = Textures(crop=100).load(0)
    assert found.inputs.shape == (75, 1, 100, 100)
    np.testing.assert_array_equal(found.inputs[25 + 7, 0], pictures[1, 100:200, 200:300] / np.float32(255))
    assert found.targets is not None
    assert found.targets.tolist() == [0] * 25 + [1] * 25 + [2] * 25


def test_curves_are_those_of_the_package_and_leave_the_global_generators_alone(packages: Path) -> None:
    (packages / "mnist1d").mkdir()
    (packages / "mnist1d" / "__init__.py").write_text("")
    (packages / "mnist1d" / "data.py").write_text(
        "import numpy as np\n"
        "from types import SimpleNamespace\n"
        "def get_dataset_args():\n"
        "    return SimpleNamespace(num_samples=5000, seed=42)\n"
        "def make_dataset(args):\n"
        "    np.random.seed(args.seed)\n"
        "    x, y = np.random.normal(size=(args.num_samples, 40)), np.arange(args.num_samples) % 10\n"
        "    n = args.num_samples * 4 // 5\n"
        "    return {'x': x[:n], 'y': y[:n], 'x_test': x[n:], 'y_test': y[n:]}\n"
    )
    before = np.random.get_state()[1].copy()
    try:
        found = MNIST1D(examples=100).load(7)
    finally:
        for name in ("mnist1d", "mnist1d.data"):
            sys.modules.pop(name, None)
    np.testing.assert_array_equal(before, np.random.get_state()[1])
    expected = np.random.RandomState(7).normal(size=(100, 40))
    np.testing.assert_allclose(found.inputs[:, :, 0], expected, rtol=1e-6)
    assert found.parts == (80, 0, 20)
    with pytest.raises(ValueError, match="multiple of 50"):
        MNIST1D(examples=99)


def test_without_the_package_the_curves_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mnist1d", None)
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    with pytest.raises(ConfigError, match="type: pip install mnist1d"):
        MNIST1D(examples=50).load(0)
