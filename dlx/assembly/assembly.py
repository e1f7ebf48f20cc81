"""A checked configuration made ready to train, in three parts: the examples, the network's builder and the recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from dlx.config.checked import Checked
from dlx.config.choice import Choice
from dlx.config.settings import TrainerSettings
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.job import Job
from dlx.contracts.objective import Objective
from dlx.contracts.regularizer import Regularizer
from dlx.data.augment import Augmenter
from dlx.data.prepared import Data, Split
from dlx.nn.builder import NetworkBuilder
from dlx.seeds import Streams
from dlx.spec import DataSpec
from dlx.step.step import Step


@dataclass(frozen=True)
class Examples:
    """What a network is trained and judged on.

    Attributes:
        data: in the form that the model accepts; of the first fold where all are to be trained.
        train: what the batches are taken of: the training split, enlarged by fixed augmented copies where asked for.
        batch_size: examples in a batch.
        drop_last: leave out a last batch that is smaller.
        augmenter: what changes each batch anew.
        adapter: in words, what was done to the data for the model.
        offered: the spec of the data before they were adapted.
        all_folds: the number of folds where each is to be trained.
    """

    data: Data
    train: Split
    batch_size: int
    drop_last: bool
    augmenter: Augmenter | None
    adapter: str
    offered: DataSpec
    all_folds: int | None

    def steps(self, accumulate: int) -> int:
        """Return the number of training steps in an epoch, each on so many batches."""
        size, examples = self.batch_size * accumulate, len(self.train)
        return max(examples // size, 1) if self.drop_last else math.ceil(examples / size)

    def smallest_batch(self, accumulate: int) -> int:
        """Return the size of the smallest training batch."""
        size, examples = self.batch_size, len(self.train)
        rest = 0 if self.drop_last else examples % (size * accumulate)
        return rest % size or min(size, examples)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        objective: what is minimised and measured.
        objective_choice: the objective's option and keys, for what is remembered of it.
        regularizers: the active ones by name.
        augmenter: what changes each batch before the regularizers do.
        optimizer: its step size in absolute terms.
        scheduler: of the step size.
        trainer: how long and where.
        monitor: the metric that picks the best weights.
        steps: training steps in an epoch.
    """

    objective: Objective
    objective_choice: Choice
    regularizers: Mapping[str, Regularizer]
    augmenter: Augmenter | None
    optimizer: Choice
    scheduler: Choice
    trainer: TrainerSettings
    monitor: str
    steps: int

    def step(self) -> Step:
        """Compose the training step."""
        changes = [self.augmenter] if self.augmenter is not None else []
        return Step(self.objective.phases(), [*changes, *self.regularizers.values()])

    def schedule(self, optimizer: Any) -> Any:
        """Make the schedule of an optimizer's step size over the run."""
        steps = self.trainer.max_epochs * self.steps
        steps = min(steps, self.trainer.max_steps or steps)
        return self.scheduler.make(optimizer, steps=steps, mode=self.objective.better(self.monitor))


@dataclass(frozen=True)
class Assembly:
    """A checked configuration whose parts fit each other, ready to train.

    Attributes:
        checked: the configuration.
        streams: its seeds.
        examples: what it is trained and judged on.
        builder: of the network.
        recipe: how the network is trained.
        measures: the diagnostics by name.
        left_out: which diagnostics `diagnostics=full` does without, and why.
        job: what the run does.
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
        """How long and where."""
        return self.checked.trainer

    @property
    def objective(self) -> Objective:
        """What is minimised and measured."""
        return self.recipe.objective

    def network(self) -> nn.Module:
        """Build the network with its first weights, drawn from the stream `init` alone."""
        return self.builder.make(self.data.train.inputs, self.streams.init)

    def step(self) -> Step:
        """Compose the training step."""
        return self.recipe.step()
