"""Reading of checkpoints as plain containers; loading one executes no code."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from dlx.errors import ConfigError
from dlx.files import is_there


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return a checkpoint as plain containers (`weights_only`), or None if there is no such file.

    Raises:
        ConfigError: The file is not a checkpoint or is truncated.
    """
    if not is_there(path):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about a broken file before it fails
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
            raise ValueError("no weights in it")
        return checkpoint
    except Exception as error:  # a broken file can raise any exception; nothing in it is executed
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ConfigError(f"{path}: expected a checkpoint of dlx, but it cannot be read ({reason})") from None
