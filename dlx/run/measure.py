"""When diagnostics measure: at initialisation, every so many epochs, and at the end; nothing when off."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.assembly.assembly import Assembly
from dlx.data.prepared import Data

if TYPE_CHECKING:
    from dlx.training.task import Task


class Measuring:
    """The diagnostics of a run.

    A measure has `every`, `examples` (of the training split; null: all) and

        measure(network, inputs, targets, loss) -> {name: tensor}

    in evaluation mode; a tensor with more than one value is a histogram, or a picture (height, width, 3) from 0 to 1
    where its name begins with `picture/`. A measure that also names `data` is given all of it, and so is its
    `check(network)`, which refuses by ValueError what it cannot measure. A measure that must see every training step
    has two methods more: `watch(network)` puts its hooks on once, before the first step, and `watched(former)` returns
    the scalars so far, joined to what a resumed run had before; with `unwatch()` it takes the hooks off again.

    `seconds` is what all measurements have cost so far; `found` is for whoever trains without a record of epochs.
    """

    def __init__(self, assembly: Assembly, former: Sequence[dict[str, float]] = ()) -> None:
        self.measures = list(assembly.measures.values())
        self.watching = [measure for measure in self.measures if hasattr(measure, "watch")]
        self.objective = assembly.objective
        self.former = former[-1] if former else {}
        self.first: dict[str, np.ndarray] = {}
        self.seconds = 0.0
        self.found: dict[str, float] = {}

    def at_start(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return what is measured on the first weights, under `init/...`; its histograms are kept in `first`."""
        scalars, self.first = self._measure(network, data, self.measures)
        for measure in self.watching:
            measure.watch(network)
        return {f"init/{name}": value for name, value in scalars.items()}

    def at_end(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return what is measured on the last weights; nothing stays on the network."""
        for measure in self.watching:
            if hasattr(measure, "unwatch"):
                measure.unwatch()
        return self._measure(network, data, self.measures)[0]

    def at_epoch(self, task: Task) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """Return the scalars and histograms that are due after this epoch."""
        if not self.measures:
            return {}, {}
        due = [measure for measure in self.measures if task.progress.epoch % measure.every == 0]
        scalars, histograms = self._measure(task.network, task.assembly.data, due)
        return {**scalars, **self.over_training()}, histograms

    def over_training(self) -> dict[str, float]:
        """Return what has been watched over all training steps so far, also where the training broke off."""
        return {name: value for measure in self.watching for name, value in measure.watched(self.former).items()}

    def _measure(
        self, network: nn.Module, data: Data, measures: list[Any]
    ) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        scalars: dict[str, float] = {}
        histograms: dict[str, np.ndarray] = {}
        if not measures:
            return scalars, histograms
        began = time.perf_counter()
        training = network.training
        parameter = next(network.parameters(), torch.zeros(0))
        network.eval()
        try:
            for measure in measures:
                inputs = data.train.inputs[: measure.examples].to(parameter.device, parameter.dtype)
                targets = data.train.targets[: measure.examples].to(parameter.device)
                targets = targets.to(parameter.dtype) if targets.is_floating_point() else targets
                more = {"data": data} if "data" in inspect.signature(measure.measure).parameters else {}
                for name, value in measure.measure(network, inputs, targets, self._loss, **more).items():
                    if value.numel() == 1:
                        scalars[name] = float(value)
                    else:
                        histograms[name] = value.detach().float().cpu().numpy()
        finally:
            network.train(training)
            self.seconds += time.perf_counter() - began
        return scalars, histograms

    def _loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        return self.objective.loss(network(inputs), targets)
