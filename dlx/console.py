"""The console for all output, and the form in which paths are printed."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

console = Console()


def relative(folder: Path) -> str:
    """Return the path of a folder relative to the current one, or as it is if the folder is not below it."""
    text = os.path.relpath(folder)
    return text if not text.startswith("..") else str(folder)
