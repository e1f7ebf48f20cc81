"""Arrays that are kept in memory, or in a file if they are larger than a limit: the system reads what is used."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np

from dlx.errors import ConfigError

BLOCK = 1 << 24  # bytes that are handled at once
MIB = 1 << 20


def allocated(shape: tuple[int, ...], kind: type | np.dtype, limit: int | None) -> np.ndarray:
    """Return an array of zeros.

    It lies in memory, or, if it is larger than the limit, in a file without a name, which vanishes with the process
    however that ends. The file is in the folder of the variable TMPDIR, else in /var/tmp, which is a disk where /tmp
    may be memory.

    Args:
        shape: shape of the array.
        kind: type of its numbers.
        limit: largest number of bytes in memory; None: all.

    Raises:
        ConfigError: there is no room for the file.
    """
    size = prod(shape) * np.dtype(kind).itemsize
    if limit is None or size <= limit:
        return np.zeros(shape, kind)
    folder = room()
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ConfigError(
            f"dataset.memory: the examples take {size / MIB:,.0f} MiB, of which {limit / MIB:,.0f} may be in memory, "
            f"and {folder} has {free / MIB:,.0f} MiB free; free some space, or name another: TMPDIR=FOLDER dlx ..."
        )
    with tempfile.TemporaryFile(prefix="dlx-", dir=folder) as file:
        return np.memmap(file, kind, mode="w+", shape=shape)  # the mapping outlives the open file


def room() -> Path:
    """Return the folder of files without a name."""
    place = Path("/var/tmp")  # noqa: S108
    return place if "TMPDIR" not in os.environ and os.access(place, os.W_OK) else Path(tempfile.gettempdir())


def is_mapped(array: np.ndarray) -> bool:
    """Return whether an array, or the one that it is a view of, lies in a file."""
    base: object = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return False


def blocks(array: np.ndarray, count: int | None = None) -> Iterator[slice]:
    """Yield slices of the rows of an array, each of at most 16 MiB, or of one row.

    Args:
        array: array (rows, ...).
        count: number of rows; None: those of the array.
    """
    size = max(1, BLOCK // max(1, prod(array.shape[1:]) * array.itemsize))
    for begin in range(0, len(array) if count is None else count, size):
        yield slice(begin, begin + size)


def taken(array: np.ndarray, chosen: np.ndarray, kind: type, limit: int | None) -> np.ndarray:
    """Return the chosen rows of an array as numbers of a type; the limit is that of `allocated`."""
    found = allocated((len(chosen), *array.shape[1:]), kind, limit)
    for block in blocks(array, len(chosen)):
        found[block] = array[chosen[block]]
    return found
