"""Description of a user's folder of pictures, or of arrays: classes, counts, sizes, and a command that trains on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlx.config import gate
from dlx.data.readers.arrays import SUFFIX, opened
from dlx.data.readers.folder import find_pictures
from dlx.data.readers.picture_heads import Wanted, candidates
from dlx.errors import ConfigError, pasted
from dlx.files import is_folder
from dlx.run.description import BINS, FEW, Description, Shown

ARRAYS = (SUFFIX, ".npz")
HALVED = 4  # sides of which the U-Net needs a multiple
MOST = 1 << 22  # numbers of an array that are looked at


def option_of(path: Path) -> str:
    """Return the dataset that reads a path: `image_folder`, `arrays`, or "" for a file of text."""
    if path.suffix in ARRAYS or (is_folder(path) and any(path.glob(f"*{SUFFIX}"))):
        return "arrays"
    return "image_folder" if is_folder(path) else ""


def describe_folder(path: Path, keys: Mapping[str, Any], option: str) -> Description:
    """Return the description of a folder of pictures, or of arrays.

    Args:
        path: the folder or file.
        keys: keys of the dataset.
        option: `image_folder` or `arrays`.

    Raises:
        ConfigError: its layout is not known, it cannot be read, or a key is invalid.
    """
    dataset = gate.option("dataset", option, "dataset", {**keys, "path": str(path)}).make()
    columns, count = pictures(path, keys) if option == "image_folder" else arrays(path)
    words = [pasted("dataset.path", str(path)), *(pasted(f"dataset.{key}", value) for key, value in keys.items())]
    model = "mlp"
    try:
        raw = dataset.load(0)
        reading = raw.reading.lines()
        networks = {"class": "cnn", "number": "cnn", "none": "autoencoder"}
        if raw.input != "vector":
            model = "unet" if "mask" in raw.offers else networks[raw.usual] if raw.input == "image" else "lstm"
        height, width = raw.inputs.shape[-2:] if raw.inputs.ndim == 4 else (HALVED, HALVED)
        if model == "unet" and (height % HALVED or width % HALVED) and option == "image_folder" and "size" not in keys:
            size = [max(HALVED, side // HALVED * HALVED) for side in (height, width)]
            words.append(pasted("dataset.size", size))
    except ConfigError as error:
        reading = [str(error)]
    command = " ".join(["dlx train", f"dataset={option}", *words, f"model={model}"])
    form, unit = ("a folder", "pictures") if option == "image_folder" else ("NumPy", "arrays")
    return Description(path, form, count, columns, reading, command, unit=unit)


def pictures(path: Path, keys: Mapping[str, Any]) -> tuple[tuple[Shown, ...], int]:
    """Return classes, splits, sizes and colors of pictures, and their number; pixels are not read."""
    found, failed = find_pictures(path, bool(keys.get("nested"))), dict[Path, str]()
    seen = candidates(found, Wanted("auto", "auto", "crop", "leave_out", False, (), 0), failed)
    shown = []
    if any(one.example.label for one in seen):
        shown.append(words("class", [one.example.label for one in seen]))
    if "" not in found.parts:
        shown.append(words("split", [one.part for one in seen]))
    for name, values in (("height", [one.head.height for one in seen]), ("width", [one.head.width for one in seen])):
        shown.append(numbers(name, "pixels", np.array(values)))
    shown.append(words("colors", [one.head.colors for one in seen]))
    shown.append(words("file", [one.example.picture.suffix.casefold().lstrip(".") for one in seen]))
    if any(one.example.mask for one in seen):
        shown.append(Shown("mask", "a picture of the same name", distinct=len(seen)))
    shown += [Shown(str(name), "cannot be read", problem=why) for name, why in list(failed.items())[:FEW]]
    return tuple(shown), sum(map(len, found.parts.values()))


def arrays(path: Path) -> tuple[tuple[Shown, ...], int]:
    """Return the arrays of a file, the first numbers of each, and their number."""
    found, _, _ = opened(path, None, None)
    shown = []
    for name, array in found.items():
        kind = f"{array.dtype} {'x'.join(map(str, array.shape))}"
        first = np.asarray(array[: max(1, MOST // max(1, array[:1].size))]) if array.ndim else np.asarray(array)[None]
        if array.dtype.kind in "biuf" and first.size:
            shown.append(numbers(name, kind, first.astype(float).ravel()))
        else:
            shown.append(words(name, [str(value) for value in first.ravel()[:MOST]], kind))
    return tuple(shown), len(found)


def words(name: str, values: Sequence[str], kind: str = "word") -> Shown:
    """Return how often words occur, the most frequent first."""
    counts = Counter(values).most_common()
    said = ", ".join(f"{word[:20]} {count / len(values):.0%}" for word, count in counts[:FEW]) + ", …" * (
        len(counts) > FEW
    )
    return Shown(name, kind, 0, len(counts), said, tuple(count / len(values) for _, count in counts[:BINS]))


def numbers(name: str, kind: str, values: np.ndarray) -> Shown:
    """Return smallest, median and largest number, and their distribution."""
    held = values[np.isfinite(values)]
    missing = len(values) - len(held)
    if not len(held):
        return Shown(name, kind, missing)
    low, middle, high = held.min(), np.median(held), held.max()
    counts = np.histogram(held, BINS)[0] if high > low else np.array([len(held)])
    said = f"{low:.6g} … {middle:.6g} … {high:.6g}"
    return Shown(name, kind, missing, len(np.unique(held)), said, tuple(counts / len(held)))
