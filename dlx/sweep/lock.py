"""A lock on the folder of a sweep, so that two processes do not train the same runs into the same folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlx.console import relative
from dlx.errors import ConfigError
from dlx.files import refuse_links


@contextmanager
def alone(folder: Path, what: str = "sweep", key: str = "hydra.sweep.dir") -> Iterator[None]:
    """Lock the folder of a sweep or run in the block; the system releases the lock if the process is killed.

    Args:
        folder: the folder, created if it does not exist.
        what: `sweep` or `run`, for the message.
        key: the key that chooses another folder.

    Raises:
        ConfigError: Another process holds the lock, or the folder contains a link, or another file under its name.
    """
    from filelock import FileLock, Timeout

    refuse_links(folder, within=False)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ".lock"
    if file.exists() and (not file.is_file() or file.stat().st_size):  # it would be emptied, under its other names too
        raise ConfigError(f"{file}: is not the lock of a sweep, which is an empty file; remove it")
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError(
            f"{relative(folder)}: another process is running this {what}; wait for it, or choose another folder with "
            f"{key}=..."
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_held(folder: Path) -> bool:
    """Return True if a process holds the lock on a folder."""
    from filelock import FileLock, Timeout

    file = folder / ".lock"
    if file.is_symlink() or not file.is_file() or file.stat().st_size:  # it is not a lock, and would be emptied
        return False
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # a folder of someone else
        return False
    lock.release()
    return False
