"""Reduction of the runs of a claim to one number for each seed: choose, reduce, across."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from dlx.study.judge.grid import Values
from dlx.study.read.claim import Choose, Fold
from dlx.sweep.cells import SEED


def choose(values: Values, scores: Values, rule: Choose, maximum: bool, replicate: str) -> Values:
    """Return the values at the level with the best score, for each seed or by the mean score over seeds."""
    place = values.axes.index(rule.over)
    score = scores.array if maximum else -scores.array
    if rule.per == "arm":
        seeds = tuple(i for i, axis in enumerate(values.axes) if axis in (SEED, replicate))
        score = np.broadcast_to(nan_fold(np.nanmean, score, seeds, keep=True), score.shape)
    best = np.argmax(np.where(np.isnan(score), -np.inf, score), place, keepdims=True)
    array, lost = (np.take_along_axis(whole, best, place).squeeze(place) for whole in (values.array, values.lost))
    return drop(values, place, array, lost)


def reduce(values: Values, rule: Fold) -> Values:
    """Return the values with one axis reduced."""
    place = values.axes.index(rule.over)
    x = np.asarray(values.levels[rule.over], float) if rule.by in ("argmin", "argmax", "slope", "crossing") else None
    if x is not None and rule.log:
        x = np.log10(x)
    moved = np.moveaxis(values.array, place, -1)
    return drop(values, place, fold(moved, x, rule.by, rule.level), np.any(values.lost, axis=place))


def fold(y: np.ndarray, x: np.ndarray | None, by: str, level: float) -> np.ndarray:
    """Return y (..., levels) with its last axis reduced; x (levels,) contains the values of the levels."""
    simple = {"min": np.nanmin, "max": np.nanmax, "mean": np.nanmean}
    if by in simple:
        return nan_fold(simple[by], y, (-1,))
    if by in ("sd", "variance"):
        return nan_fold(np.nanstd if by == "sd" else np.nanvar, y, (-1,), ddof=1)
    if by == "count_above":
        return (y > level).sum(-1).astype(float)
    assert x is not None
    if by in ("argmin", "argmax"):
        worst = np.inf if by == "argmin" else -np.inf
        return x[(np.argmin if by == "argmin" else np.argmax)(np.where(np.isnan(y), worst, y), -1)]
    if by == "slope":
        return slope(x, y)
    return crossing(x, y, level)


def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the slope of the least-squares line over x; missing cells are left out."""
    there = ~np.isnan(y)
    n = there.sum(-1, keepdims=True)
    dx = np.where(there, x - (np.where(there, x, 0).sum(-1, keepdims=True) / n), 0)
    return (dx * np.where(there, y, 0)).sum(-1) / (dx**2).sum(-1)


def crossing(x: np.ndarray, y: np.ndarray, level: float) -> np.ndarray:
    """Return the x at which y first crosses a level, by linear interpolation; the last x if it never does."""
    order = np.argsort(x)
    x, y = x[order], y[..., order]
    above = y > level
    change = above[..., 1:] != above[..., :-1]
    first = np.argmax(change, -1)
    a = np.take_along_axis(y, first[..., None], -1)[..., 0]
    b = np.take_along_axis(y, first[..., None] + 1, -1)[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (level - a) / (b - a)
    return np.where(change.any(-1), x[first] + share * (x[first + 1] - x[first]), x[-1])


def nan_fold(function, array: np.ndarray, places: Sequence[int], keep: bool = False, **more) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return an array with axes reduced by a function of numpy that ignores nan, i.e. missing cells."""
    with warnings.catch_warnings():  # numpy warns about a slice without cells, which stays nan
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(array, axis=tuple(places), keepdims=keep, **more)


def drop(values: Values, place: int, array: np.ndarray, lost: np.ndarray) -> Values:
    """Return the values with one axis removed."""
    axes = [axis for i, axis in enumerate(values.axes) if i != place]
    return Values(axes, {axis: values.levels[axis] for axis in axes}, array, lost, values.statuses)


def by_unit(values: Values, replicate: str) -> np.ndarray:
    """Return one number for each statistical unit; if the unit is not the seed, seeds are averaged."""
    array, axes = values.array, list(values.axes)
    for axis in [axis for axis in axes if axis != replicate]:
        array = nan_fold(np.nanmean, array, (axes.index(axis),)) if axis == SEED else array.squeeze(axes.index(axis))
        axes.remove(axis)
    return array
