"""The functions behind options, as numbers to draw: an activation with its derivative, and a learning-rate schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.config import catalog
from dlx.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from dlx.config.choice import Choice

GROUPS = ("activation", "scheduler")  # groups whose options are functions of one number
REACH, POINTS = 4.0, 401  # an activation is drawn from -4 to 4
EPOCHS, STEPS = 30, 10  # a schedule is drawn over 30 epochs of 10 steps


@dataclass(frozen=True)
class Graph:
    """Curves over one axis.

    Attributes:
        x: positions, shape (points,).
        curves: the values at these positions by the name of each curve, each of shape (points,).
        x_label, y_label: what the axes show; the second one is empty where the names of the curves say it.
    """

    x: np.ndarray
    curves: Mapping[str, np.ndarray]
    x_label: str
    y_label: str = ""


def graph_of(group: str, name: str) -> Graph | None:
    """Return the graph of an option; None if it is no function of one number, or has a class that is not admitted.

    Args:
        group: the name of its group.
        name: the name of the option.
    """
    if group not in GROUPS:
        return None
    from dlx.config import gate

    # what the configuration interpolates is the number of epochs
    node: dict[str, Any] = {
        key: EPOCHS if str(value).startswith("${") else value for key, value in catalog.read(group, name).node.items()
    }
    try:
        choice = gate.choice(node, group)
        return _activation(choice) if group == "activation" else _schedule(choice)
    except ConfigError:
        return None


def _activation(choice: Choice) -> Graph | None:
    import torch

    x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64).requires_grad_()
    try:
        y = choice.make().double()(x[:, None])[:, 0]
    except (RuntimeError, ValueError):  # maxout takes several inputs for each output
        return None
    (slope,) = torch.autograd.grad(y.sum(), x)
    curves = {f"{choice.option}(x)": y.detach().numpy(), "its derivative": slope.numpy()}
    return Graph(x.detach().numpy(), curves, "x")


def _schedule(choice: Choice) -> Graph | None:
    import numpy as np
    import torch

    from dlx.contracts.scheduler import Scheduling

    kind = Scheduling.of(choice.cls)
    if kind.wants_metric:
        return None
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    each = STEPS if kind.interval == "step" else 1
    scheduler = choice.make(optimizer, steps=EPOCHS * each)
    rates = []
    for _ in range(EPOCHS * each):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return Graph(np.arange(EPOCHS * each) / each, {"": np.array(rates)}, "epoch", "learning rate, relative to lr")
