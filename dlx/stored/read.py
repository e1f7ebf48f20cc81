"""The reader of JSON files: a file is missing, has its form, or is broken, which is said with its path."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError
from dlx.stored.form import Form, MisfitError, sound

LARGEST = 256 * 2**20  # bytes; the sweep.json of 100,000 runs has about 50 million


class BrokenFileError(ConfigError):
    """A file does not have its form. Readers of many files name it and pass over it.

    Attributes:
        path: the file.
        reason: why it cannot be read, in a line.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: is broken ({reason})")

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what rebuilds the error in another process."""
        return type(self), (self.path, self.reason)


def stored(path: Path, form: Form) -> Any:
    """Return the content of a JSON file in its form, or None if there is no such file.

    Raises:
        BrokenFileError: The file is there and cannot be read, is not JSON, or does not have the form.
    """
    content = content_of(path)
    if content is None:
        return None
    try:
        value = json.loads(content.decode())
        sound(value)
        return form(value, "")
    except MisfitError as error:
        raise BrokenFileError(path, str(error)) from None
    except RecursionError:
        raise BrokenFileError(path, "it is nested too deeply") from None
    except UnicodeDecodeError:
        raise BrokenFileError(path, "its text is not UTF-8") from None
    except ValueError as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else "a number in it is too long"
        raise BrokenFileError(path, f"it is no JSON: {reason}" if content.strip() else "it is empty") from None


def content_of(path: Path) -> bytes | None:
    """Return the bytes of a file, or None if it is missing.

    A pipe or a device is not read, since that may never end.

    Raises:
        BrokenFileError: It cannot be read, is no file, or is too large.
    """
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise BrokenFileError(path, "it is no regular file")
            if state.st_size > LARGEST:
                raise BrokenFileError(path, f"it is larger than {LARGEST // 2**20} MiB")
            return file.read(LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise BrokenFileError(path, (error.strerror or "it cannot be read").lower()) from None


def passed_over(broken: Iterable[BrokenFileError], most: int = 5) -> list[str]:
    """Return lines that name the files that were passed over; not all of very many."""
    found = list(broken)
    lines = [f"passed over {error}" for error in found[:most]]
    return lines + [f"passed over {len(found) - most} more broken files"] * (len(found) > most)
