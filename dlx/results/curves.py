"""Learning curves by arm: the mean over the runs of an arm with its band, over the epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dlx.errors import ConfigError
from dlx.results.arms import Arm
from dlx.results.compare import Comparison
from dlx.results.figure import COLORS, new_figure
from dlx.results.metric_info import MetricOrder, unit_of
from dlx.results.plot import over_epochs
from dlx.results.runs import finished
from dlx.results.selection import difference, names_of, select, validation_metric
from dlx.stored.metrics import read_metrics

MOST_ARMS = len(COLORS)
ACROSS = 3  # entries of the legend beside each other
SPLITS = {"train": "training", "val": "validation", "test": "test"}
Rows = list[dict[str, float]]


def draw_curves(comparison: Comparison) -> Any:
    """Return a figure with the validation metric over the epochs, and the loss on training and validation data.

    With more arms than colors, the best ones by the validation metric are drawn. Runs that have diverged, failed or not
    ended are left out of an arm in which others have finished.

    Raises:
        ConfigError: No run has recorded its epochs.
    """
    arms = drawn(comparison)
    rows = {name: [read_metrics(run.folder) for run in finished(arm.runs)] for name, arm in arms.items()}
    if not any(own for several in rows.values() for own in several):
        raise ConfigError("--plot curves: no run here has recorded its epochs; jobs without training have none")
    panels = panels_of([*arms.values()], comparison.order, rows)
    figure, axes = new_figure(len(panels), width=4.8 + 1.6 * (len(panels) == 1), share=False)
    for own, names in zip(axes, panels, strict=True):
        for color, (arm, several) in zip(COLORS, rows.items(), strict=False):
            for metric in names:
                draw_metric(own, several, metric, color, (arm or None) if metric == names[-1] else None)
        own.set_xlabel("epoch")
        own.set_ylabel(label_of(names, comparison))
    title(figure, comparison, len(arms))
    legend(figure, axes[-1], any(len(names) > 1 for names in panels))
    return figure


def legend(figure: Any, own: Any, dashed: bool) -> None:
    """Set the legend below the panels: the arms, and what dashed lines are; none for a single arm without such."""
    handles, names = own.get_legend_handles_labels()
    if dashed:
        from matplotlib.lines import Line2D

        handles += [Line2D([], [], color="gray"), Line2D([], [], color="gray", linestyle="--", linewidth=1)]
        names += ["validation", "training"]
    if names:
        figure.legend(handles, names, loc="outside lower center", ncols=ACROSS, frameon=False, fontsize=9)


def drawn(comparison: Comparison) -> dict[str, Arm]:
    """Return the arms to draw by name: all, or the best ones if there are more than colors."""
    arms = dict(zip(names_of(comparison), comparison.arms, strict=True))
    found = select(comparison)
    if len(arms) <= MOST_ARMS or found is None:
        return dict(list(arms.items())[:MOST_ARMS])
    sign = -1 if comparison.order.maximum(found.metric) else 1
    order = sorted(range(len(arms)), key=lambda place: keyed(sign * found.means[place]))
    kept = {list(arms)[place] for place in order[:MOST_ARMS]}
    return {name: arm for name, arm in arms.items() if name in kept}


def keyed(value: float) -> float:
    """Return a number by which nan sorts last."""
    return math.inf if math.isnan(value) else value


def panels_of(arms: Sequence[Arm], order: MetricOrder, rows: dict[str, list[Rows]]) -> list[list[str]]:
    """Return the metrics of each panel that the epochs of the runs have: the validation metric, and the losses."""
    there = {name for several in rows.values() for own in several for row in own for name in row}
    best = validation_metric(arms, order)
    panels = [[best] if best not in (None, "val/loss") else [], ["train/loss", "val/loss"]]
    found = [[name for name in panel if name in there] for panel in panels]
    return [panel for panel in found if panel] or [[sorted(there - {"epoch", "step", "lr"} or there)[0]]]


def draw_metric(own: Any, several: Sequence[Rows], metric: str, color: str, name: str | None) -> None:
    """Draw the mean and the band of one metric over the epochs; the training split has a dashed line without a band."""
    values = [[row.get(metric, math.nan) for row in rows] for rows in several]
    over_epochs(own, values, color, name, broken=metric.startswith("train/"))


def label_of(names: Sequence[str], comparison: Comparison) -> str:
    """Return the label of an axis in words with the unit: `validation accuracy`, or `loss in nats` for both splits."""
    split, _, metric = names[-1].partition("/")
    found = {unit_of(run.summary, names[-1]) for arm in comparison.arms for run in arm.runs}
    unit = found.pop() if len(found) == 1 else ""
    word = metric.replace("_", " ") or split
    scale = f" in {unit}" if unit not in ("", "%") else ""
    if len(names) > 1:
        return f"{word}{scale}"
    return f"{SPLITS.get(split, split)} {word}{scale}" if metric else word


def title(figure: Any, comparison: Comparison, shown: int) -> None:
    """Set a title that says what was found, and how many arms are drawn if not all are."""
    found = select(comparison)
    said = difference(comparison, found, names_of(comparison)) if found else ""
    left = len(comparison.arms) - shown
    said += f"\n{shown} of {len(comparison.arms)} arms are drawn" if left else ""
    figure.suptitle(wrapped(said), fontsize=10)


def wrapped(text: str, width: int = 95) -> str:
    """Return a text with line breaks between words."""
    from textwrap import fill

    return "\n".join(fill(line, width) for line in text.splitlines())
