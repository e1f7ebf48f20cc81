"""Padding of sequences of symbols."""

from __future__ import annotations

from torch import Tensor

HALF = 0.5  # the feature of the symbol 0 is 1 in padding and 0 elsewhere, perhaps with noise


def padding(x: Tensor, symbols: int) -> Tensor | None:
    """Return where one-hot sequences (batch, time, symbols) are padded, (batch, time), or None for other sequences.

    Args:
        x: inputs of a network.
        symbols: size of the vocabulary, 0 if the inputs are no symbols; see `DataSpec.symbols`.
    """
    return x[..., 0] > HALF if symbols else None


def lengths(absent: Tensor) -> Tensor:
    """Return the number of steps of each sequence that are not padded (batch,), at least 1."""
    return (~absent).sum(1).clamp_min(1)
