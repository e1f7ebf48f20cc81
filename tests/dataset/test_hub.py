"""Datasets of the Hugging Face hub: a library of the same interface, offline, and the real one if it is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlx.config import gate
from dlx.data.load import load
from dlx.data.raw import Table
from dlx.errors import ConfigError
from dlx.seeds import Streams
from tests.dataset.messages import one_message

PICTURES = np.random.default_rng(0).integers(0, 256, (40, 5, 4), dtype=np.uint8)
CLASSES = np.arange(40) % 2


def packed(values: np.ndarray) -> dict[str, Any]:
    """Return a picture as the library gives it without decoding."""
    file = BytesIO()
    Image.fromarray(values).save(file, "png")
    return {"bytes": file.getvalue(), "path": None}


class Kind:
    """A type of a column: `Image`, `ClassLabel` with names, or `Value`."""

    def __init__(self, names: tuple[str, ...] = (), decode: bool = True) -> None:
        self.names, self.decode = names, decode


class Picture(Kind):
    """A column of pictures."""


class ClassLabel(Kind):
    """A column of classes."""


class Split:
    """Rows with typed columns, as the library has them."""

    def __init__(self, columns: dict[str, list[Any]], features: dict[str, Kind]) -> None:
        self.columns, self.features = columns, features

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True))

    def select_columns(self, names: list[str]) -> Split:
        """Return some of the columns."""
        return Split({name: self.columns[name] for name in names}, self.features)

    def cast_column(self, name: str, kind: Kind) -> Split:
        """Return the same rows: pictures are never decoded here."""
        assert not kind.decode
        return self


FEATURES = {"image": Picture(), "label": ClassLabel(("cat", "dog"))}


def split(rows: slice, label: list[Any] | None = None, features: dict[str, Kind] | None = None) -> Split:
    """Return some of the pictures as a split."""
    labels = CLASSES[rows].tolist() if label is None else label
    kinds = features or FEATURES
    columns = [[packed(values) for values in PICTURES[rows]], labels]
    return Split(dict(zip(kinds, columns, strict=False)), kinds)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return what puts a library into place that loads these splits, or raises this error."""

    def put(answer: Any) -> None:
        def load_dataset(path: str, name: str | None, revision: str | None) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        module: Any = ModuleType("datasets")
        module.__spec__ = ModuleSpec("datasets", None)
        module.load_dataset, module.Image, module.ClassLabel = load_dataset, Picture, ClassLabel
        module.disable_progress_bars = module.set_verbosity_error = lambda: None
        module.logging = module
        monkeypatch.setitem(sys.modules, "datasets", module)

    return put


def made(option: str = "hub", **keys: Any) -> Any:
    """Return a dataset."""
    given = {"path": "me/pets", **keys} if option == "hub" else keys
    return gate.option("dataset", option, "dataset", given)


def test_pictures_and_classes_with_the_splits_of_the_dataset(library: Callable[[Any], None]) -> None:
    library({"test": split(slice(30, 40)), "train": split(slice(0, 30)), "extra": split(slice(0, 2))})
    data, _ = load(made(), Streams.of(0, {}))
    assert [len(part) for part in data.splits().values()] == [22, 8, 10]
    assert data.spec.classes == ("cat", "dog")
    assert data.test.index.tolist() == list(range(30, 40))
    raw = made().make().load(0)
    assert isinstance(raw, Table)
    np.testing.assert_array_equal(raw.inputs[:, 0], PICTURES / np.float32(255))
    np.testing.assert_array_equal(raw.targets, CLASSES)
    assert raw.reading is not None
    lines = " ".join(raw.reading.lines())
    assert "40 of 40 pictures; images of 1x5x4; target label: 2 classes (cat 50.0%, dog 50.0%)" in lines
    assert "(train 30, test 10); val cut out of train" in lines
    assert "splits that are not used: extra" in lines


def test_a_single_split_is_divided_and_rows_without_a_class_are_left_out(library: Callable[[Any], None]) -> None:
    library({"train": split(slice(0, 40), label=[*CLASSES[:38].tolist(), -1, None])})
    raw = made().make().load(0)
    assert raw.parts is None
    assert len(raw.inputs) == 38
    assert raw.reading.left_out == {"no label": 2}


def test_other_columns_hold_words_or_numbers(library: Callable[[Any], None]) -> None:
    words = ["b" if number else "a" for number in CLASSES]
    library({"train": split(slice(0, 40), label=words, features={"img": Picture(), "kind": Kind()})})
    raw = made(label="kind").make().load(0)
    assert raw.classes == ("a", "b")
    assert made().make().load(0).usual == "none"


@pytest.mark.parametrize(("option", "path"), [("mnist", "ylecun/mnist"), ("fashion_mnist", "zalando"), ("cifar10", "")])
def test_ready_options_are_datasets_of_the_hub(option: str, path: str, library: Callable[[Any], None]) -> None:
    library({"train": split(slice(0, 30)), "test": split(slice(30, 40))})
    assert made(option).make().source.path.startswith(path)
    assert len(made(option).make().load(0).inputs) == 40


MISTAKES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "unreachable": (ConnectionError("no"), {}, r"me/pets is not on this machine, and .* cannot be reached; .*=digits"),
    "unknown": (FileNotFoundError("no"), {}, "there is no dataset 'me/pets', neither here nor on the Hugging Face hub"),
    "program": (RuntimeError("scripts are no longer supported"), {}, "cannot be loaded; no program of a dataset is"),
    "configuration": (ValueError("BuilderConfig 'x' not found"), {"name": "x"}, "cannot be loaded; BuilderConfig 'x'"),
    "column": ({"train": split(slice(4))}, {"label": "lable"}, r"has no column 'lable'; did you mean 'label'\?"),
    "no picture": ({"train": split(slice(4))}, {"image": "label"}, "the column 'label' of me/pets holds no pic"),
    "table": ({"train": Split({"a": [1]}, {"a": Kind()})}, {}, r"no column of pictures \(a\); .*dataset=parquet"),
    "one class": ({"train": split(slice(4), label=[0] * 4)}, {}, "holds a single class, 0"),
    "numbers": (
        {"train": split(slice(4), label=[0.5] * 4, features={"image": Picture(), "y": Kind()})}, {}, "neither words nor"
    ),
    "no train": ({"a": split(slice(4)), "b": split(slice(4))}, {}, "has the splits a, b; expected one called train"),
    "several": (
        {"train": Split({}, {"image": Picture(), "a": ClassLabel(), "b": ClassLabel()})}, {}, r"\(a, b\); choose one"
    ),
    "broken": (
        {"train": Split({"image": [{"bytes": b"x"}], "label": [0]}, FEATURES)}, {}, "picture 0 of the split train"
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_one_message(mistake: str, library: Callable[[Any], None]) -> None:
    answer, keys, said = MISTAKES[mistake]
    library(answer)
    with one_message(said):
        made(**keys).make().load(0)


def test_without_the_library_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlx.data.readers.hub_library.find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"ylecun/mnist .*pip install 'datasets>=4'; without a network: dataset=digits"
    ):
        made("mnist").make().load(0)


def test_the_real_library_reads_local_files_of_the_same_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    pytest.importorskip("datasets")
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    for part, rows in (("train", slice(0, 30)), ("test", slice(30, 40))):
        cells = pa.array(map(packed, PICTURES[rows]), pa.struct({"bytes": pa.binary(), "path": pa.string()}))
        table = pa.table({"image": cells, "label": pa.array(CLASSES[rows].tolist())})
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": kinds}})})
        parquet.write_table(table, tmp_path / f"{part}-00000-of-00001.parquet")
    raw = made(path=str(tmp_path)).make().load(0)
    np.testing.assert_array_equal(raw.inputs[:, 0], PICTURES / np.float32(255))
    assert raw.classes == ("cat", "dog")
    assert raw.parts == (30, 0, 10)
