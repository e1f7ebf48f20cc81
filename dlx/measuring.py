"""When diagnostics measure: at initialisation, every so many epochs, and at the end; nothing when off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from dlx.assemble import Assembly
from dlx.data import Data

if TYPE_CHECKING:
    from dlx.task import Task


class Measuring:
    """The diagnostics of a run.

    A measure has `every`, `examples` and `measure(network, inputs, targets, loss) -> {name: tensor}`; a tensor with
    more than one value is a histogram.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.measures = list(assembly.measures.values())
        self.objective = assembly.objective

    def at_start(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return what is measured on the first weights, under `init/...`."""
        scalars, _ = self._measure(network, data, self.measures)
        return {f"init/{name}": value for name, value in scalars.items()}

    def at_end(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return what is measured on the last weights."""
        return self._measure(network, data, self.measures)[0]

    def at_epoch(self, task: Task) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """Return the scalars and histograms that are due after this epoch."""
        due = [measure for measure in self.measures if task.progress.epoch % measure.every == 0]
        return self._measure(task.network, task.assembly.data, due) if due else ({}, {})

    def _measure(
        self, network: nn.Module, data: Data, measures: list
    ) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        scalars: dict[str, float] = {}
        histograms: dict[str, np.ndarray] = {}
        training = network.training
        parameter = next(network.parameters())
        network.eval()
        try:
            for measure in measures:
                inputs = data.train.inputs[: measure.examples].to(parameter.device, parameter.dtype)
                targets = data.train.targets[: measure.examples].to(parameter.device)
                targets = targets.to(parameter.dtype) if targets.is_floating_point() else targets
                for name, value in measure.measure(network, inputs, targets, self._loss).items():
                    if value.numel() == 1:
                        scalars[name] = float(value)
                    else:
                        histograms[name] = value.detach().float().cpu().numpy()
        finally:
            network.train(training)
        return scalars, histograms

    def _loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        return self.objective.loss(network(inputs), targets)
