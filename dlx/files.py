"""Writing of files, whole or line by line and never through a link, and checksums of archives.

The folder of a run may come from a stranger, with links that lead out of it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError

# How a zip archive starts, and the record at its end: a signature, 16 bytes, and 2 for the length of the comment.
START, END, END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
MARK = b"dlx sha256 "
CHECKSUM_SIZE = len(MARK) + 64


# What to do about an error of the system that keeps a file from being written.
REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or ask for a larger quota",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f)",
    errno.EROFS: "make the folder writable, or choose another one",
    errno.EACCES: "make the folder writable, or choose another one",
    errno.EPERM: "make the folder writable, or choose another one",
    errno.EIO: "check the disk",
    errno.ESTALE: "bring the folder back, or choose another one",
}
VANISHED = {errno.ENOENT, errno.ENOTDIR}


# What a path may be that is neither a file nor a folder; reading one may wait for ever.
SPECIAL = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def write_failure(error: BaseException, folder: Path | None = None) -> str | None:
    """Return why a file could not be written and what to do about it, or None for an error of another kind.

    Args:
        error: the error.
        folder: where it was to be written; errors about files elsewhere are of another kind.
    """
    if not isinstance(error, OSError) or error.errno is None:
        return None
    place = folder if error.filename is None else Path(os.fsdecode(error.filename))
    if folder is not None and place is not None and not place.absolute().is_relative_to(folder.absolute()):
        return None
    remedy = REMEDIES.get(error.errno)
    if error.errno in VANISHED and folder is not None:
        remedy = "the folder of the run has vanished: bring it back, or choose another one"
    if remedy is None:
        return None
    from dlx.console import relative  # rich is slow to import

    where = "a file" if place is None else relative(place)
    return f"{where}: cannot be written ({os.strerror(error.errno)}); {remedy}, and give the same command again"


def write_whole(path: Path, write: Callable[[Path], Any], sync: bool = True, former: Path | None = None) -> None:
    """Write a file atomically: to a temporary name, then sync and rename. Readers see the old file or the new one.

    A link in the place of the file is replaced; what it points to stays as it is.

    Args:
        path: the file; its folder is created if it does not exist.
        write: writes the content to the path that it is given.
        sync: without it, the above does not hold if the machine crashes; a sync can take longer than a whole small run.
        former: path under which the old file is kept. For a moment there is a file under this name only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))  # a file of our own
        write(partial)
        if sync:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
        if former is not None and path.exists():
            path.replace(former)
        partial.replace(path)
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None  # an error of writing names no file
        raise
    finally:
        partial.unlink(missing_ok=True)


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet; its folder is created if it does not exist.

    Raises:
        FileExistsError: It exists, or is a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)


def append_to(path: Path) -> int:
    """Open a file for appending and return its descriptor, for `open(path, "a", opener=...)`.

    A file with other names (hard links) is replaced by a copy first, so that only the one in this folder grows.

    Raises:
        OSError: It is a link, or cannot be opened.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    if os.fstat(descriptor).st_nlink == 1:
        return descriptor
    os.close(descriptor)
    content = path.read_bytes()
    write_whole(path, lambda partial: partial.write_bytes(content))
    return append_to(path)


def refuse_links(folder: Path, within: bool = True) -> None:
    """Refuse a folder to write in that contains a link; the folder itself may be one.

    Args:
        folder: the folder, which need not exist.
        within: also look into its subfolders.

    Raises:
        ConfigError: There is a link; the message names it.
    """
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_symlink():
            raise ConfigError(f"{entry.path}: is a link, and nothing is written through links; remove it")
        if within and entry.is_dir(follow_symlinks=False):
            refuse_links(Path(entry.path))


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
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n", sync)


def write_text(path: Path, text: str, sync: bool = True) -> None:
    """Write a text, atomically."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"), sync)


def is_folder(path: Path) -> bool:
    """Return True if a path is that of a folder; False also if it is too long for any file system."""
    try:
        return path.is_dir()
    except OSError:
        return False


def special(path: Path) -> str:
    """Return `a pipe`, `a socket` or `a device` if a path is that of one, with what is expected; otherwise ""."""
    try:
        kind = SPECIAL.get(stat.S_IFMT(path.stat().st_mode), "")
    except (OSError, ValueError):
        return ""
    return f"is {kind}; expected a file, so save its content first" if kind else ""


def is_there(path: Path) -> bool:
    """Return True if a path is that of a file; False also if it is too long for any file system."""
    try:
        return path.is_file()
    except OSError:
        return False
