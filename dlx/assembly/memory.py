"""The memory of the machine and of the process, and one error for all out-of-memory errors of torch and numpy."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dlx.errors import ConfigError

WORDS = (
    "can't allocate memory",
    "out of memory",
    "Storage size calculation overflowed",
    "numel: integer multiplication overflow",
    "Maximum allowed dimension exceeded",
    "array is too big",
    "Overflow when unpacking long",
)


def out_of_memory(error: BaseException) -> bool:
    """Return True if an error means that memory ran out or that a size is too large."""
    return isinstance(error, MemoryError) or any(word in str(error) for word in WORDS)


def machine_memory() -> float:
    """Return the memory of this machine in bytes; infinity if the system does not report it (Windows)."""
    if sys.platform == "win32":
        return math.inf
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_memory() -> float | None:
    """Return the peak memory of this process in MiB, or None if the system does not report it (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


@contextmanager
def within_memory(path: str) -> Iterator[None]:
    """Turn out-of-memory errors in the block into a `ConfigError`.

    Args:
        path: the part of the configuration that the message names.

    Raises:
        ConfigError: The block needs more memory than there is.
    """
    try:
        yield
    except (MemoryError, RuntimeError, TypeError, ValueError) as error:
        if not out_of_memory(error):
            raise
        raise ConfigError(f"{path}: needs more memory than there is; expected smaller sizes") from error
