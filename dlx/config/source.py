"""The source of initial weights (`transfer.source`): its checkpoint, its run's folder and its identity."""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from dlx.files import has_checksum, is_there
from dlx.stored.read import BrokenFileError
from dlx.stored.run import read_identity


def checkpoint_of(source: str) -> Path:
    """Return the checkpoint of a source: the file itself, or the best checkpoint in a run's folder."""
    path = Path(source).expanduser()
    return path if is_there(path) else path / "checkpoints" / "best.ckpt"


def folder_of(source: str) -> Path:
    """Return the folder of the run that a source belongs to; a checkpoint is two levels below it."""
    path = Path(source).expanduser()
    return path.absolute().parent.parent if is_there(path) else path


def source_identity(source: str) -> str:
    """Return the identity of the source's run and a digest of the weights, independent of their path.

    If the source cannot be read, its path is returned; assembly reports the error.
    """
    file = checkpoint_of(source)
    if not is_there(file):
        return source
    state = file.stat()
    digest = weights_digest(file, state.st_mtime_ns, state.st_size)
    try:
        recorded = read_identity(folder_of(source))
    except BrokenFileError:
        recorded = None
    name = recorded["identity"] if recorded else ""
    return f"{name} {digest}".strip() if digest else source


@lru_cache(maxsize=64)
def weights_digest(file: Path, changed: int, size: int) -> str:
    """Return the first 16 hex digits of the SHA-256 of the weights in a checkpoint, or "" if it contains none.

    The file itself is not hashed because it also contains the duration of the training.

    Args:
        file: the checkpoint.
        changed: modification time of the file in nanoseconds, for the cache.
        size: size of the file in bytes, for the cache.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about a corrupt file before it fails
            content = file.read_bytes()
            has_checksum(content)
            weights = torch.load(BytesIO(content), map_location="cpu", weights_only=True)["state_dict"]
        total = hashlib.sha256()
        for name, tensor in sorted(weights.items()):
            total.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            total.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        return total.hexdigest()[:16]
    except Exception:  # unpickling a corrupt file can raise any exception; assembly reports the error
        return ""
