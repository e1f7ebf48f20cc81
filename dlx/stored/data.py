"""The form of data.json: how a file was read, and what the training split of a run decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlx.stored.form import Fields, node, optional
from dlx.stored.read import stored

DATA = Fields(others={"preprocessing": optional(node)})


def read_preprocessing(folder: Path) -> dict[str, Any] | None:
    """Return the record of the preprocessing of the run in a folder, or None if it has none.

    `dlx.data.preprocessing.Preprocessing.restored` checks it.

    Raises:
        BrokenFileError: The file is broken.
    """
    found = stored(folder / "data.json", DATA)
    return None if found is None else found["preprocessing"]
