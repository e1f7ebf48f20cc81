"""The values that the inputs of a table take from the training split: medians for missing ones, shares of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dlx.data.raw import Table


@dataclass(frozen=True)
class Fitted:
    """The statistics of the training split that columns of inputs are processed with.

    Attributes:
        filled: medians that stand for missing numbers, by the name of the input.
        shares: share of each word among the training examples, in the order of their numbers, by the name of the input.
    """

    filled: dict[str, float] = field(default_factory=dict)
    shares: dict[str, list[float]] = field(default_factory=dict)


def fit_columns(table: Table, train: np.ndarray) -> tuple[Table, Fitted]:
    """Return the table with missing numbers filled by the median, words replaced by their share, and both of these.

    Both are those of the training examples. A column without any number there is filled by 0; a word that does not
    occur there has the share 0.

    Args:
        table: inputs (examples, features) with `rules` for some of them.
        train: the training examples.
    """
    if not table.rules:
        return table, Fitted()
    fitted = Fitted()
    for label, rule in table.rules.items():
        if label not in table.features:  # a column that was not chosen
            continue
        column = table.inputs[:, table.features.index(label)]
        known = column[train]
        if rule == "share":
            counts = np.bincount(known[known >= 0].astype(int), minlength=int(column.max(initial=0)) + 1)
            fitted.shares[label] = (counts / len(train)).tolist()
            continue
        known = known[~np.isnan(known)]
        fitted.filled[label] = float(np.median(known)) if len(known) else 0.0
    inputs = apply_columns(table.inputs.copy(), table.features, fitted.filled, fitted.shares)
    reading = None if table.reading is None else replace(table.reading, filled=fitted.filled)
    return replace(table, inputs=inputs, rules={}, reading=reading), fitted


def apply_columns(
    inputs: np.ndarray, names: Sequence[str], filled: Mapping[str, float], shares: Mapping[str, Sequence[float]]
) -> np.ndarray:
    """Fill missing numbers of inputs (examples, features) and replace numbers of words, in place, and return them.

    A word without a share, and no word (-1), become 0.
    """
    for label, value in filled.items():
        column = inputs[:, names.index(label)]
        column[np.isnan(column)] = value
    for label, known in shares.items():
        column, values = inputs[:, names.index(label)], np.array([*known, 0.0])
        column[:] = np.where(column >= 0, values[column.clip(0, len(known)).astype(int)], 0.0)
    return inputs
