"""Checkerboard patterns in the outputs."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.data.tree import moved
from dlx.nn.predict import place_of
from dlx.spec import FORM_OF_INPUT, FORMS, DataSpec, Positive

NO_MAP = "needs outputs that are a map; try model=unet"


class Checkerboard(Diagnostic):
    """How much of a map of outputs is a pattern with a period of two pixels (Odena, Dumoulin & Olah 2016).

    It reports `checkerboard/share`, the share of the energy of the outputs, without their mean, at the highest
    frequency of a row or a column, averaged over the channels of the outputs and the examples; of an odd side the last
    pixel is left out. `checkerboard/ratio` is this share divided by that of white noise of the same size. The cost
    is one forward pass.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples in the fixed batch.

    Example:
        dlx train -m model=unet diagnostics=checkerboard model.upsample=transposed,bilinear
    """

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        if (FORMS[spec.target] or FORM_OF_INPUT[spec.input]) != "map":
            raise ValueError(NO_MAP)
        self.every, self.examples = every, examples

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network itself has a map of outputs; a GAN has a score for each example.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        place = place_of(network)
        with torch.no_grad():
            outputs = network(moved(data.train.inputs[:1], place.device, place.dtype))
        if outputs.ndim != 4:
            raise ValueError(NO_MAP)

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        with torch.no_grad():
            outputs = network(batch.inputs)
        height, width = (side - side % 2 for side in outputs.shape[2:])
        share = highest_share(outputs[..., :height, :width])
        noise = (height + width - 1) / (height * width - 1)
        return {"checkerboard/share": share, "checkerboard/ratio": share / noise}


def highest_share(maps: Tensor) -> Tensor:
    """Return the mean share of the energy of maps (..., h, w; even), without their mean, at a period of two pixels."""
    energy = torch.fft.fft2(maps.float()).abs().square()
    height, width = maps.shape[-2:]
    whole = energy.sum((-2, -1)) - energy[..., 0, 0]
    row, column = energy[..., height // 2, :], energy[..., :, width // 2]
    highest = row.sum(-1) + column.sum(-1) - energy[..., height // 2, width // 2]
    return (highest / whole.clamp_min(torch.finfo(whole.dtype).tiny)).mean()
