"""Lightning's loops on the ordinary path: the batches of an epoch, and the counters of a resumed run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import lightning
from lightning.pytorch.callbacks import Checkpoint

from dlx.contracts import Batch
from dlx.errors import ConfigError

if TYPE_CHECKING:
    from dlx.training.task import Task

PLAIN = (str, int, float, bool, type(None))


class EpochBatches:
    """The batches of an epoch in its order, those that are left of an unfinished one.

    Lightning hands each to the hooks of callbacks. The task takes the same one by its number.

    Args:
        task: the training.
    """

    def __init__(self, task: Task) -> None:
        self.task = task

    def __len__(self) -> int:
        progress, steps, last = (
            self.task.progress,
            self.task.assembly.recipe.steps,
            self.task.assembly.trainer.max_steps,
        )
        return steps if last is None else max(min(steps, progress.batch + last - progress.step), 0)

    def __iter__(self) -> Iterator[Batch | list[Batch]]:
        task, progress = self.task, self.task.progress
        task.batches.shuffle(progress.epoch)
        set_count(task.trainer.fit_loop.epoch_loop.batch_progress.current, progress.batch)
        for number in range(progress.batch, len(self)):
            taken, _, _ = task.batches.take(number)
            yield taken[0] if len(taken) == 1 else taken


class EpochEnd(Checkpoint):
    """Ends batches and epochs after all other callbacks: Lightning calls checkpoints last, in the order given.

    So a checkpoint of the run has the states of all callbacks, and a callback that ends the training is heard.
    """

    def on_train_batch_end(self, trainer: lightning.Trainer, pl_module: Any, *rest: Any) -> None:
        """Interrupt the run if it was asked to stop."""
        pl_module.conclude_batch()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Record the epoch."""
        pl_module.conclude_epoch()


def count_steps(trainer: lightning.Trainer, steps: int) -> None:
    """Advance Lightning's counter of training steps, which its callbacks and loggers use."""
    trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress.total.completed += steps


def set_count(tracker: Any, count: int) -> None:
    """Set one of Lightning's counters of batches or epochs."""
    tracker.ready = tracker.started = tracker.processed = tracker.completed = count


def callbacks_of(trainer: Any) -> list[lightning.Callback]:
    """Return the callbacks of a trainer, in the order in which Lightning calls them."""
    return list(trainer.callbacks)


def resume_loops(task: Task, checkpoint: dict[str, Any] | None) -> None:
    """Give Lightning's counters and the callbacks of a run the values that they had at its checkpoint."""
    trainer, progress = task.trainer, task.progress
    for numbers in (trainer.fit_loop.epoch_progress.current, trainer.fit_loop.epoch_progress.total):
        set_count(numbers, progress.epoch)
    trainer.fit_loop.epoch_loop._batches_that_stepped = progress.step
    kept = (checkpoint or {}).get("lightning")
    if checkpoint is None or kept is None:
        return
    count_steps(trainer, kept["global_step"])
    for callback in callbacks_of(trainer):
        if callback.state_key in kept["callbacks"]:
            callback.load_state_dict(kept["callbacks"][callback.state_key])
        callback.on_load_checkpoint(trainer, task, checkpoint)


def loop_state(task: Task) -> dict[str, Any]:
    """Return Lightning's counter of steps and the states of the callbacks.

    Raises:
        ConfigError: The state of a callback holds an object that a checkpoint cannot hold.
    """
    states = {callback.state_key: callback.state_dict() for callback in callbacks_of(task.trainer)}
    for callback in callbacks_of(task.trainer):
        check_plain(states[callback.state_key], f"callbacks: the state_dict of {type(callback).__name__}")
    return {
        "global_step": task.trainer.global_step,
        "callbacks": {key: value for key, value in states.items() if value},
    }


def check_plain(value: Any, owner: str) -> None:
    """Check that a value can be loaded without executing code.

    Raises:
        ConfigError: It holds an object of another class.
    """
    import torch

    if isinstance(value, torch.Tensor) or type(value) in PLAIN:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            check_plain(key, owner)
            check_plain(item, owner)
    elif isinstance(value, list | tuple | set):
        for item in value:
            check_plain(item, owner)
    else:
        raise ConfigError(
            f"{owner} holds an object of class {type(value).__name__}; a checkpoint takes tensors, numbers, words, and "
            "lists and dictionaries of these"
        )
