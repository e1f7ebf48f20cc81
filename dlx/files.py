"""Atomic writing of files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_whole(path: Path, write: Callable[[Path], Any], sync: bool = True) -> None:
    """Write a file atomically: to a temporary name, then sync and rename. Readers see the old file or the new one.

    Without `sync` this does not hold if the machine crashes; a sync can take longer than a whole small run.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        write(partial)
        if sync:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any, sync: bool = True) -> None:
    """Write a value as JSON, atomically."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    write_whole(path, lambda partial: partial.write_text(text + "\n", encoding="utf-8"), sync)


def is_there(path: Path) -> bool:
    """Return True if a path is that of a file; False also if it is too long for any file system."""
    try:
        return path.is_file()
    except OSError:
        return False
