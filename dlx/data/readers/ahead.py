"""The times that follow those of a series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.data.readers.leaps import DAY, leaps


def following(times: np.ndarray, count: int) -> np.ndarray:
    """Return the next times at the usual step of a series; none if its times are not equally spaced.

    Args:
        times: numbers, or moments as numpy.datetime64, in order.
        count: number of times that follow.
    """
    times = np.unique(times)
    nothing = times[:0]
    if len(times) < 3:
        return nothing
    _, usual = leaps(times)
    if not usual:
        return nothing
    if times.dtype.kind != "M":
        return times[-1] + np.median(np.diff(times)) * np.arange(1, count + 1)
    last = pd.Timestamp(times[-1])
    if usual.endswith(("month", "months")):
        months = int(np.median(np.diff(times.astype("datetime64[M]").astype(int))))
        ends = bool((times.astype("datetime64[M]") != (times + DAY).astype("datetime64[M]")).all())
        step: Any = pd.offsets.MonthEnd if ends else lambda number: pd.DateOffset(months=number)
        return np.array([(last + step(months * number)).to_datetime64() for number in range(1, count + 1)])
    if usual == "a working day":
        first, hour = times[-1].astype("datetime64[D]"), times[-1] - times[-1].astype("datetime64[D]")
        return np.busday_offset(first, np.arange(1, count + 1), roll="forward").astype(times.dtype) + hour
    return times[-1] + np.median(np.diff(times).astype(np.int64)).astype(np.int64) * np.arange(1, count + 1).astype(
        np.diff(times).dtype
    )


def time_texts(times: np.ndarray) -> list[Any]:
    """Return moments as texts, without the time of day where all are at midnight, or numbers as they are."""
    if times.dtype.kind != "M":
        return [int(time) if float(time).is_integer() else float(time) for time in times]
    texts = [str(time) for time in times.astype("datetime64[s]")]
    return [text.removesuffix("T00:00:00") for text in texts] if all(t.endswith("T00:00:00") for t in texts) else texts
