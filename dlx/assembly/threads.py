"""How many threads torch computes with on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Set torch's threads inside the block: results may depend on their number. None leaves it as it is."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def at_most(number: int | None) -> int:
    """Return the number of threads, or that of the process where it is smaller.

    What is computed before a run must not start more: a pool of processes is forked behind it, and a process that was
    forked beside threads would wait for them for ever.
    """
    here = torch.get_num_threads()
    return here if number is None else min(number, here)
