"""dlx.log: the log of a run, each line with date and time."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 1.0  # between two lines about epochs
FORMAT = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")


class Log:
    """Appends lines to the log of a run, and closes the file after each: a sweep has thousands of runs.

    Args:
        file: dlx.log in the run's folder.
    """

    def __init__(self, file: Path) -> None:
        self._handler = logging.FileHandler(file, delay=True, encoding="utf-8")
        self._handler.setFormatter(FORMAT)
        self._logger = logging.Logger(str(file))  # known to no one else: nothing adds to it, nothing is left behind
        self._logger.addHandler(self._handler)
        self._written = -SECONDS

    def __call__(self, text: str) -> None:
        """Add a line, or several."""
        for line in text.rstrip().splitlines():
            self._logger.info(line)
        self._handler.close()  # the next line opens the file again

    def epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Add the metrics of an epoch: of the first, the last, and at most of one a second between them."""
        now = time.monotonic()
        if now - self._written >= SECONDS or row["epoch"] == epochs:
            self._written = now
            figures = "  ".join(f"{name} {value:.6g}" for name, value in row.items() if name not in ("epoch", "step"))
            self(f"epoch {row['epoch']}/{epochs}  step {row['step']}  {figures}")

    @contextmanager
    def warnings(self) -> Iterator[None]:
        """Add the warnings that Python shows inside the block; they are shown as before.

        `logging.captureWarnings` would take them away from where they are shown now.
        """
        before = warnings.showwarning

        def show(message: Any, category: Any, filename: Any, lineno: Any, file: Any = None, line: Any = None) -> None:
            self(f"{category.__name__}: {message} ({filename}:{lineno})")
            before(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        try:
            yield
        finally:
            warnings.showwarning = before
