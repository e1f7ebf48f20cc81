"""The interface for jobs: the checked configuration, and networks trained in memory with variants of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from dlx.assembly.assemble import assemble
from dlx.assembly.assembly import Assembly
from dlx.config.node import make_node
from dlx.data.prepared import Data, Split
from dlx.run.evaluate import judge
from dlx.run.measure import Measuring
from dlx.seeds import derive
from dlx.step.solve import settle
from dlx.training.fit import fit
from dlx.training.progress import Interrupted
from dlx.training.task import Task

TRAIN = make_node("dlx.job.train.Train", {})


class Trials:
    """Builds, trains and evaluates networks for a job without writing any files.

    Args:
        assembly: the checked configuration of the run with its parts.
        interrupted: called between two trials and between two batches; returns True if the job should stop.
    """

    def __init__(self, assembly: Assembly, interrupted: Callable[[], bool] = lambda: False) -> None:
        self.assembly, self.interrupted = assembly, interrupted

    @property
    def data(self) -> Data:
        """The data of the run."""
        return self.assembly.data

    def seed(self, *words: str | int) -> int:
        """Return a seed for random numbers of the job, derived from `seed` and the words."""
        return derive(self.assembly.config["seed"], "job", *words)

    def network(self, init: int | None = None) -> nn.Module:
        """Return the untrained network of the configuration, with its own initial weights or those of a given seed."""
        if init is None:
            return self.assembly.network()
        return replace(self.assembly, streams=replace(self.assembly.streams, init=init)).network()

    def variant(self, changes: Mapping[str, Any]) -> Assembly:
        """Return the assembly of a training configuration in which some dotted keys are changed.

        Raises:
            ConfigError: The changed configuration is invalid.
        """
        return assemble(changed(self.assembly.config, {"job": TRAIN, **changes}))

    def train(self, assembly: Assembly) -> nn.Module:
        """Return a network trained as in a run, with the weights that `trainer.test_weights` selects.

        Raises:
            Interrupted: The user has asked to stop.
            Diverged: The loss is not finite or too large.
        """
        return self.trained(assembly).network

    def trained(self, assembly: Assembly, measuring: Measuring | None = None) -> Task:
        """Return the finished training with its steps and epochs; otherwise the same as `train`.

        Args:
            assembly: the configuration to train.
            measuring: the diagnostics to measure, whose scalars are added to `measuring.found`.
        """
        self.pause()
        task = Task(assembly, lambda task, row: None, self.interrupted)
        if measuring is not None:
            measuring.found |= measuring.at_start(task.network, assembly.data)
        if not settle(task.network, assembly.data.train, assembly.step().having("penalty")):
            fit(task, Path())
        if measuring is not None:
            measuring.found |= measuring.over_training() | measuring.at_end(task.network, assembly.data)
        if assembly.trainer.test_weights == "best" and task.best_weights:
            task.network.load_state_dict(task.best_weights)
        return task

    def outputs(self, network: nn.Module, part: Split) -> Any:
        """Return the outputs of a network for a split, in evaluation mode and on the CPU."""
        return judge(self.assembly.objective, network, part, self.seed("judge"))

    def pause(self) -> None:
        """Stop the job if the user has asked for it; to be called in every long loop.

        Raises:
            Interrupted: The user has asked to stop.
        """
        if self.interrupted():
            raise Interrupted


def changed(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a configuration with some dotted keys set."""
    result = copy.deepcopy(dict(config))
    for path, value in changes.items():
        *way, key = path.split(".")
        node = result
        for step in way:
            node = node[step]
        node[key] = value
    return result
