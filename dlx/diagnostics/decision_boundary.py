"""The decision boundary in a plane."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import torch

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.diagnostics._classes import class_names, decisions, probabilities
from dlx.diagnostics._drawing import Drawing
from dlx.nn.predict import place_of
from dlx.results.figure import COLORS, new_figure, style
from dlx.spec import DataSpec, Positive

POINTS = 160  # of the grid, along each axis


class DecisionBoundary(Drawing):
    """The predicted class at each point of the plane, for inputs with two features.

    The axes have the original units of the data. The cost is one forward pass on 25,600 points.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train dataset=moons diagnostics=decision_boundary diagnostics.decision_boundary.every=1
    """

    chapter: ClassVar[Chapter] = "predictions"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive]) -> None:
        if spec.input != "vector" or spec.shape != (2,) or spec.target != "class":
            raise ValueError(f"needs two features and a class; the model is given {spec}; try dataset=moons")
        self.every = every

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the classes in the plane, with the examples of the split."""
        found, names, units = decisions(subject), class_names(subject.data.spec), subject.data.input_units
        low, high = found.inputs.amin(0).cpu(), found.inputs.amax(0).cpu()
        margin = 0.12 * (high - low)
        lines = [torch.linspace(a, b, POINTS) for a, b in zip((low - margin), (high + margin), strict=True)]
        grid = torch.cartesian_prod(*lines)
        with torch.no_grad():
            scores = subject.network(grid.to(place_of(subject.network)))
        shares = (
            probabilities(subject, scores).numpy().reshape(POINTS, POINTS, -1).swapaxes(0, 1)
        )  # (vertical, horizontal, classes)
        axes = [units.restore(grid)[::POINTS, 0].numpy(), units.restore(grid)[:POINTS, 1].numpy()]
        points = units.restore(found.inputs.cpu()).numpy()
        right = found.true == found.predicted
        drawing = plane(axes, shares, points, found.true, right, names, subject.data.spec.features)
        caption = (
            "The color of the plane is the predicted class, stronger where the network is surer; the line is the "
            f"border between the classes. Points are examples in the color of their true class; "
            f"{int((~right).sum())} of {len(right)} lie on the wrong side and have a ring."
        )
        return {"decision_boundary": Picture(drawing, "Decision boundary", caption)}


def plane(
    axes: list[np.ndarray],
    shares: np.ndarray,
    points: np.ndarray,
    true: np.ndarray,
    right: np.ndarray,
    names: list[str],
    features: tuple[str, ...],
) -> Any:
    """Return a figure of the plane.

    Args:
        axes: coordinates of the grid along both axes.
        shares: probability of each class on the grid (vertical, horizontal, classes).
        points: the examples (n, 2).
        true: their classes (n,).
        right: whether they are classified correctly (n,).
        names: names of the classes.
        features: names of the features.
    """
    from matplotlib.colors import to_rgb

    colors = np.array([to_rgb(COLORS[k % len(COLORS)]) for k in range(len(names))])
    with style():
        figure, (own,) = new_figure(width=5.6, height=4.6)
        own.grid(False)
        blend = 1 - 0.55 * (1 - shares @ colors)
        corners = [axes[0][0], axes[0][-1], axes[1][0], axes[1][-1]]
        own.imshow(blend, extent=corners, origin="lower", aspect="auto", interpolation="bilinear")
        for k in range(len(names) if len(names) > 2 else 1):
            ahead = shares[..., k] - np.delete(shares, k, 2).max(2)
            if ahead.min() < 0 < ahead.max():
                own.contour(*axes, ahead, [0], colors=["#20242a"], linewidths=1)
        for k, name in enumerate(names):
            own.plot(*points[true == k].T, "o", markersize=3.5, color=colors[k], markeredgecolor="white",
                     markeredgewidth=0.4, label=name)  # fmt: skip
        own.plot(*points[~right].T, "o", markersize=8, markerfacecolor="none", color="#20242a")
        own.set_xlabel(features[0] if features else "x1")
        own.set_ylabel(features[1] if features else "x2")
        own.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=min(len(names), 5))
    return figure
