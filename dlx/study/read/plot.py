"""The plots of a study: what an entry of `study.plot` draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dlx.config.reading import choice, flag, known, text
from dlx.errors import ConfigError, nearest
from dlx.study.read.expression import parse
from dlx.study.read.names import Names
from dlx.sweep.cells import ARM, Axes

PLOT_TEXTS = ("title", "caption", "x_label", "y_label")
CURVES = ("terms", "theory")
PLOTS = ("lines", "points", "heatmap", "profile", "epochs", "filters", "pictures", "confusion")


@dataclass(frozen=True)
class Plot:
    """A plot of a study.

    Attributes:
        kind: lines, points, heatmap, profile, epochs, filters, pictures or confusion.
        x: the axis of the study on the x axis; empty without one.
        y: the plotted expression; for filters, the name of a weight; for pictures, that of a picture; for
            confusion, the metric that stands in the title of each matrix.
        by: the axis of the study that distinguishes lines or rows; empty without one.
        at: the levels of other axes to which the plot is restricted.
        log_x: True for a logarithmic x axis.
        log_y: True for a logarithmic y axis.
        title: the finding that the plot shows; empty for the words of the claim on its metric.
        caption: what to see in it; empty for that of its kind.
        x_label: the x axis in words with its unit; empty for the words of its key.
        y_label: the y axis in words with its unit; empty for the words of its metric.
        terms: for lines, expressions by their names, each of which has a line; empty for a line of y for each level.
        theory: for lines, expressions of x by their names, drawn as broken lines.
    """

    kind: str
    x: str
    y: str
    by: str
    at: Mapping[str, tuple[str, ...]]
    log_x: bool
    log_y: bool
    title: str = ""
    caption: str = ""
    x_label: str = ""
    y_label: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)
    theory: Mapping[str, str] = field(default_factory=dict)


def plot_of(node: Any, axes: Axes, names: Mapping[str, str], replicate: str) -> Plot:
    """Return the plot that an entry of `study.plot` describes.

    Raises:
        ConfigError: A key is invalid; the message names it and what was expected.
    """
    where = "study.plot"
    known(node, where, ("kind", "x", "y", "by", "at", "log_x", "log_y", *PLOT_TEXTS, *CURVES), ("kind", "y"))
    kind = choice(node["kind"], PLOTS, f"{where}.kind")
    for key in ("x", "by"):
        if node.get(key) is not None and node[key] not in axes:
            raise ConfigError(f"{where}.{key}: no such axis {node[key]!r}{nearest(str(node[key]), axes)}")
    if kind in ("lines", "heatmap") and not node.get("x"):
        raise ConfigError(f"{where}.x: missing; {kind} runs along an axis")
    if kind == "profile" and "*" not in str(node["y"]):
        raise ConfigError(f"{where}.y: a profile needs a star, such as gradient/norm/*; got {node['y']!r}")
    if kind not in ("epochs", "profile", "filters", "pictures", "confusion"):
        parse(node["y"], f"{where}.y", names)
    at = Names(axes, replicate, names).levels(node.get("at") or {}, f"{where}.at")
    by = node.get("by") or (ARM if ARM in axes and node.get("x") != ARM else "")
    said = {key: text(node, key, where) for key in PLOT_TEXTS}
    curves = {key: {str(one): str(words) for one, words in (node.get(key) or {}).items()} for key in CURVES}
    for key, names_of_key in (("terms", names), ("theory", {})):
        if curves[key] and kind != "lines":
            raise ConfigError(f"{where}.{key}: expected kind: lines, got kind: {kind}")
        for one, words in curves[key].items():
            found = parse(words, f"{where}.{key}.{one}", names_of_key)
            if key == "theory" and set(found.names) - {"x"}:
                raise ConfigError(f"{where}.theory.{one}: expected an expression of x, got {words!r}")
    scales = {key: flag(node, key, where) for key in ("log_x", "log_y")}
    fields: dict[str, Any] = {**scales, **said, **curves}
    return Plot(kind, node.get("x") or "", str(node["y"]), by, at, **fields)
