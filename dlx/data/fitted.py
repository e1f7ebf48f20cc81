"""The values that the inputs of a table take from the training split: medians for missing ones, shares of words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlx.data.raw import Table


def fit_columns(table: Table, train: np.ndarray) -> Table:
    """Return the table with missing numbers filled by the median, and numbers of words replaced by their share.

    Both are those of the training examples. A column without any number there is filled by 0; a word that does not
    occur there has the share 0.

    Args:
        table: inputs (examples, features) with `rules` for some of them.
        train: the training examples.
    """
    if not table.rules:
        return table
    inputs, filled = table.inputs.copy(), {}
    for label, rule in table.rules.items():
        if label not in table.features:  # a column that was not chosen
            continue
        column = inputs[:, table.features.index(label)]
        known = column[train]
        if rule == "share":
            counts = np.bincount(known[known >= 0].astype(int), minlength=int(column.max(initial=0)) + 1)
            column[:] = np.where(column >= 0, counts[column.clip(0).astype(int)] / len(train), 0.0)
            continue
        known = known[~np.isnan(known)]
        filled[label] = float(np.median(known)) if len(known) else 0.0
        column[np.isnan(column)] = filled[label]
    reading = None if table.reading is None else replace(table.reading, filled=filled)
    return replace(table, inputs=inputs, rules={}, reading=reading)
