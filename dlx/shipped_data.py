"""Data files that come with installed libraries, found without importing the libraries (seconds of start-up)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def library_file(library: str, *parts: str) -> Path:
    """Return the path of a file inside an installed package, e.g. `("sklearn", "datasets", "data", "iris.csv")`."""
    spec = find_spec(library)
    assert spec is not None, f"{library} is a dependency"
    assert spec.origin is not None, f"{library} is a package of files"
    return Path(spec.origin).parent.joinpath(*parts)
