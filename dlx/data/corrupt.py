"""Corruption of a dataset: noise in labels and inputs, drawn once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlx.data.raw import Table
from dlx.errors import ConfigError


def shuffle_labels(table: Table, random: np.random.Generator) -> Table:
    """Return the table with randomly permuted targets, which are then independent of the inputs (Zhang et al. 2017).

    All kinds of target that the table offers are permuted alike.

    Raises:
        ConfigError: there are no targets.
    """
    if table.targets is None and not table.offers:
        raise ConfigError("dataset.shuffle_labels: needs targets; the dataset gives none")
    order = random.permutation(len(table.inputs))
    offers = {kind: label.rows(order) for kind, label in table.offers.items()}
    return replace(table, targets=None if table.targets is None else table.targets[order], offers=offers)


def replace_labels(labels: np.ndarray, share: float, classes: int, random: np.random.Generator) -> np.ndarray:
    """Return labels (examples,) with a fraction replaced by another class, all others equally likely.

    The examples that change at a small fraction are among those that change at a larger one.
    """
    hit = random.permutation(len(labels))[: round(share * len(labels))]
    noisy = labels.copy()
    noisy[hit] = (labels[hit] + random.integers(1, classes, len(labels))[: len(hit)]) % classes
    return noisy


def append_noise(table: Table, count: int, random: np.random.Generator) -> Table:
    """Return the table with columns of standard normal noise appended to the inputs; images become vectors of pixels.

    Raises:
        ConfigError: the inputs are neither vectors nor images.
    """
    if count == 0:
        return table
    if table.input == "image":
        table = replace(table, inputs=table.inputs.reshape(len(table.inputs), -1), input="vector")
    if table.input != "vector":
        raise ConfigError(f"dataset.noise_features: needs vectors; the dataset gives {table.input}s")
    noise = random.standard_normal((len(table.inputs), count), dtype=np.float32)
    names = tuple(f"noise_{number}" for number in range(1, count + 1)) if table.features else ()
    return replace(table, inputs=np.concatenate([table.inputs, noise], 1), features=table.features + names)
