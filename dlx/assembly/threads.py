"""The number of threads that torch uses on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Set the number of torch's threads in the block, on which results may depend. None leaves it unchanged."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def at_most(number: int | None) -> int:
    """Return the number of threads, or that of the process if it is smaller.

    Nothing before a run may start more threads: the launcher `pool` forks its processes afterwards, and a process
    that is forked beside running threads would wait for them forever.
    """
    here = torch.get_num_threads()
    return here if number is None else min(number, here)
