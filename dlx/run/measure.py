"""The schedule of diagnostics: on the initial weights, every few epochs, and at the end of training."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch import Generator, Tensor, nn

from dlx.assembly.assembly import Assembly
from dlx.contracts import Batch, Net
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.data.tree import moved
from dlx.nn.predict import place_of
from dlx.seeds import derive

if TYPE_CHECKING:
    from dlx.training.task import Task


class Drawn(NamedTuple):
    """The histograms and the pictures (height, width, 3) of a measurement, by name."""

    histograms: dict[str, np.ndarray]
    pictures: dict[str, np.ndarray]


class Measuring:
    """The diagnostics of a run; see `dlx.contracts.Diagnostic`.

    Args:
        assembly: the checked configuration with its diagnostics.
        former: values over the training before an interruption, at most one dict.

    Attributes:
        seconds: seconds of all measurements so far.
        found: scalars of a training that writes no record of its epochs, collected by the caller.
    """

    def __init__(self, assembly: Assembly, former: Sequence[dict[str, float]] = ()) -> None:
        self.measures: list[Diagnostic] = list(assembly.measures.values())
        self.objective = assembly.objective
        self.former = former[-1] if former else {}
        self.first = Drawn({}, {})
        self.seconds = 0.0
        self.found: dict[str, float] = {}
        self.seed = derive(assembly.streams.order, "diagnostics")

    def at_start(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return the scalars on the initial weights, as `init/...`; histograms and pictures are kept in `first`."""
        scalars, self.first = self._measure(network, data, self.measures)
        for measure in self.measures:
            measure.watch(network)
        return {f"init/{name}": value for name, value in scalars.items()}

    def at_end(self, network: nn.Module, data: Data) -> dict[str, float]:
        """Return the scalars on the last weights, after all hooks have been removed from the network."""
        for measure in self.measures:
            measure.unwatch()
        return self._measure(network, data, self.measures, draws=False)[0]

    def at_epoch(self, task: Task) -> tuple[dict[str, float], Drawn]:
        """Return the scalars that are due after this epoch, and the histograms and pictures."""
        if not self.measures:
            return {}, Drawn({}, {})
        due = [measure for measure in self.measures if task.progress.epoch % measure.every == 0]
        scalars, drawn = self._measure(task.network, task.assembly.data, due)
        return {**scalars, **self.over_training()}, drawn

    def over_training(self) -> dict[str, float]:
        """Return the values that are tracked over all training steps so far, also if the training was interrupted."""
        return {name: value for measure in self.measures for name, value in measure.watched(self.former).items()}

    def _measure(
        self, network: nn.Module, data: Data, measures: list[Diagnostic], draws: bool = True
    ) -> tuple[dict[str, float], Drawn]:
        scalars: dict[str, float] = {}
        histograms: dict[str, np.ndarray] = {}
        pictures: dict[str, np.ndarray] = {}
        if not measures:
            return scalars, Drawn(histograms, pictures)
        with self._evaluating(network):
            place = place_of(network)
            for measure in measures:
                batch = moved(data.train.batch(slice(measure.examples)), place.device, place.dtype)
                for name, value in measure.measure(network, batch, self._loss, data).items():
                    if value.numel() == 1:
                        scalars[name] = float(value)
                    else:
                        histograms[name] = as_array(value)
                for name, value in measure.figures(network, data, self.objective).items() if draws else ():
                    pictures[f"picture/{name}"] = as_array(value)
        return scalars, Drawn(histograms, pictures)

    @contextmanager
    def _evaluating(self, network: nn.Module) -> Iterator[None]:
        """Set the network to evaluation mode in the block, and add its duration to `seconds`."""
        began, training = time.perf_counter(), network.training
        network.eval()
        try:
            yield
        finally:
            network.train(training)
            self.seconds += time.perf_counter() - began

    def _loss(self, network: Net, batch: Batch) -> Tensor:
        generator = Generator(device=batch.inputs.device).manual_seed(self.seed)
        return self.objective.plain_loss(network, batch, generator)


def as_array(value: Tensor) -> np.ndarray:
    """Return a tensor as a numpy array in single precision."""
    return value.detach().float().cpu().numpy()
