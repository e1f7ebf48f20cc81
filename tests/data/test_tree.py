"""Trees of tensors, splits as batches, and data aimed at a kind of target that a table offers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dlx.config.choice import Choice
from dlx.contracts import Batch
from dlx.data.prepare import prepare
from dlx.data.prepared import Data, Split
from dlx.data.raw import Label, Table
from dlx.data.tree import joined, length, moved, rows
from dlx.errors import ConfigError
from dlx.seeds import Streams
from dlx.spec import FORMS, WORDS, DataSpec, Target

STREAMS = Streams(split=1, init=2, order=3, data=4)
KEYS: dict[str, Any] = {"split": [0.5, 0.25, 0.25], "standardize": True, "batch_size": None}


def prepared(raw: Table, **keys: Any) -> Data:
    """Prepare a table with these of the keys that all datasets share."""
    return prepare(raw, Choice("", "", object, "dataset", {}, {**KEYS, **keys}), STREAMS)


TREES: list[Any] = [
    torch.arange(6.0).view(6, 1),
    {"a": torch.arange(6), "b": torch.arange(12.0).view(6, 2)},
    Batch(torch.rand(6, 2), {"a": torch.arange(6)}, None),
    Batch(torch.rand(6, 2), None, torch.ones(6)),
]


def leaves(tree: Any) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    values = tree.values() if isinstance(tree, dict) else tree or ()
    return [leaf for value in values for leaf in leaves(value)]


@pytest.mark.parametrize("tree", TREES, ids=["tensor", "tasks", "batch", "no targets"])
def test_rows_joined_length_and_moved(tree: Any) -> None:
    assert length(tree) == 6
    parts = [rows(tree, slice(4)), rows(tree, torch.tensor([4, 5]))]
    assert [length(part) for part in parts] == [4, 2]
    again = joined(parts)
    assert type(again) is type(tree)
    assert all(torch.equal(a, b) for a, b in zip(leaves(again), leaves(tree), strict=True))
    for before, after in zip(leaves(tree), leaves(moved(tree, "cpu", torch.float64)), strict=True):
        assert after.dtype == (torch.float64 if before.is_floating_point() else before.dtype)


def test_a_split_counts_inputs_and_keeps_whole_numbers() -> None:
    split = Split(torch.tensor([[1, 2], [3, 0]]), None, np.arange(2))  # tokens without targets
    assert len(split) == 2
    assert split.to("cpu", torch.float64).inputs.dtype == torch.int64
    assert torch.equal(split.batch(slice(1)).inputs, split.inputs[:1])
    real = Split(
        torch.rand(2, 3), {"a": torch.rand(2, 1), "b": torch.tensor([0, 1])}, np.arange(2), weights=torch.ones(2)
    )
    double = real.like(torch.zeros(1, dtype=torch.float64))
    assert double.inputs.dtype == double.targets["a"].dtype == torch.float64
    assert double.targets["b"].dtype == torch.int64
    assert double.weights is not None
    assert torch.equal(real.rows(np.array([1])).inputs, real.inputs[1:])


def table(**changed: Any) -> Table:
    random = np.random.default_rng(0)
    given: dict[str, Any] = {
        "inputs": random.random((40, 1, 6, 6), dtype=np.float32),
        "targets": np.arange(40) % 2,
        "input": "image",
        "classes": ("left", "right"),
        "offers": {
            "mask": Label((random.random((40, 6, 6)) > 0.5).astype(np.int64), ("ground", "object", "border")),
            "labels": Label(random.random((40, 4)).astype(np.float64)),
        },
    }
    return Table(**{**given, **changed})


def test_offered_targets_follow_their_examples() -> None:
    raw = table()
    data = prepared(raw, classes=["right", "left"], prevalence=0.25)
    aimed = data.aimed(("mask",))
    assert aimed is not None
    assert (aimed.spec.target, aimed.spec.outputs, aimed.spec.classes) == ("mask", 3, ("ground", "object", "border"))
    for name, part in aimed.splits().items():
        assert torch.equal(part.targets, torch.from_numpy(raw.offers["mask"].values[part.index]))
        assert torch.equal(part.inputs, data.splits()[name].inputs)
    labels = data.aimed(("boxes", "labels"))
    assert labels is not None
    assert (labels.spec.target, labels.spec.outputs, labels.train.targets.dtype) == ("labels", 4, torch.float32)


def test_the_first_kind_that_is_offered_is_taken() -> None:
    data = prepared(table())
    assert data.aimed(()) is data
    assert data.aimed(("class", "mask")) is data
    assert data.aimed(("boxes", "tokens")) is None
    for kind in ("self", "none"):
        alone = data.aimed((kind,))  # type: ignore[arg-type]
        assert alone is not None
        assert alone.train.targets is None
        assert len(alone.train) == len(data.train)


def test_masks_are_lost_where_pixels_are_moved() -> None:
    data = prepared(table(), stride=2)
    assert data.aimed(("mask",)) is None
    assert data.aimed(("labels",)) is not None


def test_a_table_may_have_no_targets() -> None:
    data = prepared(table(targets=None, classes=(), offers={}))
    assert (data.spec.target, data.spec.outputs) == ("none", 0)
    assert data.train.batch().targets is None
    tokens = np.random.default_rng(0).integers(1, 9, (40, 5))
    symbols = tuple("_<>abcdef")
    text = prepared(Table(tokens, None, input="tokens", symbols=symbols))
    assert (text.spec.shape, text.spec.symbols, text.train.inputs.dtype) == ((5,), 9, torch.int64)


def test_the_hash_is_that_of_the_values_that_were_there_before() -> None:
    from dlx.data.raw import digest

    plain = table(offers={})
    assert plain.hash == digest(plain.inputs, plain.targets)  # type: ignore[arg-type]
    assert table().hash != plain.hash
    added = {kind: replace(label, in_hash=False) for kind, label in table().offers.items()}
    assert table(offers=added).hash == plain.hash


def test_masks_and_boxes_must_fit_their_images() -> None:
    with pytest.raises(ConfigError, match=r"masks of 6x5 for images of 6x6; expected a class for every pixel"):
        prepared(table(offers={"mask": Label(np.zeros((40, 6, 5), np.int64), ("ground", "object"))}))
    with pytest.raises(ConfigError, match=r"boxes have the shape \(40, 2, 4\); expected \(examples, objects, 5\)"):
        prepared(table(offers={"boxes": Label(np.zeros((40, 2, 4)), ("object",))}))


def test_every_kind_has_words_and_a_form() -> None:
    from typing import get_args

    from dlx.spec import FORM_OF_INPUT, Input

    assert set(WORDS["target"]) == set(FORMS) == set(get_args(Target))
    assert set(WORDS["input"]) == set(FORM_OF_INPUT) == set(get_args(Input))


@pytest.mark.parametrize(
    ("spec", "phrase"),
    [
        (DataSpec("image", (1, 8, 8), "class", 10), "images of 1x8x8 with 10 classes"),
        (DataSpec("vector", (4,), "number", 2), "vectors of 4 with real numbers as targets"),
        (DataSpec("series", (20, 1), "series", 1), "series of 20x1 with the values that follow as targets"),
        (DataSpec("image", (1, 8, 8), "mask", 3), "images of 1x8x8 with a class for every pixel as targets"),
        (DataSpec("none", (0,), "number", 2), "none at all"),
    ],
)
def test_data_in_a_phrase(spec: DataSpec, phrase: str) -> None:
    assert str(spec) == phrase


def test_one_output_for_a_class_also_where_the_network_gives_a_single_number() -> None:
    spec = DataSpec("image", (1, 8, 8), "class", 3, classes=("a", "b", "c"))
    assert spec.aimed(1).outputs == 1
    assert str(spec.aimed(1)) == str(spec)
