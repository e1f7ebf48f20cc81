"""Code that betrays itself: in a module, a pickle or YAML, each of which touches MARKER when it is executed."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

MODULE = "evil"  # a module that stands in the folder of every attack
CANARY = """
from pathlib import Path

from torch import nn

Path(r"MARKER").write_text("the module was imported")


class Evil(nn.Module):
    def __init__(self, *arguments, **keys):
        super().__init__()
        Path(r"MARKER").write_text("the class was built")


def touch(*arguments, **keys):
    Path(r"MARKER").write_text("the function was called")
"""
YAML_TAG = '!!python/object/apply:os.system ["touch MARKER"]'
SHELL = "touch MARKER"


class Bomb:
    """An object whose pickle runs a command of the shell when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str, ...]]:
        """Return the call that unpickling makes."""
        import os

        return os.system, (f"touch '{self.marker}'",)


def pickled(marker: Path) -> bytes:
    """Return a plain pickle with a bomb."""
    return pickle.dumps({"state_dict": Bomb(marker)})


def torch_file(marker: Path) -> bytes:
    """Return a file in torch's format whose pickle has a bomb among weights."""
    import torch

    buffer = io.BytesIO()
    torch.save({"state_dict": {"network.output.weight": torch.zeros(2)}, "extra": Bomb(marker)}, buffer)
    return buffer.getvalue()


def script_file(marker: Path) -> bytes:
    """Return an archive that looks like TorchScript, whose data.pkl has a bomb."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(marker))
        archive.writestr("archive/constants.pkl", pickled(marker))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()
