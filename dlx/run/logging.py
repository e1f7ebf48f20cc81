"""The loggers of a run: the chosen ones, and the one through which Lightning's callbacks reach them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch import loggers

from dlx.assembly.assembly import Assembly
from dlx.contracts.logger import Logger
from dlx.results.record import Record


def open_loggers(assembly: Assembly, folder: Path, resumed_step: int | None) -> list[Logger]:
    """Return the chosen loggers of a run; a quick check (`trainer.fast_dev_run`) has none.

    Args:
        assembly: the configuration.
        folder: the folder of the run.
        resumed_step: the training step that a resumed run continues from; None if it starts anew.

    Raises:
        ConfigError: A package is not installed, or a server cannot be reached.
    """
    chosen = {} if assembly.trainer.fast_dev_run else assembly.checked.logger
    return [choice.make(folder=folder, resumed_step=resumed_step) for choice in chosen.values()]


class RecordLogger(loggers.Logger):
    """The logger of Lightning's trainer: hands what callbacks log to the loggers of the run.

    Args:
        record: the record of the run, which has the metrics of each epoch already.
    """

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    @property
    def name(self) -> str:
        """The name of the folder of the run."""
        return self.record.folder.name

    @property
    def version(self) -> str:
        """A run has one version."""
        return ""

    @property
    def save_dir(self) -> str:
        """The folder of the run."""
        return str(self.record.folder)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Hand metrics to each logger."""
        values = {name: float(value) for name, value in metrics.items() if name != "epoch"}
        for logger in self.record.loggers if values else ():
            logger.metrics(values, step or 0)

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the keys of the configuration are logged at the end of the run."""
