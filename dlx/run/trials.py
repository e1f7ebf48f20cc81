"""What a job works with: the checked configuration, and networks trained under variants of it, in memory."""

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
    """The hands of a job: it builds, trains and asks networks without writing anything.

    Args:
        assembly: the checked configuration of the run.
        interrupted: asked between two trials and between two batches.
    """

    def __init__(self, assembly: Assembly, interrupted: Callable[[], bool] = lambda: False) -> None:
        self.assembly, self.interrupted = assembly, interrupted

    @property
    def data(self) -> Data:
        """The run's data."""
        return self.assembly.data

    def seed(self, *words: str | int) -> int:
        """Return a seed for draws of the job's own, derived from `seed` and the words."""
        return derive(self.assembly.config["seed"], "job", *words)

    def network(self, init: int | None = None) -> nn.Module:
        """Return the untrained network of the configuration, with its own first weights or those of a seed."""
        if init is None:
            return self.assembly.network()
        return replace(self.assembly, streams=replace(self.assembly.streams, init=init)).network()

    def variant(self, changes: Mapping[str, Any]) -> Assembly:
        """Return the configuration of a training with some dotted keys changed, checked and made.

        Raises:
            ConfigError: a change cannot be used.
        """
        return assemble(changed(self.assembly.config, {"job": TRAIN, **changes}))

    def train(self, assembly: Assembly) -> nn.Module:
        """Return a network trained as a run would train it, with the weights that `trainer.test_weights` asks for.

        Raises:
            Interrupted: the user wants to stop.
            Diverged: the loss is not finite.
        """
        return self.trained(assembly).network

    def trained(self, assembly: Assembly, measuring: Measuring | None = None) -> Task:
        """Return a training at its end: as `train`, with its steps and epochs; diagnostics are taken by the way."""
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
        """Return what the objective judges of a split in evaluation mode, on the CPU."""
        return judge(self.assembly.objective, network, part, self.seed("judge"))

    def pause(self) -> None:
        """Give the user the chance to stop; to be called in every loop that lasts.

        Raises:
            Interrupted: the user wants to stop.
        """
        if self.interrupted():
            raise Interrupted


def changed(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with some dotted keys set; the original stays as it is."""
    result = copy.deepcopy(dict(config))
    for path, value in changes.items():
        *way, key = path.split(".")
        node = result
        for step in way:
            node = node[step]
        node[key] = value
    return result
