"""Integrated gradients."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.data.adapt import reshape
from dlx.data.prepared import Data
from dlx.diagnostics._drawing import Drawing
from dlx.diagnostics._scores import check_scores, contributions, explained, gradient, score
from dlx.spec import DataSpec, Positive

SHOWN = 6  # examples in the picture


class IntegratedGradients(Drawing):
    """Contribution of each input to the score of the predicted class (Sundararajan et al. 2017, eq. 1).

    The contribution of an input x_i is (x_i - b_i) times the mean gradient along the straight line from the baseline b
    to x. The contributions add up to the difference of the scores at x and at b (completeness, proposition 1). The
    baseline is a black image, or for other inputs 0, which is the mean of standardized inputs. The integral is a sum
    over `steps` midpoints. For regression the first output is explained.

    It reports `integrated_gradients/gap`, the mean absolute difference between the sum of the contributions and the
    difference of the scores, divided by the mean absolute difference of the scores. It is 0 for an exact integral. The
    cost is `steps` forward and backward passes on a few examples.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        steps: number of points on the line.

    Example:
        dlx train dataset=digits model=cnn diagnostics=integrated_gradients
    """

    chapter: ClassVar[Chapter] = "attribution"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], steps: Annotated[int, Positive]) -> None:
        check_scores(spec)
        self.every, self.steps, self.classes = every, steps, spec.target == "class"
        self.examples = SHOWN

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return the gap of completeness."""
        with torch.no_grad():
            outputs = network(batch.inputs).flatten(1)
        column = outputs.argmax(1) if self.classes else torch.zeros(len(outputs), dtype=torch.long)
        column = column.to(outputs.device)
        found = attributions(network, batch.inputs, baseline(batch.inputs, data), column, self.steps)
        with torch.no_grad():
            change = score(network, batch.inputs, column) - score(network, baseline(batch.inputs, data), column)
        gap = (found.flatten(1).sum(1) - change).abs().mean() / change.abs().mean().clamp_min(1e-12)
        return {"integrated_gradients/gap": gap}

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of some inputs and their contributions."""
        inputs, column, titles = explained(subject, SHOWN)
        start = baseline(inputs, subject.data)
        values = attributions(subject.network, inputs, start, column, self.steps)
        what = "the score of the predicted class" if self.classes else "the output"
        against = "a black image" if subject.data.images is not None else "average inputs"
        caption = (
            f"Red inputs raise {what}, blue ones lower it, compared with {against}. The contributions add up to the "
            "difference between the two scores."
        )
        drawing = contributions(inputs, values, titles, subject.data, signed=True)
        return {"integrated_gradients": Picture(drawing, "Contribution of each input (integrated gradients)", caption)}


def baseline(inputs: Tensor, data: Data) -> Tensor:
    """Return the baseline of each input (batch, *shape): black for images, zero for others."""
    if data.images is None:
        return torch.zeros_like(inputs)
    black = data.images.black.to(inputs).expand(data.images.shape)[None]
    if inputs.dim() == 3:
        black = reshape(black, "sequence")
    elif inputs.dim() == 2:
        black = reshape(black, "vector")
    return black.expand_as(inputs)


def attributions(network: nn.Module, inputs: Tensor, start: Tensor, column: Tensor, steps: int) -> Tensor:
    """Return the contributions (batch, *shape) of inputs to output number `column` (batch,), relative to `start`."""
    total = torch.zeros_like(inputs)
    for step in range(steps):
        total += gradient(network, start + (step + 0.5) / steps * (inputs - start), column)
    return (inputs - start) * total / steps
