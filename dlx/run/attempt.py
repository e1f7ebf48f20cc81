"""The parts that the jobs of a run share while it is under way: folder, summary, log and signals among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from dlx.assembly.assembly import Assembly
from dlx.files import write_whole
from dlx.results.log import Log
from dlx.results.looks import look
from dlx.results.record import Record
from dlx.results.summary import Summary
from dlx.run import hparams
from dlx.run.logging import open_loggers
from dlx.run.signals import AtOnce, Signals
from dlx.training.progress import Interrupted


class Watcher(Protocol):
    """Callbacks while a run trains, such as those of a progress bar."""

    def start(self, epochs: int, resumed: int) -> None:
        """Called before the first epoch, with the total number of epochs and the number of completed ones."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Called after each epoch with its metrics."""

    def end(self, summary: Summary) -> None:
        """Called when the run has ended."""


@dataclass
class Attempt:
    """A run under way, from its first step or its last checkpoint to its end, interruption or failure.

    Attributes:
        assembly: the checked configuration with its parts.
        folder: the folder of the run.
        summary: the summary of the run, filled step by step.
        interrupted: called between two batches; returns True if the run should stop.
        log: the log of the run.
        watcher: notified after each epoch.
        hparam_keys: flat keys for TensorBoard's HPARAMS tab; None for all keys of the run.
        signals: the signals that end what a resumed run repeats at once.
    """

    assembly: Assembly
    folder: Path
    summary: Summary
    interrupted: Callable[[], bool]
    log: Log
    watcher: Watcher | None = None
    hparam_keys: list[str] | None = None
    signals: Signals = field(default_factory=Signals)

    @contextmanager
    def recorded(self, resumed_epoch: int | None = None) -> Iterator[Record]:
        """Give the record of the metrics, which is closed behind the block.

        Args:
            resumed_epoch: number of completed epochs that a resumed run goes on from; None for a new one.
        """
        record = Record(self.folder, resumed_epoch, partial(open_loggers, self.assembly, self.folder))
        try:
            yield record
        finally:
            record.close()

    @contextmanager
    def repeatable(self) -> Iterator[None]:
        """Let a signal end the block at once, which a resumed run repeats: an evaluation, a closed-form solution.

        Raises:
            Interrupted: A signal was received before the block or in it.
        """
        try:
            with self.signals.immediate():
                yield
        except AtOnce:
            raise Interrupted from None

    def finish(self, record: Record, figures: Mapping[str, np.ndarray]) -> None:
        """Add the hyperparameters, the last metrics and the pictures to the record."""
        hparams.finish(record, self.summary, self.hparam_keys, figures)

    def judged(self, baseline: Mapping[str, float]) -> None:
        """Note the naive baseline of an evaluation, and count the evaluation if it was one on the test split."""
        assembly = self.assembly
        self.summary["baseline"] = dict(baseline)
        if assembly.trainer.test:
            look(self.folder, assembly.checked.dataset.option, assembly.data.hash)
        self.summary["baseline_name"] = assembly.objective.baseline(assembly.data, assembly.data.val)[0]

    def keep(self, predictions: Mapping[str, np.ndarray], sync: bool = True) -> None:
        """Write predictions to predictions.npz.

        Args:
            predictions: arrays by name.
            sync: wait until they are on the disk.
        """
        write_whole(self.folder / "predictions.npz", partial(write_arrays, arrays=predictions), sync=sync)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as .npz to exactly this path; numpy would append the suffix to a path."""
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
