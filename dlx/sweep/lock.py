"""A lock on the folder of a sweep, so that two processes do not train the same runs into the same folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlx.console import relative
from dlx.errors import ConfigError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock the folder of a sweep in the block; the system releases the lock if the process is killed.

    Raises:
        ConfigError: Another process holds the lock.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError(
            f"{relative(folder)}: another process is running this sweep; wait for it, or choose another folder with "
            "hydra.sweep.dir=..."
        ) from None
    try:
        yield
    finally:
        lock.release()
