"""Folders of pictures: pixels against Pillow and NumPy, layouts, and one message for each mistake."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlx.cli.main import main
from dlx.config import gate
from dlx.data.load import load, stamp
from dlx.data.raw import Table
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.seeds import Streams
from tests.dataset.messages import one_message

RANDOM = np.random.default_rng(0)
COLORS = RANDOM.integers(0, 256, (6, 4, 3), dtype=np.uint8)  # height 6, width 4


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(path: str, values: np.ndarray | Image.Image = COLORS, **how: Any) -> Path:
    """Save a picture and return its path."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    (values if isinstance(values, Image.Image) else Image.fromarray(values)).save(file, **how)
    return file


def classes(folder: str = "p", each: int = 5, names: tuple[str, ...] = ("cats", "dogs")) -> None:
    """Save a few pictures of some classes, each with a value of its own."""
    for number, name in enumerate(names):
        for place in range(each):
            save(f"{folder}/{name}/{place}.png", np.full((6, 4, 3), 40 * number + place, np.uint8))


def read(path: str = "p", **keys: Any) -> Table:
    """Return the table of a folder."""
    found = gate.option("dataset", "image_folder", "dataset", {"path": path, **keys}).make().load(0)
    assert isinstance(found, Table)
    return found


def test_a_folder_is_a_class_and_pixels_are_those_of_the_file() -> None:
    classes()
    save("p/dogs/0.png")
    found = read()
    assert found.classes == ("cats", "dogs")
    assert found.inputs.shape == (10, 3, 6, 4)
    assert found.targets is not None
    assert found.reading is not None
    assert found.targets.tolist() == [0] * 5 + [1] * 5
    np.testing.assert_array_equal(found.inputs[5], COLORS.transpose(2, 0, 1) / np.float32(255))
    assert found.reading.files[5] == "dogs/0.png"
    assert "10 of 10 pictures; images of 3x6x4; target the folder of a picture: 2 classes" in found.reading.lines()[0]


def test_classes_with_numbers_as_names_are_in_their_order() -> None:
    classes(each=1, names=("10", "9", "1"))
    assert read().classes == ("1", "9", "10")


def exif(orientation: int) -> Image.Exif:
    """Return tags with an orientation."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def palette() -> Image.Image:
    """Return a picture of two colors of a palette."""
    image = Image.fromarray(np.tile(np.array([[0, 1]], np.uint8), (6, 2)))
    image.putpalette([255, 0, 0, 0, 0, 255])
    return image


ALPHA = np.dstack([COLORS, np.full((6, 4), 51, np.uint8)])  # 20 % opaque
DEEP = RANDOM.integers(0, 65536, (6, 4)).astype(np.uint16)
KINDS: dict[str, tuple[np.ndarray | Image.Image, dict[str, Any], np.ndarray, str]] = {
    # what is saved, how, the pixels (height, width, channels) from 0 to 1, and what is said
    "turned": (COLORS, {"exif": exif(6)}, np.rot90(COLORS, -1) / 255, "turned upright"),
    "mirrored": (COLORS, {"exif": exif(2)}, COLORS[:, ::-1] / 255, "turned upright"),
    "transparent": (ALPHA, {}, (COLORS * 0.2 + 255 * 0.8) / 255, "laid over white"),
    "palette": (palette(), {}, np.tile([[[1.0, 0, 0], [0, 0, 1]]], (6, 2, 1)), ""),
    "gray": (COLORS[:, :, 0], {}, COLORS[:, :, :1] / 255, ""),
    "16 bits": (DEEP, {}, DEEP[:, :, None] / 65535, "of 16 bits"),
    "black and white": (COLORS[:, :, 0] > 127, {}, (COLORS[:, :, :1] > 127) * 1.0, ""),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_picture_has_the_pixels_that_are_shown(kind: str) -> None:
    values, how, expected, said = KINDS[kind]
    save("p/a.png", values, **how)
    found = read()
    np.testing.assert_allclose(found.inputs[0], expected.transpose(2, 0, 1), atol=0.5 / 255 + 1e-6)
    assert found.reading is not None
    assert said in " ".join(found.reading.lines())


def test_cmyk_becomes_colors_and_the_luminance_is_that_of_bt601() -> None:
    save("p/a.jpg", Image.new("CMYK", (4, 4), (0, 255, 255, 0)), quality=100)
    np.testing.assert_allclose(read().inputs[0].mean((1, 2)), [1, 0, 0], atol=0.02)
    save("q/a.png")
    gray = COLORS @ np.array([0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(read("q", color="gray").inputs[0, 0], gray, atol=1 / 255)


@pytest.mark.parametrize(
    ("resize", "expected"),
    [
        ("crop", [[0, 0, 1, 1]] * 4),  # the middle of 0 0 0 0 1 1 1 1
        ("stretch", [[0, 1 / 8, 7 / 8, 1]] * 4),  # weights 1/8, 3/8, 3/8, 1/8 of a triangle
        ("pad", [[0] * 4, [0, 1 / 8, 7 / 8, 1], [0, 1 / 8, 7 / 8, 1], [0] * 4]),
    ],
)
def test_a_picture_is_cropped_padded_or_stretched_to_a_size(resize: str, expected: list[list[float]]) -> None:
    wide = np.zeros((4, 8), np.uint8)
    wide[:, 4:] = 255
    save("p/a.png", wide)
    found = read(size=4, resize=resize).inputs[0, 0]
    np.testing.assert_allclose(found, expected, atol=0.005)
    assert read(size=[4, 8]).inputs.shape == (1, 1, 4, 8)
    np.testing.assert_array_equal(read(size="auto").inputs[0, 0], wide / 255)


def test_pictures_of_different_sizes_get_the_median_of_their_shorter_sides() -> None:
    for place, side in enumerate((10, 20, 30)):
        save(f"p/{place}.png", np.zeros((side, 40), np.uint8))
    found = read()
    assert found.inputs.shape == (3, 1, 16, 16)
    assert found.reading is not None
    assert "cropped in the middle to the same proportions and scaled to 16x16: 3 of 3" in " ".join(
        found.reading.lines()
    )
    save("q/a.png", np.zeros((90, 80), np.uint8))
    assert read("q").inputs.shape == (1, 1, 64, 64)


def test_folders_of_splits_are_the_splits_and_a_missing_one_is_cut_out_of_train() -> None:
    for part, each in (("train", 12), ("test", 3)):
        classes(f"p/{part}", each)
    dataset = gate.option("dataset", "image_folder", "dataset", {"path": "p", "limit": 6})
    data, _ = load(dataset, Streams.of(0, {}))
    assert {name: len(part) for name, part in data.splits().items()} == {"train": 6, "val": 6, "test": 6}
    assert data.reading is not None
    files = [{data.reading.files[row] for row in part.index} for part in data.splits().values()]
    assert {name.split("/")[0] for name in files[0] | files[1]} == {"train"}
    assert not files[0] & files[1]
    assert files[2] == {f"test/{name}/{n}.png" for name in ("cats", "dogs") for n in range(3)}
    assert data.train.targets.bincount().tolist() == [3, 3]
    assert "val cut out of train" in " ".join(data.reading.lines())


def masks(count: int = 8) -> None:
    """Save pictures with masks of the values 0 and 255."""
    for place in range(count):
        mask = np.zeros((8, 8), np.uint8)
        mask[place % 4 : place % 4 + 3, 2:5] = 255
        save(f"p/images/{place}.jpg", mask[:, :, None] // np.array([1, 2, 3], np.uint8), quality=100)
        save(f"p/masks/{place}.png", mask)


def test_masks_belong_to_the_pictures_of_their_names_and_are_learnt(
    config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    masks(20)
    label = read().offers["mask"]
    assert label.classes == ("background", "object")
    assert label.values.shape == (20, 8, 8)
    assert label.values.sum() == 20 * 9
    assert read(mask_classes=["sky", "bird"]).offers["mask"].classes == ("sky", "bird")
    composed = config(
        "dataset=image_folder", "dataset.path=p", "model=unet", "model.width=2", "model.depth=1",
        "dataset.batch_size=4",
        "augmentation=rotation", "trainer.max_epochs=1", "trainer.max_steps=1", "trainer.accelerator=cpu",
    )  # fmt: skip
    summary = run(composed, tmp_path / "run", raises=True)
    assert "test/class_object/iou" in summary["metrics"]


def test_masks_of_colors_and_of_a_palette_have_a_class_for_each() -> None:
    image = Image.fromarray(np.tile(np.array([[0, 1, 5, 5]], np.uint8), (6, 1)))
    image.putpalette([0, 0, 0, 9, 9, 9] + [7] * 30)
    save("p/images/a.png")
    save("p/masks/a.png", image)
    assert read().offers["mask"].classes == ("background", "1", "5")
    save("p/masks/a.png", np.tile(np.array([[[0, 0, 0], [255, 0, 0]]], np.uint8), (6, 2, 1)))
    label = read().offers["mask"]
    assert label.classes == ("background", "object")
    assert label.values[0, 0].tolist() == [0, 1, 0, 1]
    found = read(size=[12, 8]).offers["mask"].values
    np.testing.assert_array_equal(found[0], label.values[0].repeat(2, 0).repeat(2, 1))


def flat(name: str = "p/cats/0.png") -> None:
    """Write a file that is no picture under the name of one."""
    Path(name).write_text("no picture")


def truncated(name: str) -> None:
    """Save a picture without its end."""
    file = save(name, RANDOM.integers(0, 256, (40, 40, 3), dtype=np.uint8))
    file.write_bytes(file.read_bytes()[:900])


MISTAKES: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "missing": (classes, {"path": "q"}, "there is no folder 'q'; choose from: p"),
    "file": (lambda: save("p.png"), {"path": "p.png"}, "p.png is a file; expected a folder for each class"),
    "zip": (lambda: shutil.make_archive("p", "zip", "."), {"path": "p.zip"}, "p.zip is an archive; unpack it first"),
    "empty": (lambda: Path("p").mkdir(), {}, r"p holds no pictures \(.png, .jpg, .jpeg, ...\); expected a folder for"),
    "one class": (lambda: classes(names=("cats",)), {}, "p has a single class, 'cats'.*dataset.path=p/cats obj"),
    "empty class": (lambda: (classes(), Path("p/owls").mkdir()), {}, "p/owls, the folder of a class, holds no"),
    "beside": (lambda: (classes(), save("p/x.png")), {}, "p/x.png lies beside the folders of the classes in p; move"),
    "deeper": (lambda: (classes(), save("p/cats/old/x.png")), {}, "p/cats/old is a folder inside.*: dataset.nested=t"),
    "wrapped": (lambda: classes("p/data"), {}, r"if the classes are the folders in p/data: dataset.path=p/data"),
    "unreadable": (lambda: (classes(), flat()), {}, r"p/cats/0.png cannot be read: it is no picture.*=leave_out"),
    "truncated": (lambda: (classes(), truncated("p/cats/0.png")), {}, "p/cats/0.png cannot be read: .*trunc"),
    "none readable": (lambda: (save("p/a.png"), flat("p/a.png")), {"unreadable": "leave_out"}, "none of 1 pictures"),
    "class gone": (
        lambda: (classes(each=1), truncated("p/cats/0.png")),
        {"unreadable": "leave_out"},
        "no picture of class 'cats' can be read",
    ),
    "real numbers": (lambda: save("p/a.tif", np.zeros((4, 4), np.float32)), {}, "p/a.tif cannot be read: its pixels"),
    "other classes": (
        lambda: (classes("p/train", names=("cats", "dogs")), classes("p/test", names=("cats", "dog"))),
        {},
        "p/test has no folder 'dogs', which p/train has; did you mean 'dog'",
    ),
    "test without classes": (
        lambda: (classes("p/train"), save("p/test/1.png")),
        {},
        "p/test holds pictures without classes, p/train folders of classes",
    ),
    "mask of another size": (
        lambda: (masks(), save("p/masks/3.png", np.zeros((8, 9), np.uint8))),
        {},
        "p/masks/3.png has 9x8 pixels, its image p/images/3.jpg 8x8; expected a mask of the size of its image",
    ),
    "mask missing": (lambda: (masks(), save("p/images/a.png")), {}, "1 of 9 files in images have no file of the same"),
    "same name": (lambda: (masks(), save("p/images/3.png")), {}, "p/images/3.jpg and 3.png have the same name"),
    "empty masks": (lambda: (save("p/images/1.png"), save("p/masks/1.png", COLORS[:, :, 0] * 0)), {}, "have the value"),
    "names of masks": (masks, {"mask_classes": ["a"]}, r"1 names for the 2 values 0, 255; .*\[background,object\]"),
    "many values": (
        lambda: (size64(), save("p/masks/1.jpg", np.arange(4096, dtype=np.uint8).reshape(64, 64))),
        {},
        "more than 64 values up to p/masks/1.jpg; a lossy format",
    ),
    "masks of two kinds": (
        lambda: (masks(), save("p/masks/3.png", COLORS[:1].repeat(8, 0).repeat(2, 1))),
        {},
        "expected masks of one kind",
    ),
    "size": (classes, {"size": [3]}, r"dataset.size: expected int > 0 or list of int > 0 \(2 values\) or auto, got"),
}  # fmt: skip


def size64() -> None:
    """Save a picture of 64x64 pixels."""
    save("p/images/1.png", np.zeros((64, 64, 3), np.uint8))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_one_message(mistake: str) -> None:
    make, keys, said = MISTAKES[mistake]
    make()
    with one_message(said):
        read(**keys)


def test_what_cannot_be_read_is_left_out_with_its_path_where_that_is_wanted() -> None:
    classes()
    flat("p/cats/2.png")
    truncated("p/dogs/1.png")
    Path("p/notes.txt").write_text("by me")
    Path("p/cats/.DS_Store").write_text("")
    found = read(unreadable="leave_out", size=[6, 4])
    assert len(found.inputs) == 8
    assert found.reading is not None
    lines = " ".join(found.reading.lines())
    assert "8 of 10 pictures, 2 left out (cannot be read)" in lines
    assert "left out: p/cats/2.png, p/dogs/1.png" in lines
    assert "left out, being no pictures: notes.txt" in lines
    assert found.reading.files == tuple(f"{c}/{n}.png" for c in ("cats", "dogs") for n in range(5)
                                        if (c, n) not in (("cats", 2), ("dogs", 1)))  # fmt: skip


def test_pictures_deeper_down_belong_to_the_class_where_that_is_wanted() -> None:
    classes()
    save("p/cats/old/very/x.png")
    found = read(nested=True)
    assert found.reading is not None
    assert found.reading.classes == {"cats": 6, "dogs": 5}
    assert "cats/old/very/x.png" in found.reading.files


def test_a_changed_picture_is_seen() -> None:
    classes()
    dataset = gate.option("dataset", "image_folder", "dataset", {"path": "p"})
    before = stamp(dataset)
    assert before == stamp(dataset) != ""
    Path("p/cats/nowhere.png").symlink_to("removed.png")
    assert before == stamp(dataset)  # a link to nothing holds nothing
    os.utime(save("p/cats/0.png"), ns=(1, 10**18))
    assert stamp(dataset) != before


def test_new_pictures_have_the_form_of_those_of_the_training_and_are_named_by_their_files() -> None:
    classes()
    for place in range(3):
        save(f"p/cats/{place}.png", RANDOM.integers(0, 256, (9, 7 + place, 3), dtype=np.uint8))
    made = gate.option("dataset", "image_folder", "dataset", {"path": "p"}).make()
    trained = made.load(0)
    code = json.loads(json.dumps(trained.encoding))
    found = made.read(Path("p"), code)
    np.testing.assert_array_equal(found.inputs, trained.inputs)
    assert found.ids["file"] == list(trained.reading.files)
    one = made.read(Path("p/cats/2.png"), code)
    np.testing.assert_array_equal(one.inputs[0], trained.inputs[2])
    assert one.ids == {"file": ["2.png"]}
    save("q/a.png")
    truncated("q/b.png")
    Path("q/c.txt").write_text("c")
    found = made.read(Path("q"), code)
    assert found.ids == {"file": ["a.png"]}
    assert "q/b.png cannot be read" in found.refused[0]
    assert found.notes == ("left out, being no pictures: c.txt",)
    with pytest.raises(ConfigError, match="no file or folder 'r'; choose from: p, q"):
        made.read(Path("r"), code)


def test_a_run_predicts_its_own_test_pictures_with_their_scores(
    config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    classes(each=10)
    composed = config(
        "dataset=image_folder", "dataset.path=p", "model=linear", "trainer.max_epochs=1", "trainer.accelerator=cpu"
    )
    assert run(composed, tmp_path / "run", raises=True)["status"] == "finished"
    files = json.loads(Path("run/data.json").read_text())["files"]
    assert main(["predict", "run", "p", "-o", "out.npz"]) == 0
    found, new = dict(np.load("run/predictions.npz")), dict(np.load("out.npz"))
    places = [new["file"].tolist().index(files[row]) for row in found["index"]]
    np.testing.assert_allclose(new["prediction"][places], found["prediction"], atol=1e-6)
