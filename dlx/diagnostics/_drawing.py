"""The base class of the diagnostics that draw a trained network and measure nothing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlx.contracts.diagnostics import Diagnostic, Subject
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.results.figure import raster


class Drawing(Diagnostic):
    """Base class of diagnostics whose figures are the pictures of `explain`; a subclass implements it."""

    examples = 1  # no batch is used

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return the pictures as images; none if there is nothing to draw."""
        try:
            pictures = self.explain(Subject(network, data, objective))
        except ValueError:
            return {}
        return {name: torch.from_numpy(raster(picture.drawing)) / 255 for name, picture in pictures.items()}
