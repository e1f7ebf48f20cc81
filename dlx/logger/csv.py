"""Lightning's CSV logger."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch.loggers import CSVLogger

from dlx.logger._lightning import LightningLogger


class CSV(LightningLogger):
    """Writes metrics.csv and hparams.yaml as Lightning's CSVLogger does, to lightning_logs/ in the folder of the run.

    The run's own metrics.csv, with one row for each epoch, is written with every logger; this one is for programs that
    read Lightning's files.

    Args:
        folder: the folder of the run.
        name: name of the folder for the logs.
        version: name of the folder in it.
    """

    rewrites = True

    def __init__(self, folder: Path, *, name: str, version: str) -> None:
        if {"..", ""} & {*Path(name).parts, *Path(version).parts} or Path(name).is_absolute():
            raise ValueError(f"name: expected a folder inside the folder of the run, got {name}/{version}")
        super().__init__(CSVLogger(folder, name=name, version=version))
