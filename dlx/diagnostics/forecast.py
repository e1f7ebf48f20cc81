"""Forecasts over time beside the naive ones."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.diagnostics._drawing import Drawing
from dlx.nn.predict import place_of, predict
from dlx.results.figure import COLORS, new_figure, style
from dlx.spec import DataSpec, Positive

SHOWN = 120  # steps in the picture


class Forecast(Drawing):
    """The forecasts of the first value ahead over time, with the true values and the naive forecast.

    The naive forecast is the baseline of the objective, e.g. the last value. All are in the original units. The cost is
    one forward pass on the split.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train dataset=sunspots model=lstm diagnostics=forecast
    """

    chapter: ClassVar[Chapter] = "predictions"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive]) -> None:
        if spec.target != "series":
            raise ValueError(f"needs a series; the model is given {spec}; try dataset=sunspots")
        self.every = every

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the last steps of the split."""
        objective, part, data = subject.objective, subject.part, subject.data
        found: Any = predict(objective, subject.network, part.like(place_of(subject.network)), 0)
        outputs = found.cpu().float()
        name, naive = objective.baseline(data, part)
        own, other = (objective.predictions(values, part, data) for values in (outputs, naive.float()))
        truth, forecast, before = own["target"][:, 0], own["prediction"][:, 0], other["prediction"][:, 0]
        errors = [float(np.mean((values - truth) ** 2)) for values in (forecast, before)]
        better = f"{100 * (1 - errors[0] / errors[1]):.0f} % below" if errors[0] < errors[1] else "not below"
        caption = (
            f"The last {min(SHOWN, len(truth))} steps of the {subject.split} split, each forecast from the values "
            f"before. The mean squared error of the network on the split is {errors[0]:.4g}, {better} the "
            f"{errors[1]:.4g} of the naive forecast ({name}). A forecast that only trails the series has learned "
            "nothing more."
        )
        drawing = lines(truth[-SHOWN:], forecast[-SHOWN:], before[-SHOWN:], name)
        return {"forecast": Picture(drawing, "Forecasts beside the naive forecast", caption)}


def lines(truth: np.ndarray, forecast: np.ndarray, naive: np.ndarray, name: str) -> Any:
    """Return a figure of three curves over time."""
    with style():
        figure, (own,) = new_figure(width=7.2)
        own.plot(truth, color=COLORS[5], linewidth=2, label="true values")
        own.plot(naive, color=COLORS[2], linewidth=1, linestyle=":", label=f"naive: {name}")
        own.plot(forecast, color=COLORS[1], linewidth=1.5, label="network")
        own.set_xlabel("time step")
        own.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    return figure
