"""The form of outputs/test_looks.json: how often the test split of each data set has been looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlx.stored.form import Fields, count, mapped, text
from dlx.stored.read import stored

NAME = "test_looks.json"
LOOKS = Fields(
    others={
        "schema": count,
        "data": mapped(
            Fields(
                needed={"looks": count},
                others={"dataset": text, "first": text, "last": text},
                defaults={"dataset": "", "first": "", "last": ""},
            )
        ),
    },
    defaults={"schema": 1, "data": {}},
)


def read_test_looks(outputs: Path) -> dict[str, Any]:
    """Return the looks at the test splits by the hash of the data; {} if none is recorded.

    Raises:
        BrokenFileError: The file is broken.
    """
    found = stored(outputs / NAME, LOOKS)
    return {} if found is None else dict(found["data"])
