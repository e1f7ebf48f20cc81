"""The confusion matrix of a classifier: from the predictions of a run, as a table, as a sentence, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from dlx.results.escape import markup
from dlx.stored.predictions import read_decisions
from dlx.stored.run import read_identity

MOST = 12  # classes whose matrix fits a terminal
NUMBERED = 12  # with more classes the cells of a picture have no numbers
CROWDED = 40  # letters of the names below a picture, from which on they are turned


def read_confusion(folder: Path) -> tuple[list[str], np.ndarray] | None:
    """Return the names of the classes and the confusion matrix (true class, predicted class) of a run's test split.

    Returns:
        None if the run is no classifier with one class for an example, or has recorded no predictions.

    Raises:
        BrokenFileError: A file of the run is broken.
    """
    recorded = read_identity(folder) or {}
    target = recorded.get("target")
    if not target or target["kind"] != "class" or len(target["classes"]) < 2:
        return None
    names = [str(name) for name in target["classes"]]
    found = read_decisions(folder, len(names))
    return None if found is None else (names, counted(*found, len(names)))


def counted(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how often each true class (row) was taken for each class (column) (classes, classes)."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (true, predicted), 1)
    return counts


def confusion_table(names: Sequence[str], counts: np.ndarray) -> Table:
    """Return the counts as a table; right answers are on the diagonal."""
    table = Table(
        title="Confusion matrix, test split",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("true / predicted")
    for name in names:
        table.add_column(markup(name), justify="right")
    table.add_column("recall", justify="right")
    for place, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = [f"[bold]{count}[/]" if place == column else str(count) for column, count in enumerate(row)]
        table.add_row(markup(name), *cells, f"{row[place] / row.sum():.3g}" if row.sum() else "")
    return table


def frequent_error(names: Sequence[str], counts: np.ndarray) -> str:
    """Return the most frequent error in words, or that there is none."""
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return f"no error among {counts.sum()} test examples"
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    return (
        f"most frequent error: {names[true]} is taken for {names[predicted]} "
        f"({wrong[true, predicted]} of {counts[true].sum()} times)"
    )


def draw_confusion(own: Any, counts: np.ndarray, names: Sequence[str]) -> None:
    """Draw a confusion matrix (classes, classes) in shares of the rows, with the counts in the cells."""
    own.grid(False)
    own.imshow(counts / np.maximum(counts.sum(1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(names))
    crowded = max(map(len, names)) * len(names) > CROWDED
    own.set_xticks(ticks, names, rotation=45 if crowded else 0, ha="right" if crowded else "center")
    own.set_yticks(ticks, names)
    own.set_xlabel("predicted")
    own.set_ylabel("true")
    if len(names) > NUMBERED:
        return
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts[row].sum() / 2
        own.text(column, row, f"{count:g}", ha="center", va="center", fontsize=8, color="white" if dark else "#20242a")
