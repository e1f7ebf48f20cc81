"""Lightning's trainer, configured for dlx."""

from __future__ import annotations

import logging
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ProgressBar
from lightning.pytorch.loggers import Logger
from lightning.pytorch.profilers import AdvancedProfiler, Profiler, PyTorchProfiler, SimpleProfiler

from dlx.training.loops import EpochEnd
from dlx.training.task import Task

# Most training steps between two values of callbacks that log by the step, as in Lightning; an epoch has at least one.
LOG_EVERY = 50
LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning")


class OnStart(lightning.Callback):
    """Calls a function when the fit has started, after Lightning has installed its own signal handlers."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Call the function."""
        self.call()


INTERNAL = (OnStart, EpochEnd)  # callbacks of dlx itself, in which the errors of others are raised


def fit(
    task: Task,
    folder: Path,
    on_start: Callable[[], None] = lambda: None,
    loggers: Sequence[Logger] = (),
) -> None:
    """Train for the remaining epochs, if any.

    In a job of SLURM Lightning loads a checkpoint of its own from the folder if one is there; `weights_only` keeps it
    from executing code.

    Args:
        task: the training.
        folder: the folder of the run.
        on_start: called when the fit has started.
        loggers: loggers of Lightning, to which callbacks log.
    """
    if task.left > 0:
        make_trainer(task, folder, on_start, loggers).fit(task, weights_only=True)


def raising_callback(error: BaseException) -> str:
    """Return the name of the class of the chosen callback in whose method an error was raised, or "" if it was none."""
    called = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    chosen = [each for each in called if isinstance(each, lightning.Callback) and not isinstance(each, INTERNAL)]
    return type(chosen[-1]).__name__ if chosen else ""


def make_trainer(
    task: Task, folder: Path, on_start: Callable[[], None], loggers: Sequence[Logger] = ()
) -> lightning.Trainer:
    """Return Lightning's trainer; the arguments are those of `fit`."""
    settings, chosen = task.assembly.trainer, make_callbacks(task, folder)
    return lightning.Trainer(
        max_epochs=task.left if task.quick else settings.max_epochs,
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy=settings.strategy,
        precision=settings.precision,
        default_root_dir=str(folder),
        callbacks=[OnStart(on_start), *chosen, *([] if task.quick else [EpochEnd()])],
        logger=list(loggers),
        enable_checkpointing=not task.quick,
        enable_progress_bar=any(isinstance(each, ProgressBar) for each in chosen),
        enable_model_summary=settings.enable_model_summary,
        num_sanity_val_steps=0,
        limit_val_batches=0 if task.quick else 1.0,
        reload_dataloaders_every_n_epochs=0 if task.quick else 1,
        log_every_n_steps=min(LOG_EVERY, task.assembly.recipe.steps),
        max_time=settings.max_time,
        profiler=profiler_of(settings.profiler, folder),
        detect_anomaly=settings.detect_anomaly,
        use_distributed_sampler=False,
    )


def make_callbacks(task: Task, folder: Path) -> list[lightning.Callback]:
    """Return the chosen callbacks; a quick check (`trainer.fast_dev_run`) leaves out those that Lightning disables."""
    recipe, objective = task.assembly.recipe, task.assembly.objective
    made = [
        choice.make(monitor_of_run=recipe.monitor, better=objective.better, folder=folder)
        for choice in task.assembly.checked.callbacks.values()
    ]
    if task.assembly.trainer.fast_dev_run:
        made = [each for each in made if not isinstance(each, EarlyStopping | Checkpoint)]
    return made


def profiler_of(name: str | None, folder: Path) -> Profiler | None:
    """Return one of Lightning's profilers, which writes to the folder of the run, or None."""
    made: dict[str, type[Profiler]] = {
        "simple": SimpleProfiler,
        "advanced": AdvancedProfiler,
        "pytorch": PyTorchProfiler,
    }
    return None if name is None else made[name](dirpath=str(folder), filename="profile")


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
