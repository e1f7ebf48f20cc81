"""Windows of a series: past values as inputs, the values that follow as targets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dlx.config.shared_keys import Preparation, SeriesPreparation
from dlx.data.raw import Series
from dlx.errors import ConfigError, nearest


@dataclass(frozen=True)
class Windows:
    """All windows of a series.

    Attributes:
        inputs: past values (windows, context, inputs), differenced if configured.
        targets: values that follow (windows, horizon * series), differenced as well.
        history: last values before each target in the original units (windows, order, series).
        names: names of the series in `inputs`.
        series: whole forecast series (time, series), differenced if configured, without missing values.
        places: the number of each window (windows,), counted before some were left out.
        left_out: number of windows that were left out because a value in them is missing.
    """

    inputs: np.ndarray
    targets: np.ndarray
    history: np.ndarray
    names: tuple[str, ...]
    series: np.ndarray
    places: np.ndarray
    left_out: int = 0


@dataclass(frozen=True)
class Differences:
    """Differencing of a series, and its inverse.

    Attributes:
        how: order of differencing, or `returns` for x[t] / x[t-1] - 1.
        series: number of forecast series.
    """

    how: int | str
    series: int

    @property
    def order(self) -> int:
        """The number of values lost at the beginning."""
        return 1 if self.how == "returns" else int(self.how)

    def apply(self, levels: np.ndarray) -> np.ndarray:
        """Return the differences of levels (..., time, series), `order` fewer along time."""
        if self.how == "returns":
            return levels[..., 1:, :] / levels[..., :-1, :] - 1
        return np.diff(levels, self.order, axis=-2)

    def restore(self, changes: np.ndarray, history: np.ndarray) -> np.ndarray:
        """Return levels (examples, horizon * series) from differences and the levels before them.

        Args:
            changes: differences (examples, horizon * series).
            history: last levels (examples, at least order, series).
        """
        values = changes.reshape(len(changes), -1, self.series).astype(np.float64)
        if self.how == "returns":
            values = history[:, -1:] * np.cumprod(1 + values, 1)
        else:
            for order in range(self.order - 1, -1, -1):
                values = np.diff(history, order, axis=1)[:, -1:] + np.cumsum(values, 1)
        return values.reshape(len(changes), -1)

    def persistence(self, history: np.ndarray, horizon: int) -> np.ndarray:
        """Return the persistence forecast as differences (examples, horizon * series)."""
        path = np.concatenate([history, np.repeat(history[:, -1:], horizon, 1)], 1)
        changes = self.apply(path)[:, -horizon:]
        return changes.reshape(len(changes), -1)


def cut(raw: Series, common: Preparation, keys: SeriesPreparation) -> tuple[Windows, Differences]:
    """Return all windows of a series, in order of time.

    Raises:
        ConfigError: a series is missing or too short, or has values that are not positive and difference=returns.
    """
    inputs, names = chosen(raw, common.features, "features")
    targets, _ = chosen(raw, None if common.target is None else [common.target], "target")
    differences = Differences(keys.difference, targets.shape[1])
    lowest = min(np.nanmin(inputs), np.nanmin(targets)) if raw.values.size else 1.0
    if differences.how == "returns" and lowest <= 0:
        raise ConfigError(
            f"dataset.difference: returns need values above 0; the series has a value of {lowest:g}; expected an order "
            "such as 1"
        )
    order, context, horizon = differences.order, keys.context_length, keys.horizon
    refuse_short(len(raw.values), order, keys)
    past = slide(differences.apply(inputs), context + horizon)[:, :context]
    future = slide(differences.apply(targets), context + horizon)[:, context:]
    before = slide(targets[: len(targets) - horizon], context + order)[:, -max(order, 1) :]
    holes = bool(np.isnan(raw.values).any())
    kept = complete(past, future, before) if holes else np.ones(len(past), dtype=bool)
    if raw.filled is not None:
        made_up = chosen(replace(raw, values=raw.filled), None if common.target is None else [common.target], "target")
        kept &= ~slide(made_up[0][order:], context + horizon)[:, context:].any((1, 2))
    series = differences.apply(targets)
    places = np.flatnonzero(kept)
    if len(places) == len(past):
        return Windows(past, future.reshape(len(future), -1), before, names, series, places), differences
    if len(places) < 3:
        raise ConfigError(
            f"dataset.context_length: {context} past and {horizon} future values without a missing one or a leap in "
            f"time are there {len(places)} times; expected at least 3: take a smaller one, or dataset.missing=fill and "
            "dataset.gaps=ignore"
        )
    left, flat = len(past) - len(places), future.reshape(len(future), -1)[places]
    series = series[~np.isnan(series).any(1)]
    return Windows(past[places], flat, before[places], names, series, places, left), differences


def refuse_short(values: int, order: int, keys: SeriesPreparation) -> None:
    """Refuse a series into which three windows do not fit.

    Args:
        values: number of values of the series.
        order: number of them that differencing takes away.
        keys: the lengths of past and future.

    Raises:
        ConfigError: it names the key that asks for too much, and the most that fits.
    """
    length, context, horizon = values - order, keys.context_length, keys.horizon
    if length < 4:  # three windows of one value and the next one
        raise ConfigError(
            f"dataset.difference: {keys.difference} leaves {max(length, 0)} of {values} values; expected at "
            f"most {max(values - 4, 0)}"
            if order
            else f"dataset: expected a series of at least 4 values, got {length}"
        )
    if horizon > length - 3:
        raise ConfigError(
            f"dataset.horizon: {horizon} future values do not fit three times into a series of {length}; expected at "
            f"most {length - 3}"
        )
    if context + horizon > length - 2:
        raise ConfigError(
            f"dataset.context_length: {context} past and {horizon} future values do not fit three times into a "
            f"series of {length}; expected at most {max(length - 2 - horizon, 1)}"
        )


def complete(*windows: np.ndarray) -> np.ndarray:
    """Return which windows (windows, length, series) hold no missing value."""
    return ~np.any([np.isnan(values).any((1, 2)) for values in windows], axis=0)


def slide(values: np.ndarray, length: int) -> np.ndarray:
    """Return all stretches (windows, length, series) of values (time, series), as a view."""
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=0).transpose(0, 2, 1)


def chosen(raw: Series, names: list[str] | None, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the named series (time, series) and their names; all series if none is named.

    Raises:
        ConfigError: there is no such series.
    """
    if names is None:
        return raw.values, raw.names
    for name in names:
        if name not in raw.names:
            raise ConfigError(f"dataset.{key}: no such series {name!r}{nearest(name, raw.names)}")
    if not names or len(set(names)) < len(names):
        what = "a series stands twice" if names else "expected at least one series"
        raise ConfigError(f"dataset.{key}: {what}; choose from: {', '.join(raw.names)}")
    return raw.values[:, [raw.names.index(name) for name in names]], tuple(names)


def reorder(inputs: np.ndarray, order: str, random: np.random.Generator) -> np.ndarray:
    """Return sequences (examples, time, features) in another order of time."""
    if order == "natural":
        return inputs
    if order == "reversed":
        return inputs[:, ::-1]
    if order == "permuted":
        return inputs[:, random.permutation(inputs.shape[1])]
    places = random.permuted(np.broadcast_to(np.arange(inputs.shape[1]), inputs.shape[:2]), axis=1)
    return np.take_along_axis(inputs, places[:, :, None], 1)
