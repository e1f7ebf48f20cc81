"""The LightningModule: it drives steps over an epoch, watches the validation split and keeps the best weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lightning
import torch
from torch import Generator, Tensor

from dlx.assembly.assembly import Assembly
from dlx.contracts import Batch
from dlx.contracts.optimizer import Stepping, is_finished
from dlx.contracts.scheduler import Scheduling
from dlx.data.batches import Batches
from dlx.data.prepared import Split
from dlx.nn.predict import predict
from dlx.seeds import derive, seed_noise
from dlx.step.member import Member
from dlx.step.step import total_penalty
from dlx.training.checkpoint import restore_optimizers
from dlx.training.epoch import training_row
from dlx.training.progress import Interrupted, Progress

STRETCH = 0.1  # seconds: epochs shorter than this share a Lightning training step


class Task(lightning.LightningModule):
    """One network in training.

    On one device in full precision a Lightning training step is one or more whole epochs, their batches taken by index
    from tensors in memory: Lightning's own loop takes a millisecond an epoch, as long as a small network's epoch. With
    several devices or mixed precision it is one batch, through Lightning's backward and optimizers.

    Args:
        assembly: the checked configuration.
        on_epoch: called after each epoch with the row of metrics; returns nothing.
        interrupted: asked between two batches.
    """

    def __init__(
        self,
        assembly: Assembly,
        on_epoch: Callable[[Task, dict[str, float]], None],
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.assembly, self.on_epoch, self.interrupted = assembly, on_epoch, interrupted
        self.network = assembly.network()
        self.progress = Progress()
        self.best_weights: dict[str, Tensor] = {}
        self.mode = assembly.objective.better(assembly.recipe.monitor)
        self.raw_optimizers: list[torch.optim.Optimizer] = []
        self.schedulers: list[Any] = []
        self.generator = Generator()
        self.fit_device = torch.device("cpu")
        self.watched: Callable[[], dict[str, float]] = dict  # what diagnostics have seen so far, for the checkpoint
        self._checkpoint: dict[str, Any] | None = None
        self._began: float | None = None
        settings = assembly.trainer
        self.judging = derive(assembly.streams.order, "judge", "val")
        self.quick = settings.devices == 1 and settings.precision in ("32-true", "64-true")

    @property
    def left(self) -> int:
        """The number of epochs that are still to be trained."""
        return 0 if self.progress.stopped else self.assembly.trainer.max_epochs - self.progress.epoch

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before an interruption included."""
        return self.progress.seconds + (0.0 if self._began is None else time.perf_counter() - self._began)

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Make an optimizer for each phase, and its schedule."""
        optimizer = self.assembly.recipe.optimizer
        on_cpu = all(p.device.type == "cpu" for p in self.network.parameters())
        self.stepping = Stepping.of(optimizer.cls)
        fused = {"fused": True} if self.quick and on_cpu and self.stepping.fused else {}
        named = list(self.network.named_parameters())
        optimizers = []
        for phase in self.assembly.objective.phases():
            moved = [p for name, p in named if phase.takes(name) and p.requires_grad]
            optimizers.append(optimizer.make(moved, **fused))
        self.schedulers = [self.assembly.recipe.schedule(made) for made in optimizers]
        self.each_step = [s for s in self.schedulers if Scheduling.of(type(s)).interval == "step"]
        return optimizers

    def on_fit_start(self) -> None:
        """Bring the data to the device and go on where a checkpoint stood."""
        self._began = time.perf_counter()
        self.raw_optimizers = _listed(self.optimizers(use_pl_optimizer=False))
        assembly = self.assembly
        dtype = next((p.dtype for p in self.network.parameters() if p.is_floating_point()), torch.float32)
        train, self.val = (part.to(self.device, dtype) for part in (assembly.examples.train, assembly.data.val))
        raw = self.quick or self.stepping.steps_by == "solve"  # Lightning's wrapper knows gradients alone
        optimizers = self.raw_optimizers if raw else _listed(self.optimizers())
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
        )
        if self._checkpoint is not None:
            restore_optimizers(self, self._checkpoint)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let regularizers change the gradients, off which Lightning has taken the loss scale of half precision."""
        self.member.before_update()

    def train_dataloader(self) -> list[int]:
        """Say what a Lightning step is: a stretch of whole epochs, or one batch after the other."""
        return [0] if self.quick else list(range(self.assembly.recipe.steps))

    def training_step(self, chunk: int, number: int) -> None:
        """Train for a stretch of epochs, the rest of one under way first, or on one batch."""
        if not self.quick:
            self._train(1)
            return
        steps_before, until = self.progress.step, time.perf_counter() + STRETCH
        while self.left > 0:
            self._train(self.assembly.recipe.steps)
            self._end_epoch()
            if time.perf_counter() > until:
                break
        # Raw optimizers do not advance Lightning's counter, by which its callbacks go.
        loops = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        loops.total.completed += self.progress.step - steps_before

    def on_train_epoch_end(self) -> None:
        """End the epoch, where its batches were Lightning's steps."""
        if not self.quick:
            self._end_epoch()

    def _train(self, batches: int) -> None:
        """Train on the next batches, to the end of the epoch at most."""
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
            for scheduler in self.each_step:
                scheduler.step()
            if self._asked_to_stop():
                raise Interrupted

    def _further(self, update: int) -> tuple[list[Batch], float]:
        """Return the batches of a repeated phase's n-th further update: those of the steps to come, then the first."""
        taken, _, share = self.batches.take((self.progress.batch + update) % self.assembly.recipe.steps)
        return taken, share

    def _end_epoch(self) -> None:
        """Judge the epoch: divergence, validation, best weights, schedule, early stopping."""
        gather: Any = self.all_gather if self.trainer.world_size > 1 else None
        several = len(self.member.step.phases) > 1
        row = training_row(self.progress, self.assembly.trainer.divergence_factor, several, gather)
        row |= {f"val/{name}": value for name, value in self._watch(self.val).items()}
        row["lr"] = float(self.raw_optimizers[0].param_groups[0]["lr"])
        row = self._agreed(row)
        progress, monitor = self.progress, self.assembly.recipe.monitor
        watched = row[monitor]
        progress.refuse_infinity(monitor, watched)
        self._keep_best(watched)
        for scheduler in self.schedulers:
            if scheduler not in self.each_step:
                scheduler.step(*([watched] if Scheduling.of(type(scheduler)).wants_metric else []))
        progress.epoch, progress.batch, progress.losses, progress.phases = progress.epoch + 1, 0, [], {}
        progress.stopped = self._enough()
        self.trainer.should_stop = self.left == 0
        self.on_epoch(self, {"epoch": progress.epoch, "step": progress.step, **row})
        if self._asked_to_stop():
            raise Interrupted

    def _enough(self) -> bool:
        """Tell whether the training is over before its last epoch."""
        regularizers = self.assembly.recipe.regularizers.values()
        return (
            any(part.stops(self.progress.history, self.mode) for part in regularizers)
            or self.progress.step == self.assembly.trainer.max_steps
            or all(map(is_finished, self.raw_optimizers))
        )

    def _begin_epoch(self) -> None:
        """Draw the order of the epoch and seed its noise: both depend on the seed and the epoch alone."""
        order, epoch = self.assembly.streams.order, self.progress.epoch
        self.batches.shuffle(epoch)
        rank = [self.global_rank] if self.global_rank else []  # each device draws noise of its own
        seed_noise(derive(order, "noise", epoch, *rank), self.device)
        self.generator.manual_seed(derive(order, "step", epoch, *rank))

    def _asked_to_stop(self) -> bool:
        if self.trainer.world_size == 1:
            return self.interrupted()
        return bool(self.trainer.strategy.reduce_boolean_decision(self.interrupted(), all=False))

    def _agreed(self, row: dict[str, float]) -> dict[str, float]:
        """Let all devices go by the first one's figures: the decisions made from them must be the same."""
        return row if self.trainer.world_size == 1 else self.trainer.strategy.broadcast(row)

    def _keep_best(self, value: float) -> None:
        """Note the epoch's monitored metric, and keep the weights if it is the best so far."""
        if not self.progress.note(value, self.mode):
            return
        state = self.network.state_dict()
        if not self.best_weights:
            self.best_weights = {name: tensor.detach().clone() for name, tensor in state.items()}
        else:
            for name, tensor in state.items():
                self.best_weights[name].copy_(tensor)

    def _watch(self, part: Split) -> dict[str, float]:
        objective = self.assembly.objective
        quick = objective.quick(predict(objective, self.network, part, self.judging), part.batch())
        return dict(zip(quick, torch.stack([value.double() for value in quick.values()]).tolist(), strict=True))

    def restore(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint, also in the middle of an epoch; the optimizers follow when the fit starts."""
        self.load_state_dict(checkpoint["state_dict"])
        self.progress = Progress(**checkpoint["dlx"]["progress"])
        self.best_weights = checkpoint["dlx"]["best_weights"]
        self._checkpoint = checkpoint


def _listed(optimizers: Any) -> list[Any]:
    return list(optimizers) if isinstance(optimizers, list | tuple) else [optimizers]
