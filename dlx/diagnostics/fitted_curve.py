"""The fitted line or curve of data with one feature."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import torch

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.diagnostics._drawing import Drawing
from dlx.nn.predict import place_of
from dlx.results.figure import COLORS, new_figure, style
from dlx.spec import DataSpec, Positive

POINTS = 400
STRAIGHT = 1e-3  # largest distance of a line from its chord, relative to its rise


class FittedCurve(Drawing):
    """The function that a network has learned of one feature, with the examples, in the original units of the data.

    If it is a straight line, the caption gives its slope w and its value b at 0. The cost is one forward pass on 400
    points.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train dataset=polynomial_curve model=polynomial diagnostics=fitted_curve
    """

    chapter: ClassVar[Chapter] = "predictions"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive]) -> None:
        if spec.input != "vector" or spec.shape != (1,) or spec.target != "number" or spec.outputs != 1:
            raise ValueError(
                f"needs one feature and one real number; the model is given {spec}; try dataset=polynomial_curve"
            )
        self.every = every

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the function and the examples of the training and the shown split."""
        data = subject.data
        parts = {name: data.splits()[name] for name in ("train", subject.split)}
        every = torch.cat([part.inputs for part in parts.values()])
        x = torch.linspace(float(every.min()), float(every.max()), POINTS)[:, None]
        with torch.no_grad():
            y = subject.network(x.to(place_of(subject.network))).cpu().float()
        line = data.input_units.restore(x)[:, 0].numpy(), data.units.restore(y)[:, 0].numpy()
        dots = {
            name: (data.input_units.restore(part.inputs)[:, 0].numpy(), data.units.restore(part.targets)[:, 0].numpy())
            for name, part in parts.items()
        }
        drawing = curve(*line, dots, data.spec.features)
        return {"fitted_curve": Picture(drawing, "The function that was learned", said(*line))}


def said(x: np.ndarray, y: np.ndarray) -> str:
    """Return the caption of a function y(x) on a grid."""
    slope = float((y[-1] - y[0]) / (x[-1] - x[0]))
    chord = y[0] + slope * (x - x[0])
    if np.abs(y - chord).max() <= STRAIGHT * max(float(np.ptp(y)), 1e-12):
        return (
            f"The network is a straight line, y = w x + b with w = {slope:.4g} and b = {y[0] - slope * x[0]:.4g}, in "
            "the units of the data. Dots are examples."
        )
    return "The line is the prediction for every value of the feature, dots are examples, in the units of the data."


def curve(x: np.ndarray, y: np.ndarray, dots: dict[str, tuple[np.ndarray, np.ndarray]], features: Any) -> Any:
    """Return a figure of a function and of examples by split."""
    with style():
        figure, (own,) = new_figure()
        for color, (name, (a, b)) in zip((COLORS[5], COLORS[0]), dots.items(), strict=False):
            own.plot(a, b, "o", markersize=3.5, color=color, alpha=0.7, label=f"{name} examples")
        own.plot(x, y, color=COLORS[1], linewidth=2, label="network")
        own.set_xlabel(features[0] if features else "x")
        own.set_ylabel("y")
        own.legend(frameon=False, fontsize=9)
    return figure
