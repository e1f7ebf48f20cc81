"""Arms: groups of runs that differ only in their seed or fold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from dlx.results.runs import Run

SEED_KEYS = ("seed", "dataset.fold", "streams.split", "streams.init", "streams.order", "streams.data")


@dataclass(frozen=True)
class Arm:
    """Runs that differ only in their seed or fold, and the parameters that distinguish them from other arms."""

    parameters: Mapping[str, Any]
    runs: Sequence[Run]

    @property
    def statuses(self) -> Counter[str]:
        """Return the number of runs with each status."""
        return Counter(run.status for run in self.runs)

    def values(self, metric: str) -> list[float]:
        """Return the values of a metric, one for each run that has it."""
        return [float(run.metrics[metric]) for run in self.runs if metric in run.metrics]


def mean_std(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the sample standard deviation (n - 1) of some values; nan if there are too few."""
    if not values:
        return math.nan, math.nan
    return mean(values), stdev(values) if len(values) > 1 else math.nan


def group(rows: Iterable[tuple[Mapping[str, Any], Run]], keys: Sequence[str]) -> list[Arm]:
    """Group runs into arms by the values of some keys, in order of appearance.

    Args:
        rows: the parameters or labels of each run, and the run.
        keys: the parameters that define the arms; one that a run does not have counts as empty.
    """
    groups: dict[str, tuple[dict[str, Any], list[Run]]] = {}
    for parameters, run in rows:
        own = {key: parameters.get(key, "") for key in keys}
        groups.setdefault(repr(list(own.values())), (own, []))[1].append(run)
    return [Arm(own, runs) for own, runs in groups.values()]


def arms(runs: Sequence[Run]) -> tuple[list[str], list[Arm]]:
    """Group runs into arms; return the keys in which the arms differ, and the arms in order of appearance.

    Runs on different contents of a user's file are different arms, which differ in `data`: the hash of their data.
    """
    rows = [({**run.comparable, "data": run.data_hash}, run) for run in runs]
    keys = without_implied([key for key in differing(runs) if key not in SEED_KEYS], rows)
    found = group(rows, keys)
    if any(len({run.data_hash for run in arm.runs if "dataset.path" in run.parameters}) > 1 for arm in found):
        keys.append("data")
        return keys, group(rows, keys)
    return keys, found


def without_implied(keys: Sequence[str], rows: Sequence[tuple[Mapping[str, Any], Run]]) -> list[str]:
    """Return keys without those that no one typed and that tell no arms apart which the others do not.

    Such a key follows from another: `model=rnn` sets `activation=tanh`.
    """
    typed = {str(word).partition("=")[0].lstrip("+") for _, run in rows for word in run.summary["overrides"]}
    kept, number = list(keys), len(group(rows, keys))
    for key in keys:
        others = [other for other in kept if other != key]
        if key not in typed and len(group(rows, others)) == number:
            kept = others
    return kept


def arms_of_labels(rows: Sequence[tuple[Mapping[str, str], Run]]) -> tuple[list[str], list[Arm]]:
    """Group labeled runs into arms; return the labels in which the arms differ, and the arms."""
    keys = [key for key in rows[0][0] if len({labels[key] for labels, _ in rows}) > 1]
    return keys, group(rows, keys)


def differing(runs: Sequence[Run]) -> list[str]:
    """Return the flat keys in which the runs differ, in the order of the configuration.

    Keys of an option are compared only among runs with the same option: if `optimizer` itself differs, the momentum
    of sgd and the betas of adam add no information. A list group counts as one key, whose value is the names of its
    members. A key that some runs do not have is compared among those that have it.
    """
    flats = [run.comparable for run in runs]
    values: dict[str, set[str]] = {}
    for flat in flats:
        for key, value in flat.items():
            values.setdefault(key, set()).add(repr(value))
    return [key for key, found in values.items() if len(found) > 1 and _differs(key, flats)]


def _differs(key: str, flats: Sequence[Mapping[str, Any]]) -> bool:
    """Return True if a key has several values among runs with the same option."""
    values: dict[Any, set[str]] = {}
    for flat in flats:
        if key in flat:
            values.setdefault(flat.get(_owner(key, flat)), set()).add(repr(flat[key]))
    return any(len(found) > 1 for found in values.values())


def _owner(key: str, flat: Mapping[str, Any]) -> str:
    """Return the key of the option that a key belongs to, or "" if it belongs to none."""
    parts = key.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    return next((prefix for prefix in prefixes if prefix in flat), "")
