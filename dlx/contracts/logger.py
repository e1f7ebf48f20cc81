"""The contract of the group logger: where the metrics of a run are written besides its own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.nn.layer_table import LayerRow


class Logger(Contract):
    """Receives the metrics of a training, its pictures, and at the end its hyperparameters.

    A user's class overrides the methods that it needs; the others do nothing.

    Run-time values, for a constructor that has parameters of these names before the star:
        folder: the folder of the run, a `pathlib.Path`.
        resumed_step: the training step that a resumed run continues from; None if it starts anew.

    Attributes:
        rewrites: whether a resumed run is given the metrics of all earlier epochs again, because the logger starts its
            file anew.
        leaves_folder: whether metrics go to a place outside the folder of the run, such as a server. `dlx resume` takes
            such a logger from a folder only if it is admitted by name. It is read from the source file, so it must be a
            literal.
    """

    given: ClassVar[tuple[str, ...]] = ("folder", "resumed_step")
    rewrites: bool = False
    leaves_folder: bool = False

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Receive metrics by name, after each epoch and at the end, with the number of training steps."""

    def draw(self, histograms: Mapping[str, np.ndarray], pictures: Mapping[str, np.ndarray], step: int) -> None:
        """Receive arrays to show as histograms, and pictures (height, width, 3), by name; all values are finite."""

    def hyperparameters(self, hparams: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Receive the keys of the configuration with the main final metrics, once, at the end of the run."""

    def graph(self, layers: Sequence[LayerRow]) -> None:
        """Receive the layers of the network, once, before the training."""

    def flush(self) -> None:
        """Write what has been received so far."""

    def close(self) -> None:
        """Write the rest and release files and connections."""
