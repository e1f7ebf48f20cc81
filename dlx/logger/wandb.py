"""Weights & Biases."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dlx.logger._lightning import LightningLogger, opened


class WandB(LightningLogger):
    """Logs to Weights & Biases by Lightning's WandbLogger; a resumed run goes on with its run there.

    Args:
        folder: the folder of the run.
        project: name of the project.
        offline: write to the folder of the run without a connection; `wandb sync` sends it later.
    """

    leaves_folder = True

    def __init__(self, folder: Path, *, project: str, offline: bool) -> None:
        from lightning.pytorch.loggers import WandbLogger

        key = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]  # the same for a resumed run
        super().__init__(
            opened(
                "wandb",
                "wandb",
                lambda: WandbLogger(
                    folder.name, folder, id=key, project=project, offline=offline, resume="allow", log_model=False
                ),
            )
        )
