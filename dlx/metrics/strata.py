"""Strata of the examples: by class, by an attribute of the data, or by time step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlx.data.prepared import Data, Split
from dlx.errors import ConfigError

MOST = 50  # values of an attribute


def check_strata(by: str | None, data: Data) -> None:
    """Refuse an attribute that the data do not have, or that takes a different value for nearly every example.

    Raises:
        ConfigError: names the valid choices.
    """
    if by is None:
        return
    attributes = {name: values for name, values in data.train.extra.items() if values.ndim == 1}
    choices = sorted(attributes) + {"class": ["class"], "mask": [], "boxes": []}.get(data.spec.target, ["output"])
    if by not in choices:
        raise ConfigError(f"metrics.by: the data have no attribute {by!r}; choose from: {', '.join(choices)}")
    if by in attributes and len(np.unique(attributes[by])) > MOST:
        raise ConfigError(f"metrics.by: {by} has more than {MOST} values; expected an attribute with few")


def strata(by: str, part: Split) -> Iterator[tuple[str, np.ndarray]]:
    """Yield name and rows of each stratum of a split: `class_3`, `size_4`."""
    values = part.targets.numpy() if by == "class" else part.extra[by]
    for value in np.unique(values):
        name = f"{value:g}" if np.issubdtype(values.dtype, np.number) else str(value)
        yield f"{by}_{name}", np.flatnonzero(values == value)
