"""The log of a run, dlx.log; each line starts with date and time."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dlx.files import append_to

SECONDS = 1.0  # at least this long between two lines about epochs
FORMAT = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")


class Appender(logging.FileHandler):
    """Appends to a file that is no link.

    A line that cannot be written is left out: what keeps it from being written also ends the run, with its cause.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Append a line."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (a name of logging)
        """Print no traceback if the file cannot be written."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            super().close()

    def _open(self) -> Any:
        return open(self.baseFilename, "a", encoding=self.encoding, opener=lambda name, _: append_to(Path(name)))


class Log:
    """Appends lines to the log of a run; the file is closed after each line, since a sweep may have thousands of runs.

    Args:
        file: dlx.log in the folder of the run.
    """

    def __init__(self, file: Path) -> None:
        self._handler = Appender(file, delay=True, encoding="utf-8")
        self._handler.setFormatter(FORMAT)
        self._logger = logging.Logger(str(file))  # not registered with logging, so it can be freed
        self._logger.addHandler(self._handler)
        self._written = -SECONDS

    def __call__(self, text: str) -> None:
        """Append one or several lines."""
        for line in text.rstrip().splitlines():
            self._logger.info(line)
        self._handler.close()  # the next line opens the file again

    def epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Append the metrics of an epoch: of the first and the last one, and of at most one per second in between."""
        now = time.monotonic()
        if now - self._written >= SECONDS or row["epoch"] == epochs:
            self._written = now
            figures = "  ".join(f"{name} {value:.6g}" for name, value in row.items() if name not in ("epoch", "step"))
            self(f"epoch {row['epoch']}/{epochs}  step {row['step']}  {figures}")

    @contextmanager
    def warnings(self) -> Iterator[None]:
        """Append the warnings that Python shows in the block; they are still shown as well.

        `logging.captureWarnings` would redirect them, so that they would no longer be shown.
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
