"""Scores whose dependence on the input is explained, and the drawing of the input's contributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts.diagnostics import Subject
from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.diagnostics._classes import pictures_of
from dlx.nn.predict import place_of
from dlx.results.figure import COLORS, INK, new_panels, style
from dlx.results.panels import Panel, panels
from dlx.spec import DataSpec

SIDE = 1.3  # side of an image in inches
MOST_BARS = 4  # examples with bars
MOST_NAMED = 30  # features that are drawn as bars


def check_scores(spec: DataSpec) -> None:
    """Refuse data without a score to explain.

    Raises:
        ValueError: If the inputs are no real numbers or a single one, or an example has not one vector of outputs.
    """
    if spec.shape == (1,):
        raise ValueError(f"compares several inputs; the model is given {spec}; try dataset=iris")
    if spec.input in ("tokens", "none") or spec.target not in ("class", "number", "series"):
        raise ValueError(f"explains a class or a number by real inputs; the model is given {spec}; try dataset=digits")


def explained(subject: Subject, count: int) -> tuple[Tensor, Tensor, list[str]]:
    """Return the inputs (count, *shape) of some examples, the output that is explained of each, and titles.

    The output is the score of the predicted class, or the first number. The examples differ in the predicted class as
    far as they can.
    """
    network, spec = subject.network, subject.data.spec
    inputs = subject.part.like(place_of(network)).inputs[:1000]
    with torch.no_grad():
        outputs = network(inputs).flatten(1)
    column = outputs.argmax(1)
    if spec.target != "class" or outputs.shape[1] != spec.outputs:
        chosen = torch.arange(min(count, len(inputs)))
        return inputs[chosen], torch.zeros_like(chosen), [f"example {i + 1}" for i in chosen.tolist()]
    names = spec.classes or tuple(map(str, range(spec.outputs)))
    firsts = [int((column == label).nonzero()[0, 0]) for label in column.unique()]
    others = [i for i in range(len(inputs)) if i not in firsts]
    chosen = torch.tensor((firsts + others)[:count])
    return inputs[chosen], column[chosen], [names[label] for label in column[chosen].tolist()]


def score(network: nn.Module, inputs: Tensor, column: Tensor) -> Tensor:
    """Return output number `column` (batch,) of each example (batch,)."""
    return network(inputs).flatten(1).gather(1, column[:, None])[:, 0]


def gradient(network: nn.Module, inputs: Tensor, column: Tensor) -> Tensor:
    """Return the gradient of a score with respect to the inputs (batch, *shape); zeros if it does not depend on them.

    Examples are independent in evaluation mode, so one backward pass serves the whole batch.
    """
    inputs = inputs.detach().requires_grad_()
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        total = score(network, inputs, column).sum()
        if not total.requires_grad:
            return torch.zeros_like(inputs)
        (found,) = torch.autograd.grad(total, inputs, allow_unused=True)
    return torch.zeros_like(inputs) if found is None else found


def contributions(inputs: Tensor, values: Tensor, titles: list[str], data: Data, signed: bool) -> Any:
    """Return a figure of inputs (n, *shape) with a number for each of their values.

    Images stand above maps of the numbers, features of vectors are bars, and sequences are maps of features over time.

    Args:
        inputs: the inputs.
        values: numbers of the same shape.
        titles: a title for each example.
        data: the data, which know the form of images and the names of features.
        signed: whether the numbers have a sign.
    """
    images = pictures_of(data)
    if images is not None:
        above = [Panel(image, title) for image, title in zip(images(inputs), titles, strict=True)]
        below = [Panel(heat, signed=signed) for heat in maps(values, data)]
        return panels([above, below], ("input", "attribution"), SIDE)
    found = values.detach().cpu().float().numpy()
    if found.ndim == 2:
        return bars(found, titles, list(data.spec.features), signed)
    return strips(found, titles, signed)


def strips(values: np.ndarray, titles: list[str], signed: bool) -> Any:
    """Return a figure with a map of features over time for each example (n, time, features)."""
    values, titles = values[:MOST_BARS], titles[:MOST_BARS]
    with style():
        figure, axes = new_panels(len(values), 1, 6.0, 0.7 + 0.1 * min(values.shape[2], 8))
        for own, row, title in zip(axes[:, 0], values, titles, strict=True):
            most = float(np.abs(row).max()) or 1.0
            colors = {"cmap": "RdBu_r", "vmin": -most} if signed else {"cmap": "Reds", "vmin": 0}
            own.imshow(row.T, aspect="auto", vmax=most, **colors)
            own.set_title(title, fontsize=9)
            own.set_ylabel("input" if values.shape[2] == 1 else "feature", fontsize=8)
        axes[-1, 0].set_xlabel("time step")
        axes[-1, 0].set_xticks([0, values.shape[1] - 1], [1, values.shape[1]])
    return figure


def maps(values: Tensor, data: Data) -> np.ndarray:
    """Return numbers (n, *shape) as maps (n, height, width): for colors, the sum over the channels."""
    assert data.images is not None, "checked before"
    return as_images(values.detach().cpu().float(), data.images.shape).sum(1).numpy()


def bars(values: np.ndarray, titles: list[str], names: list[str], signed: bool) -> Any:
    """Return a figure with a bar for each feature (n, features), the largest ones only if there are many."""
    values, titles = values[:MOST_BARS], titles[:MOST_BARS]
    kept = np.sort(np.argsort(-np.abs(values).mean(0))[:MOST_NAMED])
    names = [names[i] if names else f"input {i + 1}" for i in kept]
    most = 1.05 * float(np.abs(values).max()) or 1.0
    with style():
        figure, axes = new_panels(1, len(values), 2.1, 0.8 + 0.22 * len(kept))
        for own, row, title in zip(axes[0], values[:, kept], titles, strict=True):
            own.barh(range(len(kept)), row, color=np.where(row < 0, COLORS[0], COLORS[4]) if signed else COLORS[0])
            own.axvline(0, color=INK, linewidth=0.6)
            own.set_ylim(len(kept) - 0.4, -0.6)
            own.set_xlim(-most if signed else 0, most)
            own.set_title(title, fontsize=10)
        axes[0, 0].set_yticks(range(len(kept)), names)
    return figure
