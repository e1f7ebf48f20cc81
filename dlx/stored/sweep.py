"""The forms of the files of a sweep: sweep.json, and tuning.json where a key was tuned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlx.stored.form import Fields, amount, count, listed, mapped, number, optional, path, text
from dlx.stored.read import stored

SWEEP = Fields(
    needed={"runs": listed(Fields({"folder": path}, {"identity": text, "overrides": listed(text)}))},
    others={"command": listed(text), "cells": listed(Fields({"labels": mapped(text), "run": count}))},
)  # command: None if the file does not record it
TUNING = Fields(
    needed={
        "key": text,
        "by": text,
        "chosen": listed(Fields({"labels": mapped(text), "value": text}, {"scores": mapped(optional(number))})),
        "runs": count,
        "seconds": amount,
    },
)


def read_sweep(folder: Path) -> dict[str, Any] | None:
    """Return the sweep.json of a folder, or None if it is not that of a sweep.

    Raises:
        BrokenFileError: The file is broken.
    """
    return stored(folder / "sweep.json", SWEEP)  # type: ignore[no-any-return]


def read_tuning(folder: Path) -> dict[str, Any] | None:
    """Return the tuning.json of the folder of a sweep, or None if there is none.

    Raises:
        BrokenFileError: The file is broken.
    """
    return stored(folder / "tuning.json", TUNING)  # type: ignore[no-any-return]
