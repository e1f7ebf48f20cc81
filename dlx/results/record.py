"""The records of a training run, metrics.csv and TensorBoard events, which are flushed about once per second."""

from __future__ import annotations

import csv
import errno
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dlx.files import append_to, write_whole
from dlx.stored.metrics import read_metrics
from dlx.stored.read import BrokenFileError

FLUSH_SECONDS = 1.0
Arrays = Mapping[str, np.ndarray]


class Record:
    """Writes the metrics of each epoch of a run to metrics.csv and to TensorBoard.

    Args:
        folder: the folder of the run.
        resumed_epoch: the epoch that a resumed run continues from; later rows of metrics.csv are dropped.
    """

    def __init__(self, folder: Path, resumed_epoch: int | None = None) -> None:
        self.folder, self.file = folder, folder / "metrics.csv"
        self.columns: list[str] = []
        self.rows: list[dict[str, float]] = []
        self._unwritten: list[dict[str, Any]] = []
        self._writer: Any = None
        self._purge: int | None = None
        self._flushed = time.monotonic()
        if resumed_epoch is not None:
            for events in folder.glob("events.out.tfevents.*"):
                drop_final(events)
            if self.file.is_file():
                self._reread(resumed_epoch)

    def _reread(self, epoch: int) -> None:
        for row in read_metrics(self.folder):
            if "epoch" not in row or "step" not in row:
                raise BrokenFileError(self.file, "expected the columns epoch and step")
            if row["epoch"] <= epoch:
                self.rows.append(row)
        self._purge = int(self.rows[-1]["step"]) + 1 if self.rows else 0
        self._write_all()

    @property
    def writer(self) -> Any:
        """The TensorBoard writer, imported and created at its first use."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self.folder), purge_step=self._purge)
        return self._writer

    def add(self, row: dict[str, float], histograms: Arrays | None = None, pictures: Arrays | None = None) -> None:
        """Add the metrics of an epoch.

        Args:
            row: metrics by path, such as `val/loss`; `step` is the x axis in TensorBoard.
            histograms: arrays by name.
            pictures: arrays (height, width, 3) by name.
        """
        self.rows.append(row)
        self._unwritten.append({"row": row, "histograms": histograms or {}, "pictures": pictures or {}})
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def draw(self, histograms: Arrays, pictures: Arrays, step: int) -> None:
        """Write histograms and pictures (height, width, 3) to TensorBoard; those that are not finite are skipped."""
        for name, array in histograms.items():
            if np.isfinite(array).all():
                self.writer.add_histogram(name, array, step)
        for name, array in pictures.items():
            if np.isfinite(array).all():
                self.writer.add_image(name, array, step, dataformats="HWC")

    def flush(self) -> None:
        """Write all pending rows to both files."""
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
            for name, value in item["row"].items():
                if name not in ("epoch", "step"):
                    self.writer.add_scalar(name, value, step)
            self.draw(item["histograms"], item["pictures"], step)
        self._unwritten = []
        self.writer.flush()

    def _write_all(self) -> None:
        """Write the whole of metrics.csv, after a column was added or rows were dropped."""
        self.columns = list(dict.fromkeys(key for row in self.rows for key in row))
        write_whole(self.file, self._write_table, sync=False)

    def _write_table(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, self.columns)
            table.writeheader()
            table.writerows(self.rows)

    def finish(self, hparams: dict[str, Any], metrics: dict[str, float], pictures: Arrays) -> None:
        """Write all pending rows, the hyperparameters with the final metrics, and pictures (height, width, 3)."""
        from torch.utils.tensorboard.summary import hparams as hparams_summary

        self.flush()
        for summary in hparams_summary(hparams, metrics):
            self.writer.file_writer.add_summary(summary)
        step = int(self.rows[-1]["step"]) if self.rows else 0
        for name, value in metrics.items():
            if not any(name in row for row in self.rows):
                self.writer.add_scalar(name, value, step)
        self.draw({}, pictures, step)
        self.writer.flush()

    def close(self) -> None:
        """Flush and close both files."""
        try:
            self.flush()
        finally:
            if self._writer is not None:
                self._writer.close()


def drop_final(events: Path) -> None:
    """Remove the final metrics, which `Record.finish` writes, from TensorBoard's events of a run that was killed then.

    An event is a record of its size (8 bytes), a checksum (4 bytes), the content and a checksum (4 bytes).
    """
    content, at, final = events.read_bytes(), 0, False
    while at < len(content) and not final:
        size = int.from_bytes(content[at : at + 8], "little")
        final = b"_hparams_/experiment" in content[at + 12 : at + 12 + size]  # the first of the final ones
        at += 0 if final else 16 + size
    if final:
        write_whole(events, lambda path: path.write_bytes(content[:at]), sync=False)


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
