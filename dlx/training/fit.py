"""Lightning's trainer, configured for dlx."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning

from dlx.training.task import Task

LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning")


class OnStart(lightning.Callback):
    """Calls a function when the fit has started, after Lightning has installed its own signal handlers."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Call the function."""
        self.call()


def fit(task: Task, folder: Path, on_start: Callable[[], None] = lambda: None) -> None:
    """Train for the remaining epochs, if any.

    In a job of SLURM Lightning loads a checkpoint of its own from the folder if one is there; `weights_only` keeps it
    from executing code.
    """
    if task.left > 0:
        make_trainer(task, folder, on_start).fit(task, weights_only=True)


def make_trainer(task: Task, folder: Path, on_start: Callable[[], None]) -> lightning.Trainer:
    """Return Lightning's trainer for the remaining epochs, without its loggers, checkpoints and validation."""
    settings = task.assembly.trainer
    return lightning.Trainer(
        max_epochs=task.left,
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy=settings.strategy,
        precision=settings.precision,
        default_root_dir=str(folder),
        callbacks=[OnStart(on_start)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_val_batches=0,
        use_distributed_sampler=False,
    )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence Lightning's log output in the block."""
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            warnings.filterwarnings("ignore", message=r".*lr_scheduler\.step\(\).*")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
