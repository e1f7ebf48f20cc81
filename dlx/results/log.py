"""dlx.log: what happened in a run, line by line, for those who come later."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 1.0  # between two lines about epochs


class Log:
    """Appends lines with date and time to a file; nothing is kept open, so nothing is lost or leaked.

    Args:
        file: dlx.log in the run's folder.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._written = -SECONDS

    def __call__(self, text: str) -> None:
        """Add a line, or several."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(f"{stamp} {line}\n" for line in text.rstrip().splitlines())

    def epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Add the metrics of an epoch: of the first, the last, and at most of one a second between them."""
        now = time.monotonic()
        if now - self._written >= SECONDS or row["epoch"] == epochs:
            self._written = now
            figures = "  ".join(f"{name} {value:.6g}" for name, value in row.items() if name not in ("epoch", "step"))
            self(f"epoch {row['epoch']}/{epochs}  step {row['step']}  {figures}")

    @contextmanager
    def warnings(self) -> Iterator[None]:
        """Note inside the block what Python warns of; it is shown as before."""
        before = warnings.showwarning

        def show(message: Any, category: Any, filename: Any, lineno: Any, file: Any = None, line: Any = None) -> None:
            self(f"{category.__name__}: {message} ({filename}:{lineno})")
            before(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        try:
            yield
        finally:
            warnings.showwarning = before
