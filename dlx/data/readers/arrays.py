"""Arrays of the user's from an npz archive or npy files: which are inputs and targets, and what they are."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlx.errors import ConfigError, nearest, pasted
from dlx.files import is_folder, is_there, special

SUFFIX = ".npy"
PARTS = ("train", "val", "test")
# Names of inputs and of targets that are recognized, also with the name of a split before or behind them.
INPUTS = ("x", "inputs", "input", "data", "images", "image", "features")
TARGETS = ("y", "targets", "target", "labels", "label", "masks", "mask", "classes")
SPLITS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}


@dataclass(frozen=True)
class Pair:
    """Inputs with their targets, and the names of both for messages.

    Attributes:
        x: inputs (examples, ...).
        y: targets (examples, ...), or None.
        x_name: name of the inputs.
        y_name: name of the targets, or "".
    """

    x: np.ndarray
    y: np.ndarray | None
    x_name: str
    y_name: str


def read_pairs(path: Path, x: str | None, y: str | None) -> tuple[dict[str, Pair], list[str]]:
    """Return inputs and targets by split, "" if the file defines none, and the names of arrays that are not used.

    Args:
        path: an npz archive, an npy file of inputs, or a folder of npy files.
        x: name of the inputs; None: it is found.
        y: name of the targets, or the npy file that holds them; None: it is found.

    Raises:
        ConfigError: the file cannot be read, or the arrays are missing, hold objects or differ in length.
    """
    arrays, x, y = opened(path, x, y)
    kept = dict(arrays)
    if x is None and (parts := in_parts(arrays)):
        pairs = {part: Pair(arrays[a], arrays[b] if b else None, a, b) for part, (a, b) in parts.items()}
    else:
        x_name = chosen(arrays, x, INPUTS, "x", path)
        y_name = chosen(arrays, y, TARGETS, "y", path) if y is not None else found(arrays, TARGETS)
        pairs = {"": Pair(arrays[x_name], arrays[y_name] if y_name else None, x_name, y_name)}
    for pair in pairs.values():
        check_length(pair, path)
        kept = {name: array for name, array in kept.items() if name not in (pair.x_name, pair.y_name)}
    return pairs, sorted(kept)


def opened(path: Path, x: str | None, y: str | None) -> tuple[Mapping[str, np.ndarray], str | None, str | None]:
    """Return the arrays of a file or folder by name, and the names of inputs and targets as far as they are known."""
    if is_folder(path):
        files = {file.stem: file for file in sorted(path.glob(f"*{SUFFIX}"))}
        if not files:
            raise ConfigError(f"dataset.path: {path} holds no .npy file; expected e.g. x.npy and y.npy, or an .npz")
        return {name: array_of(file) for name, file in files.items()}, x, y
    if not is_there(path):
        if what := special(path):
            raise ConfigError(f"dataset.path: {str(path)!r} {what}")
        near = [other.name for other in path.parent.iterdir()] if is_folder(path.parent) else []
        raise ConfigError(f"dataset.path: there is no file {str(path)!r}{nearest(path.name, near)}")
    if path.suffix != SUFFIX:
        return members(path), x, y
    if x is not None:
        raise ConfigError(f"dataset.x: {path} is a single array; expected null, or an .npz file with several arrays")
    arrays = {path.stem: array_of(path)}
    if y is None:
        return arrays, path.stem, None
    file = Path(y).expanduser()
    if not is_there(file):
        raise ConfigError(f"dataset.y: there is no file {y!r}; the inputs are an .npy file, and so are the targets")
    name = file.stem if file.stem != path.stem else str(file)
    return {**arrays, name: array_of(file, "y")}, path.stem, name


def array_of(file: Path, key: str = "path") -> np.ndarray:
    """Return the array of an npy file, mapped into memory.

    Raises:
        ConfigError: it holds objects of Python, or is no array.
    """
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise ConfigError(f"dataset.{key}: {why(file, error)}") from None


def members(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an npz archive by name.

    Raises:
        ConfigError: it is no such archive, is damaged, or an array holds objects of Python.
    """
    name = ""
    try:
        arrays = {}
        with path.open("rb") as file:  # which NumPy itself leaves open where it is damaged
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ConfigError(f"dataset.path: {path} is a single array; give its name the ending {SUFFIX}")
            for name in archive.files:
                arrays[name] = archive[name]
    except (ValueError, OSError, EOFError, SyntaxError, zipfile.BadZipFile, KeyError) as error:
        raise ConfigError(f"dataset.path: {why(path, error, name)}") from None
    if not arrays:
        raise ConfigError(f"dataset.path: {path} holds no array; expected e.g. np.savez('{path}', x=x, y=y)")
    return arrays


def why(file: Path, error: Exception, name: str = "") -> str:
    """Return why an array cannot be read."""
    what = f"{name!r} in {file}" if name else str(file)
    if "allow_pickle" in str(error):
        return (
            f"{what} holds objects of Python, which could run a program and are not read; expected numbers or words, "
            "e.g. np.asarray(x, dtype=float)"
        )
    return f"{what} cannot be read as an array: {' '.join(str(error).split())}"


def in_parts(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
    """Return the names of inputs and targets of each split: `x_train` and `y_train`, or `train_images` and so on."""
    names = {name.casefold(): name for name in arrays}

    def of_part(part: str, kinds: tuple[str, ...]) -> str:
        forms = [f for kind in kinds for word in SPLITS[part] for f in (f"{kind}_{word}", f"{word}_{kind}")]
        return next((names[form] for form in forms if form in names), "")

    seen = {part: (of_part(part, INPUTS), of_part(part, TARGETS)) for part in PARTS}
    seen = {part: pair for part, pair in seen.items() if pair[0]}
    return seen if "train" in seen and len(seen) > 1 else {}


def found(arrays: Mapping[str, np.ndarray], kinds: tuple[str, ...]) -> str:
    """Return the name of an array that is one of the usual ones, or ""."""
    names = {name.casefold(): name for name in arrays}
    return next((names[kind] for kind in kinds if kind in names), "")


def chosen(arrays: Mapping[str, np.ndarray], name: str | None, kinds: tuple[str, ...], key: str, path: Path) -> str:
    """Return the name of the inputs or of the targets.

    Raises:
        ConfigError: there is no such array, or none of the usual ones.
    """
    holds = ", ".join(f"{other} {array.shape}" for other, array in arrays.items())
    if name is not None and name not in arrays:
        raise ConfigError(f"dataset.{key}: no array {name!r} in {path}{nearest(name, arrays)}; it holds {holds}")
    name = name or found(arrays, kinds) or (next(iter(arrays)) if len(arrays) == 1 else None)
    if name is None:
        raise ConfigError(
            f"dataset.{key}: which array holds the {'inputs' if key == 'x' else 'targets'}? {path} holds {holds}; e.g. "
            f"{pasted(f'dataset.{key}', next(iter(arrays)))}"
        )
    return name


def check_length(pair: Pair, path: Path) -> None:
    """Refuse inputs and targets that are no arrays of as many examples.

    Raises:
        ConfigError: it names both.
    """
    for array, name in ((pair.x, pair.x_name), (pair.y, pair.y_name)):
        if array is not None and (array.ndim == 0 or len(array) == 0):
            raise ConfigError(f"dataset.path: {name!r} in {path} has the shape {array.shape}; expected (examples, ...)")
    if pair.y is not None and len(pair.x) != len(pair.y):
        raise ConfigError(
            f"dataset.path: {pair.x_name!r} in {path} has {len(pair.x)} examples, {pair.y_name!r} has {len(pair.y)}; "
            "expected as many"
        )
