"""The parts of a checked configuration: the examples, the builder of the network and the training recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning.pytorch.callbacks import ProgressBar
from torch import nn

from dlx.config.checked import Checked
from dlx.config.choice import Choice
from dlx.config.revision import revision_of
from dlx.config.settings import TrainerSettings
from dlx.contracts import Phase
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.job import Job
from dlx.contracts.objective import Objective
from dlx.contracts.optimizer import Stepping
from dlx.contracts.regularizer import Regularizer
from dlx.contracts.transfer import Transfer
from dlx.data.augment import Augmenter
from dlx.data.batches import limited
from dlx.data.prepared import Data, Split
from dlx.errors import ConfigError
from dlx.nn.builder import NetworkBuilder
from dlx.nn.initialize import part_of
from dlx.seeds import Streams
from dlx.spec import DataSpec
from dlx.step.step import Step


@dataclass(frozen=True)
class Examples:
    """The data that a network is trained and evaluated on.

    Attributes:
        data: the splits in the form that the model accepts, as the objective evaluates it on them; those of the first
            fold if all folds are trained.
        train: the examples that batches are taken from: the training split, with its fixed augmented copies if any.
        batch_size: number of examples in a batch.
        drop_last: drop the last batch of an epoch if it is smaller.
        augmenters: the augmentations that are drawn anew for each batch, in the order in which they are applied.
        adapter: a description of how the data were adapted to the model; empty if they were not.
        offered: the spec of the data before they were adapted.
        all_folds: the number of folds if each of them is trained, otherwise None.
        limit: number (int) or fraction (float) of the batches of an epoch that are used; None: all.
    """

    data: Data
    train: Split
    batch_size: int
    drop_last: bool
    augmenters: tuple[Augmenter, ...]
    adapter: str
    offered: DataSpec
    all_folds: int | None
    limit: int | float | None = None

    def steps(self, accumulate: int) -> int:
        """Return the number of training steps in an epoch, each of which accumulates the given number of batches.

        Raises:
            ConfigError: The batches of an epoch are limited to less than one, or to a part of a step.
        """
        if self.limit is not None:
            key = "trainer.limit_train_batches"
            batches = limited(self._batches(self.batch_size), self.limit, key)
            if batches % accumulate:
                raise ConfigError(
                    f"{key}: {batches} batches are no whole number of steps, which accumulate {accumulate} each"
                )
            return batches // accumulate
        return self._batches(self.batch_size * accumulate)

    def _batches(self, size: int) -> int:
        examples = len(self.train)
        return max(examples // size, 1) if self.drop_last else math.ceil(examples / size)

    def smallest_batch(self, accumulate: int) -> int:
        """Return the size of the smallest training batch."""
        size, examples = self.batch_size, len(self.train)
        rest = 0 if self.drop_last else examples % (size * accumulate)
        return rest % size or min(size, examples)


@dataclass(frozen=True)
class Recipe:
    """The settings by which a network is trained.

    Attributes:
        objective: the loss to minimize and the metrics to compute.
        objective_choice: the option and keys of the objective, by which cached results are identified.
        regularizers: the active regularizers by name.
        transfer: what is done with weights that are copied from another run; its hooks follow those of regularizers.
        augmenters: the augmentations of each batch, applied in this order, before the regularizers.
        optimizer: the optimizer, with its learning rate in absolute terms.
        scheduler: the learning-rate schedule.
        trainer: the duration, device and precision of the training.
        monitor: the metric by which the best weights are selected.
        steps: number of training steps in an epoch.
        parts: the options that parts of the network have of their own, by part and group.
    """

    objective: Objective
    objective_choice: Choice
    regularizers: Mapping[str, Regularizer]
    transfer: Transfer
    augmenters: tuple[Augmenter, ...]
    optimizer: Choice
    scheduler: Choice
    trainer: TrainerSettings
    monitor: str
    steps: int
    parts: Mapping[str, Mapping[str, Choice]] = field(default_factory=dict)

    def step(self) -> Step:
        """Compose the training step."""
        return Step(self.objective.phases(), [*self.augmenters, *self.regularizers.values(), self.transfer])

    def optimizers(self, phase: Phase, network: nn.Module, fused: bool) -> dict[str, torch.optim.Optimizer]:
        """Return new optimizers of a phase: one for each part with an optimizer of its own, the run's under `""`.

        Args:
            phase: the phase, whose parameters they update.
            network: the network.
            fused: use torch's fused kernels where an optimizer has them.
        """
        own = [part for part, groups in self.parts.items() if {"optimizer", "scheduler"} & set(groups)]
        moved: dict[str, list[nn.Parameter]] = {}
        for name, parameter in network.named_parameters():
            if phase.takes(name) and parameter.requires_grad:
                moved.setdefault(part_of(name, own) or "", []).append(parameter)
        made = {}
        for part in sorted(moved) or [""]:
            choice = self.parts.get(part, {}).get("optimizer", self.optimizer)
            faster = {"fused": True} if fused and Stepping.of(choice.cls).fused else {}
            made[part] = choice.make(moved.get(part, []), **faster)
        return made

    def schedule(self, optimizer: Any, part: str = "") -> Any:
        """Return the learning-rate schedule of an optimizer, that of the run or of a part, over the whole run."""
        steps = self.trainer.max_epochs * self.steps
        steps = min(steps, self.trainer.max_steps or steps)
        scheduler = self.parts.get(part, {}).get("scheduler", self.scheduler)
        return scheduler.make(optimizer, steps=steps, mode=self.objective.better(self.monitor))


@dataclass(frozen=True)
class Assembly:
    """A checked configuration with its parts, ready to train.

    Attributes:
        checked: the configuration.
        streams: the seeds derived from it.
        examples: the data that the network is trained and evaluated on.
        builder: the builder of the network.
        recipe: the settings by which the network is trained.
        measures: the diagnostics by name.
        left_out: the reason for each diagnostic that `diagnostics=full` leaves out, by name.
        job: the job of the run: training, or a computation without training.
    """

    checked: Checked
    streams: Streams
    examples: Examples
    builder: NetworkBuilder
    recipe: Recipe
    measures: Mapping[str, Diagnostic]
    left_out: Mapping[str, str]
    job: Job

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration as it was composed."""
        return self.checked.config

    @property
    def data(self) -> Data:
        """The data in the form that the model accepts."""
        return self.examples.data

    @property
    def trainer(self) -> TrainerSettings:
        """The duration, device and precision of the training."""
        return self.checked.trainer

    @property
    def quick(self) -> bool:
        """Whether a training step of Lightning may be several epochs, since nothing asks for its other hooks."""
        return self.trainer.quick() and not self.checked.callbacks and not self.trainer.by_batch()

    @property
    def shows_progress(self) -> bool:
        """Whether a callback shows the progress of the training, instead of the progress bar of dlx."""
        return any(issubclass(choice.cls, ProgressBar) for choice in self.checked.callbacks.values())

    @property
    def objective(self) -> Objective:
        """The loss to minimize and the metrics to compute."""
        return self.recipe.objective

    @property
    def revision(self) -> int:
        """The revision of the model for these data, which is part of the run's identity from 2 on."""
        return revision_of(self.config, len(self.data.spec.classes))

    def network(self) -> nn.Module:
        """Build the network with its initial weights, which depend on the seed stream `init` alone."""
        return self.builder.make(self.data.train.inputs, self.streams.init)

    def step(self) -> Step:
        """Compose the training step."""
        return self.recipe.step()
