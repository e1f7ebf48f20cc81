"""Data files of installed libraries, found without importing the libraries, which would take seconds."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dlx.errors import ConfigError


def library_file(library: str, *parts: str) -> Path:
    """Return the path of a file inside an installed package, e.g. `("sklearn", "datasets", "data", "iris.csv")`."""
    spec = find_spec(library)
    assert spec is not None, f"{library} is a dependency"
    assert spec.origin is not None, f"{library} is a package of files"
    return Path(spec.origin).parent.joinpath(*parts)


def labeled_table(name: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return inputs (examples, features), classes (examples,) and class names from a table of scikit-learn.

    The first line holds the number of examples, the number of features, and the names of the classes.
    """
    file = library_file("sklearn", "datasets", "data", name)
    with file.open() as lines:
        classes = tuple(lines.readline().strip().split(",")[2:])
    rows = np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(np.int64), classes


def statistics_table(name: str) -> dict[str, list[str]]:
    """Return the columns of a table of statsmodels by name, as text."""
    file = library_file("statsmodels", "datasets", name, f"{name}.csv")
    with file.open(newline="") as lines:
        rows = list(csv.reader(lines))
    return {column: [row[place] for row in rows[1:]] for place, column in enumerate(rows[0])}


def extra_file(library: str, package: str, command: str, *parts: str) -> Path:
    """Return the path of a file of a package that dlx does not need otherwise.

    Args:
        library: name that is imported.
        package: name of the package.
        command: command that installs it.
        parts: path of the file inside the package.

    Raises:
        ConfigError: If the package is not installed, or has no such file.
    """
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        raise ConfigError(f"dataset: the data come with {package}, which is not installed; type: {command}")
    file = Path(spec.origin).parent.joinpath(*parts)
    if not file.is_file():
        raise ConfigError(f"dataset: {file} is missing; another version of {package} has it; type: {command} --upgrade")
    return file
