"""Saliency maps."""

from __future__ import annotations

from typing import Annotated, ClassVar

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.diagnostics._drawing import Drawing
from dlx.diagnostics._scores import check_scores, contributions, explained, gradient
from dlx.spec import DataSpec, Positive

SHOWN = 6  # examples in the picture


class Saliency(Drawing):
    """Absolute gradient of the score of the predicted class with respect to each input (Simonyan et al. 2014).

    For regression it is the gradient of the first output. For color images the channels are added, where the paper
    takes their maximum. The cost is one forward and one backward pass on a few examples.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train dataset=digits diagnostics=saliency
    """

    chapter: ClassVar[Chapter] = "attribution"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive]) -> None:
        check_scores(spec)
        self.every = every

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of some inputs and their gradients."""
        inputs, column, titles = explained(subject, SHOWN)
        values = gradient(subject.network, inputs, column).abs()
        what = "the score of the predicted class" if subject.data.spec.target == "class" else "the output"
        caption = (
            f"The larger a value, the more {what} changes if this input changes a little. Saliency shows where the "
            "network is sensitive, not which inputs speak for or against the answer."
        )
        drawing = contributions(inputs, values, titles, subject.data, signed=False)
        return {"saliency": Picture(drawing, "Sensitivity to each input (saliency)", caption)}
