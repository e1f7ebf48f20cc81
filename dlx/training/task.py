"""The LightningModule: trains a network for whole epochs, validates it and keeps the best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import lightning
import torch
from torch import Generator, Tensor

from dlx.assembly.assembly import Assembly
from dlx.contracts import Batch
from dlx.contracts.optimizer import Stepping, is_finished
from dlx.data.batches import Batches
from dlx.seeds import derive, seed_noise
from dlx.step.member import Member
from dlx.step.step import total_penalty
from dlx.training.checkpoint import restore_optimizers
from dlx.training.devices import Devices
from dlx.training.epoch import copied, training_row, validation_row
from dlx.training.loops import EpochBatches, count_steps, resume_loops
from dlx.training.progress import Interrupted, Progress
from dlx.training.schedules import Schedules, listed, optimizers_of

STRETCH = 0.1  # seconds: epochs shorter than this share a Lightning training step


class Task(lightning.LightningModule):
    """The training of one network.

    On the quick path a training step of Lightning is one or more whole epochs, whose batches are taken by index from
    tensors in memory: Lightning's own loop takes about a millisecond per epoch, as long as the epoch of a small
    network. On the ordinary path (several devices, mixed precision, callbacks) it is one batch that uses Lightning's
    backward and optimizers, and a validation step is the whole validation split. The numbers are the same.

    Args:
        assembly: the checked configuration with its parts.
        on_epoch: called after each epoch with the task and the metrics of the epoch.
        interrupted: called between two batches; returns True if the training should stop.
        repeatable: a block that a request to stop ends at once, since a resumed run repeats it.
    """

    def __init__(
        self,
        assembly: Assembly,
        on_epoch: Callable[[Task, dict[str, float]], None],
        interrupted: Callable[[], bool] = lambda: False,
        repeatable: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.assembly, self.on_epoch, self.repeatable = assembly, on_epoch, repeatable
        self.devices = Devices(self, interrupted)
        self.network = assembly.network()
        self.progress = Progress()
        self.best_weights: dict[str, Tensor] = {}
        self.mode = assembly.objective.better(assembly.recipe.monitor)
        self.raw_optimizers: list[torch.optim.Optimizer] = []
        self.schedules = Schedules()
        self.generator = Generator()
        self.fit_device = torch.device("cpu")
        self.watched: Callable[[], dict[str, float]] = dict  # the values of diagnostics so far, for the checkpoint
        self._checkpoint: dict[str, Any] | None = None
        self._began: float | None = None
        self.judging = derive(assembly.streams.order, "judge", "val")
        self.quick, self.fused = assembly.quick, assembly.trainer.quick()
        self.row: dict[str, float] = {}  # the metrics of the epoch that ends

    @property
    def left(self) -> int:
        """The number of remaining epochs."""
        return 0 if self.progress.stopped else self.assembly.trainer.max_epochs - self.progress.epoch

    @property
    def seconds(self) -> float:
        """The seconds of training so far, including those before an interruption."""
        return self.progress.seconds + (0.0 if self._began is None else time.perf_counter() - self._began)

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Return an optimizer for each phase of the objective, and create their learning-rate schedules."""
        on_cpu = all(p.device.type == "cpu" for p in self.network.parameters())
        self.stepping = Stepping.of(self.assembly.recipe.optimizer.cls)
        optimizers, self.schedules = optimizers_of(self.assembly, self.network, self.fused and on_cpu)
        return optimizers

    def on_fit_start(self) -> None:
        """Move the data to the device, and continue from a checkpoint if there is one."""
        self._began = time.perf_counter()
        self.raw_optimizers = listed(self.optimizers(use_pl_optimizer=False))
        assembly = self.assembly
        dtype = next((p.dtype for p in self.network.parameters() if p.is_floating_point()), torch.float32)
        train, self.val = (part.to(self.device, dtype) for part in (assembly.examples.train, assembly.data.val))
        raw = self.quick or self.stepping.steps_by == "solve"  # Lightning's wrapper expects gradients
        optimizers = self.raw_optimizers if raw else listed(self.optimizers())
        backward: Any = Tensor.backward if self.quick else self.manual_backward
        self.member = Member(self.assembly.step(), self.network, optimizers, backward, deferred=not raw)
        self.generator, self.fit_device = Generator(device=self.device), self.device
        self.batches = Batches(
            train,
            assembly.streams.order,
            assembly.examples.batch_size,
            assembly.trainer.accumulate,
            self.global_rank,
            self.trainer.world_size,
            shuffled=assembly.trainer.overfit_batches is None,
        )
        if self._checkpoint is not None:
            restore_optimizers(self, self._checkpoint)
        if not self.quick:
            resume_loops(self, self._checkpoint)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let regularizers change the gradients, after Lightning has unscaled them in half precision."""
        self.member.before_update()

    def train_dataloader(self) -> Any:
        """Return one item for each training step of Lightning: one for several epochs, or the batches of an epoch."""
        return [0] if self.quick else EpochBatches(self)

    def val_dataloader(self) -> list[int]:
        """Return one item for each validation step of Lightning, which is the whole validation split."""
        return [] if self.quick else [0]

    def training_step(self, batch: Any, number: int) -> dict[str, Tensor] | None:
        """Train for several epochs, starting with the rest of an unfinished one, or on one batch."""
        steps_before, until = self.progress.step, time.perf_counter() + STRETCH
        if not self.quick:
            self._train(1)
            if self.stepping.steps_by == "solve":  # its optimizer is not wrapped by Lightning, which counts the steps
                count_steps(self.trainer, 1)
            return {"loss": self.progress.losses[-1][0]}
        while self.left > 0:
            self._train(self.assembly.recipe.steps)
            self._judge()
            self._advance()
            self.conclude_epoch()
            if time.perf_counter() > until:
                break
        count_steps(self.trainer, self.progress.step - steps_before)  # raw optimizers do not advance the counter
        return None

    def validation_step(self, item: int, number: int) -> None:
        """Compute the metrics of the epoch, on the ordinary path."""
        self._judge()
        logged = {name: value for name, value in self.row.items() if math.isfinite(value)}
        self.log_dict(logged, logger=False, on_step=False, on_epoch=True, batch_size=1)

    def on_train_epoch_end(self) -> None:
        """Advance schedules at the end of an epoch, on the ordinary path."""
        if not self.quick:
            self._advance()

    def _train(self, batches: int) -> None:
        """Train on at most the given number of batches, up to the end of the epoch."""
        progress, assembly = self.progress, self.assembly
        if progress.batch == 0:
            self._begin_epoch()
        ends = min(progress.batch + batches, assembly.recipe.steps)
        while progress.batch < ends and progress.step != assembly.trainer.max_steps:
            taken, size, share = self.batches.take(progress.batch)
            losses = self.member(taken, self.generator, share, progress.step, self._further)
            progress.note_losses({name: each.loss for name, each in losses.items()}, total_penalty(losses), size)
            progress.batch += 1
            progress.step += 1
            self.schedules.after_step()
            if self.quick and self.devices.asked_to_stop():
                raise Interrupted

    def _further(self, update: int) -> tuple[list[Batch], float]:
        """Return the batches for a further update of a repeated phase, and their share of the step.

        They are those of the following steps; after the last step of the epoch, those of the first ones.
        """
        taken, _, share = self.batches.take((self.progress.batch + update) % self.assembly.recipe.steps)
        return taken, share

    def _judge(self) -> None:
        """Check the epoch for divergence, validate, and keep the weights if they are the best."""
        several = len(self.member.step.phases) > 1
        row = training_row(self.progress, self.assembly.trainer.divergence_factor, several, self.devices.gather)
        # Several devices stop together, see `Devices`; on the ordinary path callbacks have begun the validation.
        with self.repeatable() if self.quick else nullcontext():
            row |= validation_row(self.assembly.objective, self.network, self.val, self.judging)
        row["lr"] = float(self.raw_optimizers[0].param_groups[0]["lr"])
        self.row = self.devices.agreed(row)
        monitor = self.assembly.recipe.monitor
        self.progress.refuse_infinity(monitor, self.row[monitor])
        self._keep_best(self.row[monitor])

    def _advance(self) -> None:
        """Advance schedules and the count of the epochs."""
        progress = self.progress
        self.schedules.after_epoch(self.row[self.assembly.recipe.monitor])
        progress.epoch, progress.batch, progress.losses, progress.phases = progress.epoch + 1, 0, [], {}
        progress.stopped = self._enough()

    def conclude_epoch(self) -> None:
        """Stop early if something asks for it, record the epoch, and see whether the run is to be interrupted.

        Raises:
            Interrupted: The run was asked to stop; a checkpoint may be written.
        """
        progress = self.progress
        progress.stopped = progress.stopped or (not self.quick and self.trainer.should_stop)
        self.trainer.should_stop = self.trainer.should_stop or self.left == 0
        self.on_epoch(self, {"epoch": progress.epoch, "step": progress.step, **self.row})
        if self.devices.asked_to_stop():
            raise Interrupted

    def _enough(self) -> bool:
        """Return True if the training ends before its last epoch."""
        regularizers = self.assembly.recipe.regularizers.values()
        return (
            any(part.stops(self.progress.history, self.mode) for part in regularizers)
            or self.progress.step == self.assembly.trainer.max_steps
            or all(map(is_finished, self.raw_optimizers))
        )

    def _begin_epoch(self) -> None:
        """Draw the order of the epoch and seed its noise; both depend only on the seed and the number of the epoch."""
        order, epoch = self.assembly.streams.order, self.progress.epoch
        self.batches.shuffle(epoch)
        rank = [self.global_rank] if self.global_rank else []  # each device draws different noise
        seed_noise(derive(order, "noise", epoch, *rank), self.device)
        self.generator.manual_seed(derive(order, "step", epoch, *rank))

    def conclude_batch(self) -> None:
        """See whether the run is to be interrupted, on the ordinary path and within an epoch.

        Raises:
            Interrupted: The run was asked to stop.
        """
        if self.progress.batch < self.assembly.recipe.steps and self.devices.asked_to_stop():
            raise Interrupted

    def _keep_best(self, value: float) -> None:
        """Record the monitored metric of the epoch, and keep the weights if it is the best so far."""
        if self.progress.note(value, self.mode):
            self.best_weights = copied(self.network.state_dict(), self.best_weights)

    def restore(self, checkpoint: dict[str, Any]) -> None:
        """Load a checkpoint, possibly from the middle of an epoch; optimizers are restored when the fit starts."""
        self.load_state_dict(checkpoint["state_dict"])
        self.progress = Progress(**checkpoint["dlx"]["progress"])
        self.best_weights = checkpoint["dlx"]["best_weights"]
        self._checkpoint = checkpoint
