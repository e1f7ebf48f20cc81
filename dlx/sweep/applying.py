"""The keys of a sweep go to the runs whose options have them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dlx.config import catalog
from dlx.config.swept import Options, foreign, group_of, key_of, options_in, options_of, said
from dlx.sweep.cells import Cell

ABSENT = ""  # the label of a key in runs that do not have it


def applying(parts: Sequence[Cell]) -> tuple[list[Cell], list[str]]:
    """Return cells without the keys that their options lack, and a sentence about each such key.

    In `optimizer=sgd,adam optimizer.momentum=0,0.9` the momentum goes to the runs with SGD. A key that no option of the
    sweep has stays, and is refused where the run is checked.

    Args:
        parts: the cells of a sweep.
    """
    groups = catalog.groups()
    choices = [options_in(cell.overrides, groups) for cell in parts]
    swept = {group: found for group, found in options_of(choices).items() if len(found) > 1}

    @cache
    def is_foreign(word: str, options: Options) -> bool:
        return foreign(word, options, swept[group_of(word)])

    kept: dict[tuple[Options, Options], Cell] = {}
    lacking: dict[str, dict[Options, None]] = {}
    for cell, chosen in zip(parts, choices, strict=True):
        known = {group: options for group, options in chosen.items() if group in swept}
        dropped = [
            word for word in cell.overrides if group_of(word) in known and is_foreign(word, known[group_of(word)])
        ]
        keys = [key_of(word) for word in dropped]
        for key in keys:
            lacking.setdefault(key, {})[known[group_of(key)]] = None
        labels = {axis: ABSENT if axis in keys else text for axis, text in cell.labels.items()}
        rest = tuple(word for word in cell.overrides if word not in dropped)
        kept.setdefault((tuple(labels.values()), rest), Cell(labels, rest))
    return list(kept.values()), [said(key, list(options)) for key, options in lacking.items()]


def without_effect(made: Sequence[tuple[Cell, str]]) -> list[str]:
    """Return a sentence about each axis of a sweep whose values all give the same runs.

    Args:
        made: each cell with the identity of its run.
    """
    axes = {axis: {cell.labels[axis] for cell, _ in made} for axis in made[0][0].labels}
    found = []
    for axis in (axis for axis, texts in axes.items() if len(texts) > 1):
        beside: dict[tuple[str, ...], list[str]] = {}
        for cell, run in made:
            beside.setdefault(tuple(text for key, text in cell.labels.items() if key != axis), []).append(run)
        compared = [set(runs) for runs in beside.values() if len(runs) > 1]
        if compared and all(len(runs) == 1 for runs in compared):
            found.append(f"{axis}: has no effect here; one run stands for all its values")
    return found
