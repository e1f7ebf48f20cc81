"""One process a sweep: a second start of the same one would train the same runs into the same folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlx.console import relative
from dlx.errors import ConfigError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a sweep's folder inside the block; the system lets go of it when the process ends, however it ends.

    Raises:
        ConfigError: another process holds it.
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
