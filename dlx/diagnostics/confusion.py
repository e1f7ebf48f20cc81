"""The confusion matrix and the most confident errors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.diagnostics._classes import Decisions, class_names, decisions, pictures_of, verdict
from dlx.diagnostics._drawing import Drawing
from dlx.results.confusion import counted, draw_confusion
from dlx.results.figure import new_figure, style
from dlx.results.panels import Panel, panels
from dlx.spec import DataSpec, Positive

SHOWN = 10  # errors in the picture


class Confusion(Drawing):
    """The confusion matrix with the names of the classes, and the errors of which the network is most certain.

    A row is a true class, a column a predicted one (Kohavi & Provost 1998). The errors are shown for images only,
    ordered by the probability of the predicted class. The cost is one forward pass on up to
    1,000 examples.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train dataset=digits diagnostics=confusion
    """

    chapter: ClassVar[Chapter] = "predictions"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive]) -> None:
        if spec.target != "class":
            raise ValueError(f"needs classes; the model is given {spec}; try dataset=digits")
        self.every = every

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return the confusion matrix, and the errors if there are any and the inputs are images."""
        found, names = decisions(subject), class_names(subject.data.spec)
        counts = counted(found.true, found.predicted, len(names))
        pictures = {"confusion": Picture(matrix(counts, names), "Confusion matrix", said(counts, names))}
        images = pictures_of(subject.data)
        if images is not None and (found.true != found.predicted).any():
            pictures["most_confused"] = errors(found, names, images)
        return pictures


def matrix(counts: np.ndarray, names: list[str]) -> Any:
    """Return a figure of a confusion matrix (classes, classes) in shares of the rows, with the counts in the cells."""
    size = 2.2 + 0.42 * min(len(names), 16)
    with style():
        figure, (own,) = new_figure(width=size + 0.8, height=size)
        draw_confusion(own, counts, names)
    return figure


def said(counts: np.ndarray, names: list[str]) -> str:
    """Return the caption of a confusion matrix: the share of right answers and the most frequent error."""
    total = int(counts.sum())
    wrong = counts - np.diag(np.diag(counts))
    text = f"{np.trace(counts)} of {total} examples are classified correctly; the numbers are counts."
    if not wrong.any():
        return text
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    return (
        f"{text} Cells beside the diagonal are errors. The most frequent one: {names[true]} is taken for "
        f"{names[predicted]} ({wrong[true, predicted]} of {counts[true].sum()} times)."
    )


def errors(found: Decisions, names: list[str], images: Any) -> Picture:
    """Return a picture of the errors with the largest probability of the predicted class."""
    sure = found.shares.max(1)
    wrong = np.flatnonzero(found.true != found.predicted)
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:SHOWN]
    line = [
        Panel(image, f"{verdict(names, found.true[i], found.predicted[i])}\n{100 * sure[i]:.0f} %".replace(", ", ",\n"))
        for i, image in zip(chosen, images(found.inputs[chosen]), strict=True)
    ]
    rows = [line[begin : begin + SHOWN // 2] for begin in range(0, len(line), SHOWN // 2)]
    caption = (
        f"The {len(line)} errors with the highest probability of the predicted class, out of {len(wrong)}. "
        "The percentage is the probability that the network gives to its wrong answer."
    )
    return Picture(panels(rows, side=1.35), "The most confident errors", caption)
