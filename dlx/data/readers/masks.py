"""The classes of the pixels of masks: the values that occur, with their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlx.data.raw import Label
from dlx.data.store import blocks
from dlx.errors import ConfigError, pasted

MOST = 64  # classes
LOSSY = (".jpg", ".jpeg", ".webp")


def label_of(values: np.ndarray, colored: bool, paths: Sequence[Path], names: Sequence[str]) -> Label:
    """Return masks whose values are the numbers of the classes, in the order of the values.

    Args:
        values: values or colors (masks, height, width); it is changed.
        colored: whether they are colors.
        paths: the file of each mask, for messages.
        names: names of the classes; (): the value or color, `background` for 0 and `object` for the only other one.

    Raises:
        ConfigError: there are too many values, a single one, or another number of names.
    """
    seen = np.array([], dtype=np.int64)
    for place in range(len(values)):
        seen = np.union1d(seen, values[place])
        if len(seen) > MOST:
            lossy = paths[place].suffix.casefold() in LOSSY
            why = "a lossy format blurs the borders; save masks as PNG" if lossy else "expected a value for each class"
            raise ConfigError(f"dataset.path: masks with more than {MOST} values up to {paths[place]}; {why}")
    if len(seen) == 1:
        raise ConfigError(
            f"dataset.path: all pixels of the {len(values)} masks have the value {named(seen[0], colored)}; expected a "
            "value for each of two or more classes"
        )
    if names and len(names) != len(seen):
        had = [named(value, colored) for value in seen]
        raise ConfigError(
            f"dataset.mask_classes: {len(names)} names for the {len(seen)} values {', '.join(had)}; expected one each, "
            f"e.g. {pasted('dataset.mask_classes', given_names(seen, colored))}"
        )
    for block in blocks(values):
        values[block] = np.searchsorted(seen, values[block])
    return Label(values, tuple(names) or tuple(given_names(seen, colored)))


def given_names(seen: np.ndarray, colored: bool) -> list[str]:
    """Return names for the values of masks."""
    if len(seen) == 2 and seen[0] == 0:
        return ["background", "object"]
    return ["background" if value == 0 else named(value, colored) for value in seen]


def named(value: int, colored: bool) -> str:
    """Return a value as it is written: a number, or a color such as #ff0000."""
    return f"#{value:06x}" if colored else str(value)
