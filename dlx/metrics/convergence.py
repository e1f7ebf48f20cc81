"""Whether a training had converged when it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Literal

FEWEST = 20  # epochs of a training that can be judged
SHARE = 0.1  # of the epochs in each of the two windows at the end
LEAST = 0.02  # relative change of the mean from one window to the next that counts as still improving


def still_improving(rows: Sequence[Mapping[str, float]], monitor: str, better: Literal["min", "max"]) -> str:
    """Return a note if the monitored metric was still improving when the training ended, otherwise "".

    The mean over the last tenth of the epochs is compared with that over the tenth before; it has to be better by 2 %.

    Args:
        rows: metrics of each epoch.
        monitor: the metric by which the best weights are selected.
        better: whether smaller or larger values of it are better.
    """
    values = [row[monitor] for row in rows if math.isfinite(row.get(monitor, math.nan))]
    if len(values) < FEWEST:
        return ""
    window = int(SHARE * len(values))
    last, before = mean(values[-window:]), mean(values[-2 * window : -window])
    gain = (before - last) if better == "min" else (last - before)
    if gain <= LEAST * abs(before):
        return ""
    return f"not converged: {monitor} was still improving at the end; try trainer.max_epochs={2 * len(values)}"
