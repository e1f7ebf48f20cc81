"""Arrays of npz and npy files: what they are taken for, and one message for each mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.config import gate
from dlx.data.load import load
from dlx.data.raw import NewExamples, Table
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.seeds import Streams
from tests.dataset.messages import one_message

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(40, 3))
PICTURES = RANDOM.integers(0, 256, (40, 5, 6), dtype=np.uint8)
STEPS = RANDOM.normal(size=(40, 7, 2)).astype(np.float32)
LABELS = np.arange(40) % 4


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(path: str = "a.npz", **keys: Any) -> Table:
    """Return the table of a file."""
    found = gate.option("dataset", "arrays", "dataset", {"path": path, **keys}).make().load(0)
    assert isinstance(found, Table)
    return found


def test_vectors_with_classes_or_numbers() -> None:
    np.savez("a.npz", x=VECTORS, y=LABELS)
    found = read()
    np.testing.assert_array_equal(found.inputs, VECTORS)
    assert found.input == "vector"
    assert found.classes == ("0", "1", "2", "3")
    assert found.targets is not None
    assert found.targets.tolist() == LABELS.tolist()
    assert read(class_names=["a", "b", "c", "d"]).classes == ("a", "b", "c", "d")
    numbers = read(target_kind="number").targets
    assert numbers is not None
    np.testing.assert_array_equal(numbers, LABELS[:, None])


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (np.array(["no", "yes"])[LABELS % 2], ("no", "yes")),
        (np.array([b"no", b"yes"])[LABELS % 2], ("no", "yes")),
        (LABELS % 2 == 1, ("False", "True")),
        (LABELS[:, None] * 1.0, ("0", "1", "2", "3")),
        (np.arange(40), ()),
        (np.arange(40) / 7, ()),
        (VECTORS[:, :2], ()),
    ],
)
def test_targets_are_classes_or_numbers_as_their_values_tell(targets: np.ndarray, classes: tuple[str, ...]) -> None:
    np.savez("a.npz", features=VECTORS, labels=targets, other=np.zeros(3))
    found = read()
    assert found.classes == classes
    assert found.targets is not None
    if not classes:
        np.testing.assert_array_equal(found.targets, targets.reshape(40, -1))
    assert found.reading is not None
    assert "arrays that are not used: other" in found.reading.notes


def test_images_come_from_bytes_with_channels_first_or_last() -> None:
    colors = RANDOM.integers(0, 256, (40, 5, 6, 3), dtype=np.uint8)
    expected = colors.transpose(0, 3, 1, 2) / np.float32(255)
    for images, keys in ((colors, {}), (colors.transpose(0, 3, 1, 2), {}), (colors / 255, {"channels": "last"})):
        np.savez("a.npz", images=images, label=LABELS)
        found = read(**keys)
        np.testing.assert_allclose(found.inputs, expected, rtol=1e-6)
        assert found.input == "image"
        assert found.white == 1
    np.savez("a.npz", x=PICTURES, y=LABELS)
    np.testing.assert_array_equal(read().inputs[:, 0], PICTURES / np.float32(255))
    np.savez("a.npz", x=PICTURES.astype(np.uint16) * 257, y=LABELS)
    np.testing.assert_allclose(read(kind="image").inputs[:, 0], PICTURES / 255, rtol=1e-6)


def test_images_with_masks() -> None:
    np.savez("a.npz", images=PICTURES, masks=(PICTURES > 99) * 7)
    label = read().offers["mask"]
    assert label.classes == ("0", "7")
    np.testing.assert_array_equal(label.values, PICTURES > 99)
    assert read(class_names=["sky", "bird"]).offers["mask"].classes == ("sky", "bird")


def test_sequences_from_npy_files_and_folders() -> None:
    Path("d").mkdir()
    np.save("d/x.npy", STEPS)
    np.save("d/y.npy", LABELS)
    for found in (read("d", kind="sequence"), read("d/x.npy", y="d/y.npy", kind="sequence")):
        np.testing.assert_array_equal(found.inputs, STEPS)
        assert found.input == "sequence"
        assert len(found.classes) == 4
    assert read("d/x.npy", kind="sequence").usual == "none"


@pytest.mark.parametrize("names", ["{0}_{1}", "{1}_{0}"])
def test_parts_that_the_names_tell_are_the_splits(names: str) -> None:
    parts = {"train": slice(0, 24), "test": slice(24, 40)}
    arrays = {names.format(kind, part): values[rows] for part, rows in parts.items()
              for kind, values in (("x", VECTORS), ("y", LABELS))}  # fmt: skip
    np.savez("a.npz", **arrays)
    data, _ = load(gate.option("dataset", "arrays", "dataset", {"path": "a.npz"}), Streams.of(0, {}))
    assert [len(part) for part in data.splits().values()] == [18, 6, 16]
    assert data.test.index.tolist() == list(range(24, 40))
    assert data.reading is not None
    assert "val cut out of train" in " ".join(data.reading.lines())


def test_a_large_file_stays_on_the_disk_and_gives_the_same_numbers(
    config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    x = RANDOM.integers(0, 256, (560, 1, 64, 64), dtype=np.uint8)
    np.save("x.npy", x / np.float64(255))  # 17.5 MiB: more than a block
    np.save("y.npy", np.arange(560) % 2)
    found, order = [], []
    for memory in (1, 1000):
        composed = config(
            "dataset=arrays", "dataset.path=x.npy", "dataset.y=y.npy", f"dataset.memory={memory}", "model=linear",
            "trainer.max_epochs=1", "trainer.accelerator=cpu", "dataset.noise=0.1", "dataset.batch_size=200",
        )  # fmt: skip
        keys = {"path": "x.npy", "y": "y.npy", "memory": memory, "noise": 0.1}
        data, _ = load(gate.option("dataset", "arrays", "dataset", keys), Streams.of(0, {}))
        assert data.train.on_disk == (memory == 1)
        assert data.train.piece == 1024
        found.append(data)
        summary = run(composed, tmp_path / str(memory), raises=True)
        order.append({key: summary[key] for key in ("metrics", "data_hash", "identity")})
    assert order[0] == order[1]
    for name, part in found[0].splits().items():
        assert part.inputs.equal(found[1].splits()[name].inputs)
    plain = found[0].train.inputs.double()
    assert abs(plain.mean()) < 1e-3
    assert abs(plain.std() - 1.01**0.5) < 1e-3


def archive(**arrays: Any) -> Callable[[], None]:
    """Return what saves an archive."""
    return lambda: np.savez("a.npz", allow_pickle=True, **arrays)


def broken() -> None:
    """Save an archive without its end."""
    np.savez("a.npz", x=VECTORS)
    Path("a.npz").write_bytes(Path("a.npz").read_bytes()[:300])


HOLE = VECTORS.copy()
HOLE[3, 1] = np.nan
MISTAKES: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "missing": (archive(x=VECTORS), {"path": "b.npz"}, "there is no file 'b.npz'; did you mean 'a.npz'"),
    "broken": (broken, {}, "a.npz cannot be read as an array"),
    "text": (lambda: Path("a.npz").write_text("1,2"), {}, "a.npz .*(objects of Python|cannot be read as an array)"),
    "objects": (archive(x=np.array([{}, []], dtype=object)), {}, "'x' in a.npz holds objects of Python, which could"),
    "lengths": (archive(x=VECTORS, y=LABELS[:30]), {}, "'x' in a.npz has 40 examples, 'y' has 30; expected as many"),
    "nan": (archive(x=HOLE, y=LABELS), {}, r"x\[3, 1\] in a.npz is nan; expected finite numbers"),
    "huge": (archive(x=VECTORS * 1e300, y=LABELS), {}, r"x\[\d+, \d\] in a.npz is .*e\+\d+; expected finite numbers"),
    "nan target": (archive(x=VECTORS, y=HOLE[:, 1]), {}, r"y\[3\] in a.npz is nan"),
    "words": (archive(x=LABELS.astype(str)), {}, "'x' in a.npz holds words; expected numbers"),
    "complex": (archive(x=VECTORS * 1j), {}, "'x' in a.npz holds complex numbers; expected numbers"),
    "scalar": (archive(x=np.array(1.0)), {}, r"'x' in a.npz has the shape \(\); expected \(examples, ...\)"),
    "no x": (archive(a=VECTORS, b=LABELS), {}, r"which array holds the inputs\? a.npz holds a \(40, 3\), b"),
    "unknown": (archive(signal=VECTORS), {"x": "signl"}, "no array 'signl' in a.npz; did you mean 'signal'"),
    "unknown y": (archive(x=VECTORS), {"y": "z"}, "no array 'z' in a.npz"),
    "which of two": (archive(x=STEPS), {}, r"dataset.kind: .*\(40, 7, 2\): are they sequences of 7 steps"),
    "which channels": (archive(x=np.zeros((9, 3, 8, 3))), {}, r"dataset.channels: .*\(9, 3, 8, 3\); are the channels"),
    "kind": (archive(x=VECTORS), {"kind": "image"}, r"dataset.kind: 'x' in a.npz has the shape \(40, 3\); expected"),
    "five axes": (archive(x=np.zeros((2, 2, 2, 2, 2))), {}, r"the shape \(2, 2, 2, 2, 2\); expected"),
    "one class": (archive(x=VECTORS, y=LABELS * 0), {"target_kind": "class"}, "all targets 'y' in a.npz are 0"),
    "names": (archive(x=VECTORS, y=LABELS), {"class_names": ["a"]}, "1 names for the 4 values of 'y'"),
    "mask": (archive(x=PICTURES, y=PICTURES[:, :4]), {}, "the masks 'y' in a.npz have 4x6 pixels, the images 5x6"),
    "class of rows": (archive(x=VECTORS, y=VECTORS), {"target_kind": "class"}, r"\(40, 3\) .*expected \(examples,\)"),
    "parts": (archive(x_train=VECTORS, x_test=VECTORS[:, :2]), {}, r"shape \(40, 2\), 'x_train' \(40, 3\)"),
    "empty folder": (lambda: Path("d").mkdir(), {"path": "d"}, "d holds no .npy file; expected e.g. x.npy and y.npy"),
    "y file": (lambda: np.save("x.npy", VECTORS), {"path": "x.npy", "y": "q.npy"}, "there is no file 'q.npy'"),
    "x of npy": (lambda: np.save("x.npy", VECTORS), {"path": "x.npy", "x": "a"}, "x.npy is a single array"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_one_message(mistake: str) -> None:
    make, keys, said = MISTAKES[mistake]
    make()
    with one_message(said):
        read(**keys)


def test_keys_that_copy_all_examples_are_refused_where_these_stay_on_the_disk() -> None:
    np.save("x.npy", RANDOM.random((40, 1, 64, 64)))
    dataset = gate.option(
        "dataset", "arrays", "dataset", {"path": "x.npy", "memory": 1, "canvas": 80, "channels": "first"}
    )
    with pytest.raises(ConfigError, match=r"dataset.canvas: needs all examples in memory \(dataset.memory above 1 MiB"):
        load(dataset, Streams.of(0, {}))


def again(path: str, **keys: Any) -> NewExamples:
    """Return what the dataset of a.npz reads in another file."""
    made = gate.option("dataset", "arrays", "dataset", {"path": "a.npz", **keys}).make()
    found = made.read(Path(path), json.loads(json.dumps(made.load(0).encoding)))
    assert isinstance(found, NewExamples)
    return found


@pytest.mark.parametrize(
    ("x", "keys"),
    [
        (VECTORS, {}),
        (PICTURES, {}),
        (STEPS, {"kind": "sequence"}),
        (np.stack([PICTURES / 255] * 3, 3), {"channels": "last"}),
    ],
)
def test_new_arrays_have_the_form_of_those_of_the_training(x: np.ndarray, keys: dict[str, Any]) -> None:
    np.savez("a.npz", x=x, y=LABELS)
    np.savez("b.npz", x=x[:7])
    np.save("c.npy", x[:7])
    for path in ("b.npz", "c.npy"):
        found = again(path, **keys)
        np.testing.assert_array_equal(found.inputs, read(**keys).inputs[:7])
        assert found.ids == {"row": list(range(7))}


def test_a_new_example_that_is_not_finite_is_named_and_others_of_another_form_are_refused() -> None:
    np.savez("a.npz", x=VECTORS, y=LABELS)
    np.savez("b.npz", x=HOLE)
    found = again("b.npz")
    assert found.refused == ("b.npz, example 3 (from 0): holds a number that is not finite",)
    assert found.ids["row"] == [0, 1, 2, *range(4, 40)]
    np.savez("b.npz", x=VECTORS[:, :2])
    with pytest.raises(ConfigError, match=r"b.npz: 'x' holds float64 of \(2,\) .*expected float64 of \(3,\)"):
        again("b.npz")
    np.savez("a.npz", x=PICTURES, y=LABELS)
    np.savez("b.npz", x=PICTURES / 255)
    with pytest.raises(ConfigError, match=r"'x' holds float64 of \(5, 6\) .*expected uint8 of \(5, 6\)"):
        again("b.npz")
