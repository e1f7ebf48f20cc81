"""The confusion matrix of a run against scikit-learn's, in words, and files that are no predictions."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import confusion_matrix

from dlx.errors import ConfigError
from dlx.results.confusion import confusion_table, frequent_error, read_confusion
from dlx.results.runs import Run
from dlx.stored.read import BrokenFileError
from dlx.study.book.confusion import summed

NAMES = ["cat", "dog", "cow"]


def write(folder: Path, kind: str = "class", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Write what a run of three classes leaves, and return its scores and true classes."""
    random = np.random.default_rng(seed)
    scores, true = random.normal(size=(50, 3)).astype("float32"), random.integers(0, 3, 50)
    folder.mkdir()
    (folder / "identity.json").write_text(json.dumps({"target": {"kind": kind, "classes": NAMES}}))
    np.savez(folder / "predictions.npz", prediction=scores, target=true, index=np.arange(50))
    return scores, true


def test_counts_are_those_of_scikit_learn(tmp_path: Path) -> None:
    scores, true = write(tmp_path / "a")
    other = write(tmp_path / "b", seed=1)
    found = read_confusion(tmp_path / "a")
    assert found is not None
    assert found[0] == NAMES
    wanted = confusion_matrix(true, scores.argmax(1))
    assert np.array_equal(found[1], wanted)
    both = summed([Run(tmp_path / name, {"status": "finished"}) for name in "ab"])[1]
    assert np.array_equal(both, wanted + confusion_matrix(other[1], other[0].argmax(1)))
    text = io.StringIO()
    Console(file=text, width=80).print(confusion_table(*found))
    rows = [line.split() for line in text.getvalue().splitlines()]
    for name, counts in zip(NAMES, wanted, strict=True):
        assert [name, *map(str, counts), f"{counts[NAMES.index(name)] / counts.sum():.3g}"] in rows


def test_the_most_frequent_error_is_named() -> None:
    counts = np.array([[5, 0, 1], [0, 6, 0], [3, 0, 4]])
    assert frequent_error(NAMES, counts) == "most frequent error: cow is taken for cat (3 of 7 times)"
    assert frequent_error(NAMES, np.diag([5, 6, 7])) == "no error among 18 test examples"


def test_what_is_no_classifier_has_no_matrix(tmp_path: Path) -> None:
    write(tmp_path / "numbers", kind="number")
    assert read_confusion(tmp_path / "numbers") is None
    with pytest.raises(ConfigError, match="has no confusion matrix of the same classes"):
        summed([Run(tmp_path / "numbers", {"status": "finished"})])
    write(tmp_path / "none")
    (tmp_path / "none" / "predictions.npz").unlink()
    assert read_confusion(tmp_path / "none") is None
    write(tmp_path / "two")
    np.savez(tmp_path / "two" / "predictions.npz", prediction=np.zeros((4, 2)), target=np.zeros(4, int))
    assert read_confusion(tmp_path / "two") is None


def test_objects_are_not_unpickled_and_garbage_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a")
    file = tmp_path / "a" / "predictions.npz"
    np.savez(file, prediction=np.array([{}], object), target=np.zeros(1, int))
    with pytest.raises(BrokenFileError, match=r"predictions.npz: is broken \(Object arrays"):
        read_confusion(tmp_path / "a")
    file.write_bytes(b"PK garbage")
    with pytest.raises(BrokenFileError, match="is broken"):
        read_confusion(tmp_path / "a")
