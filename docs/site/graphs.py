"""Graphs of options: an activation with its derivative, and a learning-rate schedule over the epochs."""

from __future__ import annotations

import io
from pkgutil import resolve_name

import numpy as np

from dlx.config import catalog
from dlx.config.node import keys_of, target_of
from dlx.results.figure import COLOURS, inline, new_figure, style

REACH, POINTS = 4.0, 401
EPOCHS, STEPS = 30, 10


def activation_graph(name: str) -> str:
    """Return the graph of an activation and its derivative as SVG; empty for one that needs several inputs."""
    import torch

    option = catalog.read("activation", name)
    module = resolve_name(target_of(option.node))(**keys_of(option.node))
    x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64).requires_grad_()
    try:
        y = module.double()(x[:, None])[:, 0]
    except (RuntimeError, ValueError):  # maxout takes several inputs for each output
        return ""
    (slope,) = torch.autograd.grad(y.sum(), x)
    numbers = [part.detach().numpy() for part in (x, y, slope)]
    return curves(numbers[0], {f"{name}(x)": numbers[1], "its derivative": numbers[2]}, "x", "", f"activation-{name}")


def schedule_graph(name: str) -> str:
    """Return the learning rate over the epochs as SVG; empty for a schedule that depends on the metric."""
    import torch

    from dlx.contracts.scheduler import Scheduling

    option = catalog.read("scheduler", name)
    scheduler = resolve_name(target_of(option.node))
    kind = Scheduling.of(scheduler)
    if kind.wants_metric:
        return ""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    many = EPOCHS * STEPS if kind.interval == "step" else EPOCHS
    # what the configuration interpolates is the number of epochs
    own = {key: EPOCHS if str(value).startswith("${") else value for key, value in keys_of(option.node).items()}
    made = scheduler(optimizer, *([many] if kind.interval == "step" else []), **own)
    rates = []
    for _ in range(many):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        made.step()
    x = np.arange(many) / (STEPS if kind.interval == "step" else 1)
    return curves(x, {"": np.array(rates)}, "epoch", "learning rate, relative to lr", f"scheduler-{name}")


def curves(x: np.ndarray, lines: dict[str, np.ndarray], x_label: str, y_label: str, name: str) -> str:
    """Return curves as SVG in the color of the page."""
    with style():
        figure, (own,) = new_figure(width=4.6, height=2.7)
        for (label, y), colour, dash in zip(lines.items(), COLOURS, ("-", "--"), strict=False):
            own.plot(x, y, dash, color=colour, label=label, linewidth=1.8)
        own.set_xlabel(x_label)
        own.set_ylabel(y_label)
        if len(lines) > 1:
            own.legend(frameon=False, fontsize=9)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return inline(file.getvalue(), name)
