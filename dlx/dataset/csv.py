"""Your own table, from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.data.readers.csv import CLASSES_AT_MOST, Column, as_numbers, encode, first_word, read_columns, refuse_slip
from dlx.errors import ConfigError, nearest


class CSV(Dataset):
    """A CSV file with a header line, one row for each example, and a column to predict.

    Columns of words are one-hot encoded. The target is treated as classes if it holds words or at most 20 different
    whole numbers; `target_kind` overrides this.

    Args:
        path: path of the file, relative to the current folder.
        target: name of the column to predict.
        features: names of the input columns; null: all others.
        target_kind: `class` or `number`; `auto` decides by the values.
        delimiter: character that separates the columns; backslash and t stand for a tab.

    Example:
        dlx train dataset=csv dataset.path=houses.csv dataset.target=price
    """

    def __init__(
        self,
        *,
        path: str,
        target: str,
        features: list[str] | None,
        target_kind: Literal["auto", "class", "number"],
        delimiter: str,
    ) -> None:
        self.path, self.target, self.features = Path(path).expanduser(), target, features
        self.target_kind, self.delimiter = target_kind, delimiter

    def load(self, seed: int) -> Table:
        """Return inputs (rows, columns) and targets (rows,) of classes or (rows, 1) of numbers.

        Raises:
            ConfigError: the file is missing, empty or ragged, or a column or a number is missing.
        """
        columns = read_columns(self.path, self.delimiter)
        names = [name for name in columns if name != self.target] if self.features is None else self.features
        for key, name in [("target", self.target), *(("features", name) for name in names)]:
            if name not in columns:
                raise ConfigError(f"dataset.{key}: {self.path} has no column {name!r}{nearest(name, columns)}")
        if self.target in names:
            raise ConfigError(f"dataset.features: {self.target!r} is the target; leave it out of the inputs")
        if len(set(names)) < len(names):
            raise ConfigError(f"dataset.features: a column stands twice, got {names}; expected each once")
        if not names:
            raise ConfigError(f"dataset.features: {self.path} has no column beside the target {self.target!r}")
        inputs, labels = [], []
        for name in names:
            for label, values in encode(columns[name], name, self.path):
                inputs.append(values)
                labels.append(label)
        targets, classes = self._target(columns[self.target])
        return Table(np.stack(inputs, 1).astype(np.float32), targets, features=tuple(labels), classes=classes)

    def _target(self, cells: Column) -> tuple[np.ndarray, tuple[str, ...]]:
        numbers = as_numbers(cells)
        if numbers is None and self.target_kind == "auto":
            refuse_slip(cells, self.target, self.path, " (dataset.target_kind=class takes words)")
        few = len(set(cells)) <= CLASSES_AT_MOST
        if self.target_kind == "class" or (
            self.target_kind == "auto" and (numbers is None or (few and bool(np.all(numbers == numbers.round()))))
        ):
            classes = sorted(set(cells), key=lambda cell: (float(cell) if numbers is not None else 0.0, cell))
            if len(classes) < 2:
                raise ConfigError(
                    f"dataset.target: column {self.target!r} of {self.path} has one value only; "
                    "a classifier needs at least two classes"
                )
            index = {cell: number for number, cell in enumerate(classes)}
            return np.array([index[cell] for cell in cells]), tuple(classes)
        if numbers is None:
            line, cell = first_word(cells)
            raise ConfigError(
                f"{self.path}, line {line}: column {self.target!r} holds {cell!r}, expected a number "
                "(dataset.target_kind=class takes words)"
            )
        return numbers[:, None].astype(np.float32), ()
