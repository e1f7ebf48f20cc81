"""Columns, classes and examples are chosen by name and by share."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.data.raw import Table
from dlx.data.select import select_classes, select_columns, select_prevalence
from dlx.dataset.adding import Adding
from dlx.dataset.iris import Iris
from dlx.errors import ConfigError

IRIS = Iris().load(0)


def test_columns() -> None:
    chosen = select_columns(IRIS, ["petal_width", "sepal_length"], None)
    assert chosen.features == ("petal_width", "sepal_length")
    assert np.array_equal(chosen.inputs, IRIS.inputs[:, [3, 0]])
    assert chosen.classes == IRIS.classes


def test_a_column_becomes_the_target() -> None:
    chosen = select_columns(IRIS, None, "petal_length")
    assert np.array_equal(chosen.targets, IRIS.inputs[:, 2:3])
    assert np.array_equal(chosen.inputs, IRIS.inputs[:, [0, 1, 3]])
    assert chosen.classes == ()


def test_features_of_sequences() -> None:
    table = Adding(examples=5, length=7).load(0)
    chosen = select_columns(table, ["marker"], None)
    assert np.array_equal(chosen.inputs, table.inputs[:, :, 1:])
    with pytest.raises(ConfigError, match=r"dataset.target: needs vectors"):
        select_columns(table, None, "marker")


def test_classes_are_numbered_as_they_are_named() -> None:
    chosen, rows = select_classes(IRIS, ["virginica", "setosa"])
    assert rows.tolist() == [*range(50), *range(100, 150)]
    assert chosen.targets.tolist() == [1] * 50 + [0] * 50
    assert np.array_equal(chosen.inputs, IRIS.inputs[rows])
    digits = Table(np.zeros((4, 1)), np.array([0, 1, 2, 1]), classes=("0", "1", "2"))
    assert select_classes(digits, [1, 2])[0].targets.tolist() == [0, 1, 0]  # numbers as they are typed


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_prevalence_keeps_as_many_as_possible(share: float) -> None:
    table, _ = select_classes(IRIS, ["setosa", "virginica"])
    chosen, rows = select_prevalence(table, share, np.random.default_rng(0))
    assert chosen.targets.mean() == pytest.approx(share, abs=0.01)
    assert 50 in np.bincount(chosen.targets)  # one class stays whole
    assert len(set(rows)) == len(rows) == len(chosen.inputs)
    assert np.array_equal(chosen.targets, table.targets[rows])


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: select_columns(IRIS, ["petal_widht"], None), "dataset.features: no such column .* 'petal_width'"),
        (lambda: select_columns(IRIS, None, "sepal"), "dataset.target: no such column 'sepal'"),
        (lambda: select_columns(IRIS, [], None), "dataset.features: expected at least one column"),
        (lambda: select_columns(IRIS, ["petal_width"], "petal_width"), "'petal_width' is the target"),
        (lambda: select_classes(IRIS, ["setosa", "virginia"]), "dataset.classes: no such class .* 'virginica'"),
        (lambda: select_classes(IRIS, ["setosa"]), "dataset.classes: expected at least two different"),
        (lambda: select_classes(IRIS, ["setosa", "setosa"]), "at least two different"),
        (lambda: select_prevalence(IRIS, 0.5, np.random.default_rng(0)), "dataset.prevalence: needs two classes"),
        (lambda: select_columns(Table(np.zeros((2, 2)), np.zeros(2)), ["x"], None), "columns .* have no names"),
    ],
)
def test_mistakes(mistake, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        mistake()
