"""What a run depends on that lies in another run's folder: the weights that it starts from."""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache
from pathlib import Path

from dlx.files import is_there, read_json


def checkpoint_of(source: str) -> Path:
    """Return the checkpoint that a source means: the file itself, or the best one of a run's folder."""
    path = Path(source).expanduser()
    return path if is_there(path) else path / "checkpoints" / "best.ckpt"


def folder_of(source: str) -> Path:
    """Return the run's folder of a source, which for a checkpoint is two levels above it."""
    path = Path(source).expanduser()
    return path.absolute().parent.parent if is_there(path) else path


def source_identity(source: str) -> str:
    """Return the identity of the source's run and a digest of the weights, wherever they lie.

    A source that cannot be read stands for itself; the gate refuses it with the reason.
    """
    file = checkpoint_of(source)
    if not is_there(file):
        return source
    state = file.stat()
    digest = weights_digest(file, state.st_mtime_ns, state.st_size)
    recorded = read_json(folder_of(source) / "identity.json")
    name = recorded.get("identity", "") if isinstance(recorded, dict) else ""
    return f"{name} {digest}".strip() if digest else source


@lru_cache(maxsize=64)
def weights_digest(file: Path, changed: int, size: int) -> str:
    """Return 16 hex digits of the SHA-256 of a checkpoint's weights by name; "" where it holds none.

    Not of the file: that also keeps how long the training took. `changed` and `size` tell one state of the file from
    another.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a broken file torch warns before it fails
            weights = torch.load(file, map_location="cpu", weights_only=True)["state_dict"]
        total = hashlib.sha256()
        for name, tensor in sorted(weights.items()):
            total.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            total.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        return total.hexdigest()[:16]
    except Exception:  # broken bytes can lead an unpickler anywhere; the gate says what is wrong
        return ""
