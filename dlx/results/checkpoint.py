"""Checkpoints read back as plain containers: loading one runs no code of its own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from dlx.errors import ConfigError
from dlx.files import is_there


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint as plain containers (`weights_only`); None where there is none.

    Raises:
        ConfigError: the file is no checkpoint, or cut off.
    """
    if not is_there(path):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a broken file torch warns before it fails
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
            raise ValueError("no weights in it")
        return checkpoint
    except Exception as error:  # broken bytes can lead an unpickler anywhere; it executes nothing
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ConfigError(f"{path}: expected a checkpoint of dlx, but it cannot be read ({reason})") from None
