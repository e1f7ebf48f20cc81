"""The record of a training run: metrics.csv, and what the loggers are given; flushed about once per second."""

from __future__ import annotations

import csv
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.contracts.logger import Logger
from dlx.files import append_to, write_whole
from dlx.stored.metrics import read_metrics
from dlx.stored.read import BrokenFileError

if TYPE_CHECKING:
    from dlx.nn.layer_table import LayerRow

FLUSH_SECONDS = 1.0
Arrays = Mapping[str, np.ndarray]


class Record:
    """Writes the metrics of each epoch of a run to metrics.csv, and hands them to the loggers.

    Args:
        folder: the folder of the run.
        resumed_epoch: the epoch that a resumed run continues from; later rows of metrics.csv are dropped.
        loggers: function that opens the loggers; its argument is the training step that a resumed run continues from,
            or None.
    """

    def __init__(
        self,
        folder: Path,
        resumed_epoch: int | None = None,
        loggers: Callable[[int | None], Sequence[Logger]] = lambda step: (),
    ) -> None:
        self.folder, self.file = folder, folder / "metrics.csv"
        self.columns: list[str] = []
        self.rows: list[dict[str, float]] = []
        self._unwritten: list[dict[str, Any]] = []
        self._open = loggers
        self._resumed = None if resumed_epoch is None else -1
        self._flushed = time.monotonic()
        if resumed_epoch is not None and self.file.is_file():
            self._reread(resumed_epoch)

    def _reread(self, epoch: int) -> None:
        for row in read_metrics(self.folder):
            if "epoch" not in row or "step" not in row:
                raise BrokenFileError(self.file, "expected the columns epoch and step")
            if row["epoch"] <= epoch:
                self.rows.append(row)
        self._resumed = int(self.rows[-1]["step"]) if self.rows else -1
        self._write_all()

    @cached_property
    def loggers(self) -> Sequence[Logger]:
        """The loggers, opened at their first use."""
        opened = self._open(self._resumed)
        for logger in opened:
            for row in self.rows if logger.rewrites and self._resumed is not None else ():
                logger.metrics(logged(row), int(row["step"]))
        return opened

    def add(self, row: dict[str, float], histograms: Arrays | None = None, pictures: Arrays | None = None) -> None:
        """Add the metrics of an epoch.

        Args:
            row: metrics by path, such as `val/loss`, with the number of training steps as `step`.
            histograms: arrays by name.
            pictures: arrays (height, width, 3) by name.
        """
        self.rows.append(row)
        self._unwritten.append({"row": row, "histograms": histograms or {}, "pictures": pictures or {}})
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def draw(self, histograms: Arrays, pictures: Arrays, step: int) -> None:
        """Hand histograms and pictures (height, width, 3) to the loggers; those that are not finite are skipped."""
        histograms, pictures = finite(histograms), finite(pictures)
        for logger in self.loggers if histograms or pictures else ():
            logger.draw(histograms, pictures, step)

    def graph(self, layers: Sequence[LayerRow]) -> None:
        """Hand the layers of the network to the loggers."""
        for logger in self.loggers:
            logger.graph(layers)

    def flush(self) -> None:
        """Write all pending rows."""
        self._flushed = time.monotonic()
        if not self._unwritten:
            return
        if not self.folder.is_dir():  # otherwise it would be created again, without its other files
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.folder))
        new = [item["row"] for item in self._unwritten]
        if all(key in self.columns for row in new for key in row):
            with open(self.file, "a", newline="", opener=lambda name, _: append_to(Path(name))) as file:
                csv.DictWriter(file, self.columns).writerows(new)
        else:
            self._write_all()
        for item in self._unwritten:
            step = int(item["row"]["step"])
            for logger in self.loggers:
                logger.metrics(logged(item["row"]), step)
            self.draw(item["histograms"], item["pictures"], step)
        self._unwritten = []
        for logger in self.loggers:
            logger.flush()

    def _write_all(self) -> None:
        """Write the whole of metrics.csv, after a column was added or rows were dropped."""
        self.columns = list(dict.fromkeys(key for row in self.rows for key in row))
        write_whole(self.file, self._write_table, sync=False)

    def _write_table(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, self.columns)
            table.writeheader()
            table.writerows(self.rows)

    def finish(
        self, hparams: dict[str, Any], metrics: dict[str, float], headlines: dict[str, float], pictures: Arrays
    ) -> None:
        """Write all pending rows, the hyperparameters beside some metrics, all metrics, and pictures.

        Args:
            hparams: values of keys of the configuration.
            metrics: all final metrics.
            headlines: those that are shown beside the hyperparameters.
            pictures: arrays (height, width, 3) by name.
        """
        self.flush()
        step = int(self.rows[-1]["step"]) if self.rows else 0
        final = {name: value for name, value in metrics.items() if not any(name in row for row in self.rows)}
        for logger in self.loggers:
            logger.hyperparameters(hparams, headlines)
            logger.metrics(final, step)
        self.draw({}, pictures, step)
        for logger in self.loggers:
            logger.flush()

    def close(self) -> None:
        """Write all pending rows and close the loggers."""
        try:
            self.flush()
        finally:
            for logger in self.__dict__.get("loggers", ()):  # those that have been opened
                logger.close()


def finite(arrays: Arrays) -> Arrays:
    """Return the arrays without NaN and infinity."""
    return {name: array for name, array in arrays.items() if np.isfinite(array).all()}


def logged(row: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics in a row."""
    return {name: value for name, value in row.items() if name not in ("epoch", "step")}


@contextmanager
def quiet_writer() -> Iterator[None]:
    """Print no traceback if the thread of TensorBoard's writer fails in the block; the next write raises its error."""
    before = threading.excepthook

    def show(failed: threading.ExceptHookArgs) -> None:
        if not isinstance(failed.exc_value, OSError):
            before(failed)

    threading.excepthook = show
    try:
        yield
    finally:
        threading.excepthook = before
