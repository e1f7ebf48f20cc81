"""Reading of predictions.npz: the classes that a run predicted on its test split, beside the true ones."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from dlx.stored.read import LARGEST, BrokenFileError, content_of


def read_decisions(folder: Path, classes: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the true and the predicted class of each test example (examples,), the predicted one has the best score.

    Args:
        folder: the folder of a run.
        classes: number of classes.

    Returns:
        None if there is no predictions.npz, or if it has no score for each class and one true class for an example.

    Raises:
        BrokenFileError: The file is no archive of arrays, or is larger than a reader takes when it is unpacked.
    """
    path = folder / "predictions.npz"
    content = content_of(path)
    if content is None:
        return None
    try:
        with ZipFile(BytesIO(content)) as archive:
            if not {"prediction.npy", "target.npy"} <= set(archive.namelist()):
                return None
            scores, true = (array_of(archive, f"{name}.npy") for name in ("prediction", "target"))
    except (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, BadZipFile, zlib.error) as error:
        raise BrokenFileError(path, ascii(str(error))[1:-1][:200]) from None
    if scores.dtype.kind != "f" or true.dtype.kind not in "iu" or scores.shape != (len(true), classes):
        return None
    if true.ndim != 1 or not len(true) or true.min() < 0 or true.max() >= classes:
        return None
    return true.astype(np.int64), scores.argmax(1)


def array_of(archive: ZipFile, name: str) -> Any:
    """Return an array of an archive, at least 1-D; objects are not unpickled.

    Raises:
        ValueError: It is larger than a reader takes, or is no array of numbers.
    """
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} is larger than {LARGEST // 2**20} MiB when it is unpacked")
    with archive.open(name) as file:
        return np.atleast_1d(np.lib.format.read_array(BytesIO(file.read(LARGEST + 1)), allow_pickle=False))
