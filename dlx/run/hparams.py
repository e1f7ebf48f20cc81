"""The end of the record of a run: the row of TensorBoard's HPARAMS tab, and the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlx.results.record import Record
from dlx.results.run_names import typed_values
from dlx.results.summary import Summary, flatten


def finish(record: Record, summary: Summary, keys: Sequence[str] | None, figures: Mapping[str, np.ndarray]) -> None:
    """Add the last metrics, the hyperparameters and the pictures to the record of a run.

    Args:
        record: the record.
        summary: the summary of the run.
        keys: flat keys of the configuration that are shown as hyperparameters; None: those that were typed, and the
            seed, so that the few keys of a sweep in the same folder are not lost among all keys of a single run.
        figures: pictures (height, width, 3) by name.
    """
    flat = flatten(summary["config"])
    if keys is None:
        keys = sorted({*typed_values(summary["overrides"]), "seed"})
    # A number beside the word `none` would make a column of texts, so a key that the run does not have is left out.
    shown = {key: flat[key] for key in keys if key in flat}
    record.finish(shown, finite(summary), headlines(summary), figures)


def finite(summary: Summary) -> dict[str, float]:
    """Return the metrics of a run that are numbers."""
    return {name: value for name, value in summary["metrics"].items() if value == value}


def headlines(summary: Summary) -> dict[str, float]:
    """Return the metrics that tables show first, which are the columns beside the hyperparameters."""
    info, found = summary["metric_info"] or {}, finite(summary)
    heads = {name for name, about in info.items() if about["headline"]} | {"loss", "generalization_gap"}
    first = {name: value for name, value in found.items() if name.rpartition("/")[2] in heads}
    shown = {name: value for name, value in first.items() if name.count("/") < 2 and not name.startswith("init/")}
    return shown or {name: value for name, value in found.items() if name in info}
