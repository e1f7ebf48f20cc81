"""Atomic writing of files, checksums of archives, and reading of JSON."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

# How a zip archive starts, and the record at its end: a signature, 16 bytes, and 2 for the length of the comment.
START, END, END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
MARK = b"dlx sha256 "
CHECKSUM_SIZE = len(MARK) + 64


def write_whole(path: Path, write: Callable[[Path], Any], sync: bool = True, former: Path | None = None) -> None:
    """Write a file atomically: to a temporary name, then sync and rename. Readers see the old file or the new one.

    Args:
        path: the file; its folder is created if it does not exist.
        write: writes the content to the path that it is given.
        sync: without it, the above does not hold if the machine crashes; a sync can take longer than a whole small run.
        former: path under which the old file is kept. For a moment there is a file under this name only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        write(partial)
        if sync:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
        if former is not None and path.exists():
            path.replace(former)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partial(*folders: Path) -> None:
    """Remove the unfinished files that a killed process left in folders; no other process may write there."""
    for folder in folders:
        for file in folder.glob("*.partial"):
            file.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Sync the names of the files in a folder, so that a renamed file keeps its new name if the machine crashes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def with_checksum(archive: bytes) -> bytes:
    """Return a zip archive with the SHA-256 of all its other bytes as its comment; readers of zip archives ignore it.

    Args:
        archive: the bytes of an archive without a comment.
    """
    assert archive[-END_SIZE:].startswith(END), "expected an archive without a comment"
    body = archive[:-2] + CHECKSUM_SIZE.to_bytes(2, "little")
    return body + checksum(body)


def checksum(body: bytes) -> bytes:
    """Return the comment that `with_checksum` appends."""
    return MARK + hashlib.sha256(body).hexdigest().encode()


def has_checksum(archive: bytes) -> bool:
    """Return True if the checksum of an archive is correct, and False if it has none.

    Of a zip archive without a checksum the CRC-32 of each member is checked, which does not cover the names and places
    of the members.

    Raises:
        ValueError: The archive is damaged.
    """
    body, comment = archive[:-CHECKSUM_SIZE], archive[-CHECKSUM_SIZE:]
    if comment == checksum(body):
        return True
    if archive[-END_SIZE:].startswith(END) and archive.endswith(b"\0\0"):  # an archive without a comment
        with zipfile.ZipFile(BytesIO(archive)) as members:
            if (damaged := members.testzip()) is not None:
                raise ValueError(f"the CRC-32 of {damaged} in it does not match: it is damaged")
    elif archive.startswith(START) or MARK in comment:
        raise ValueError("its checksum does not match: it is damaged or truncated")
    return False


def write_json(path: Path, value: Any, sync: bool = True) -> None:
    """Write a value as JSON, atomically."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    write_whole(path, lambda partial: partial.write_text(text + "\n", encoding="utf-8"), sync)


def read_json(path: Path) -> Any:
    """Return the value in a JSON file, or None if the file is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def is_there(path: Path) -> bool:
    """Return True if a path is that of a file; False also if it is too long for any file system."""
    try:
        return path.is_file()
    except OSError:
        return False
