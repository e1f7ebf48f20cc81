"""Where dlx speaks to people, and how it writes places."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

console = Console()


def relative(folder: Path) -> str:
    """Write a folder as seen from where the user stands."""
    text = os.path.relpath(folder)
    return text if not text.startswith("..") else str(folder)
