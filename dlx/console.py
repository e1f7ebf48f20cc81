"""The console, and paths as they are shown to the user."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

console = Console()


def relative(folder: Path) -> str:
    """Return a folder relative to the current one, or absolute if it is not below it."""
    text = os.path.relpath(folder)
    return text if not text.startswith("..") else str(folder)
