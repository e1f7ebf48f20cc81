"""Reading of checkpoints as plain containers, with their checksums; loading one executes no code."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from dlx.errors import ConfigError
from dlx.files import has_checksum, is_there

LAST, PREVIOUS, BEST = "last.ckpt", "previous.ckpt", "best.ckpt"


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return a checkpoint as plain containers (`weights_only`), or None if there is no such file.

    Raises:
        ConfigError: The file is not a checkpoint, or is damaged or truncated according to its checksum.
    """
    if not is_there(path):
        return None
    try:
        content = path.read_bytes()
        has_checksum(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about a broken file before it fails
            checkpoint = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
            raise ValueError("no weights in it")
        return checkpoint
    except Exception as error:  # a broken file can raise any exception; nothing in it is executed
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ConfigError(f"{path}: expected a checkpoint of dlx, but it cannot be read ({reason})") from None


def unchecked(path: Path) -> list[str]:
    """Return a note if a checkpoint has no checksum, otherwise an empty list."""
    return [] if has_checksum(path.read_bytes()) else [f"{path}: has no checksum; an earlier version of dlx wrote it"]


@dataclass(frozen=True)
class Last:
    """The last intact checkpoint of a run.

    Attributes:
        file: its file: last.ckpt, or previous.ckpt if that is missing or damaged.
        checkpoint: its content.
        notes: what a user should know about it.
    """

    file: Path
    checkpoint: dict[str, Any]
    notes: list[str]


def load_last(folder: Path) -> Last | None:
    """Return the checkpoint that a run resumes from, or None if there is none.

    Args:
        folder: the folder `checkpoints/` of the run.

    Raises:
        ConfigError: last.ckpt is damaged, and previous.ckpt is missing or damaged too.
    """
    last, previous = folder / LAST, folder / PREVIOUS
    refused: ConfigError | None = None
    try:
        checkpoint = load_checkpoint(last)
    except ConfigError as error:
        checkpoint, refused = None, error
    if checkpoint is not None:
        return Last(last, checkpoint, unchecked(last))
    former = readable(previous)
    if former is None and refused is not None:
        raise ConfigError(f"{refused}; remove it, and the run starts anew")
    if former is None:
        return None
    why = refused or f"{last}: is missing"
    return Last(previous, former, [f"{why}; resumed from the previous checkpoint", *unchecked(previous)])


def readable(path: Path) -> dict[str, Any] | None:
    """Return a checkpoint, or None if it is missing or damaged."""
    try:
        return load_checkpoint(path)
    except ConfigError:
        return None
