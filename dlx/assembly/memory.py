"""Memory: what a run has held, and what does not fit said as such, for which torch and numpy have a dozen words."""

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
    """Tell whether an error says that something is too large to be held."""
    return isinstance(error, MemoryError) or any(word in str(error) for word in WORDS)


def machine_memory() -> float:
    """Return the bytes of this machine's memory; without a bound where the system does not tell (Windows)."""
    if sys.platform == "win32":
        return math.inf
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_memory() -> float | None:
    """Return the most memory that this process has held, in MiB; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


@contextmanager
def within_memory(path: str) -> Iterator[None]:
    """Refuse what asks for more memory than there is inside the block.

    Raises:
        ConfigError: names the part of the configuration.
    """
    try:
        yield
    except (MemoryError, RuntimeError, TypeError, ValueError) as error:
        if not out_of_memory(error):
            raise
        raise ConfigError(f"{path}: needs more memory than there is; expected smaller sizes") from error
