"""The cells of a sweep: every combination of arms, axes and seeds, labeled by its levels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlx.config.yaml_file import short
from dlx.errors import ConfigError, nearest

ARM, SEED = "arm", "seed"
MOST_RUNS = 100_000  # combinations of a sweep, those that are left out included


@dataclass(frozen=True)
class Level:
    """One level of an axis: its value, and the overrides that select it."""

    value: Any
    overrides: tuple[str, ...]

    @property
    def text(self) -> str:
        """The value as it is written in an override."""
        return write(self.value)


Axes = Mapping[str, Sequence[Level]]


@dataclass(frozen=True)
class Cell:
    """One combination of levels: the text of its level on each axis, and the overrides of its run."""

    labels: Mapping[str, str]
    overrides: tuple[str, ...]

    def named(self, axes: Container[str]) -> str:
        """Return its levels on some axes in words, without keys that its run does not have."""
        return " ".join(f"{axis}={level}" for axis, level in self.labels.items() if axis in axes and level)


def write(value: Any) -> str:
    """Return a value in Hydra's override grammar; equal numbers are written in the same way."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(write(item) for item in value)}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def read(text: str) -> Any:
    """Return the int, float or text that was typed."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def study_axes(study: Mapping[str, Any]) -> dict[str, list[Level]]:
    """Return the axes of a study: its arms, its axes and its seeds, in this order.

    Raises:
        ConfigError: An axis has no levels, or its levels have an invalid form.
    """
    axes: dict[str, list[Level]] = {}
    if study.get("arms"):
        axes[ARM] = named(study["arms"], "study.arms")
    for key, values in (study.get("axes") or {}).items():
        where = f"study.axes.{key}"
        if key in (ARM, SEED):
            raise ConfigError(f"{where}: set arms under study.arms and seeds under study.seeds")
        if isinstance(values, Mapping):
            axes[key] = named(values, where)
        elif isinstance(values, list) and values:
            axes[key] = [Level(value, (f"{key}={write_value(value)}",)) for value in values]
        else:
            raise ConfigError(f"{where}: expected a list of values or named lists of overrides, got {values!r}")
    for key, levels in axes.items():
        if len({level.text for level in levels}) < len(levels):
            where = "study.arms" if key == ARM else f"study.axes.{key}"
            raise ConfigError(f"{where}: a value is listed twice")
    axes[SEED] = [Level(number, (f"seed={number}",)) for number in seeds_of(study)]
    return axes


def seeds_of(study: Mapping[str, Any]) -> list[int]:
    """Return the seeds of a study: 0 to n - 1 for a number n; seed 0 by default.

    Raises:
        ConfigError: The seeds have an invalid form.
    """
    seeds = study.get("seeds")
    seeds = 1 if seeds is None else seeds
    if isinstance(seeds, int) and seeds > MOST_RUNS:
        raise ConfigError(f"study.seeds: expected at most {MOST_RUNS:,} seeds, got {seeds:,}")
    numbers = list(range(seeds)) if isinstance(seeds, int) and not isinstance(seeds, bool) else seeds
    if not isinstance(numbers, list) or not numbers or not all(type(n) is int and n >= 0 for n in numbers):
        raise ConfigError(f"study.seeds: expected a number of seeds or a list of them, got {short(seeds)}")
    if len(set(numbers)) < len(numbers):
        raise ConfigError("study.seeds: a seed is listed twice")
    return numbers


def write_value(value: Any) -> str:
    """Return a value in Hydra's override grammar, quoted if necessary."""
    text = write(value)
    plain = not isinstance(value, str) or all(c.isalnum() or c in "_-./%+*?|@$" for c in text)
    return text if plain else "'" + text.replace("'", "\\'") + "'"


def named(levels: Any, where: str) -> list[Level]:
    """Return the levels that a mapping of named lists of overrides describes.

    Raises:
        ConfigError: The mapping has an invalid form.
    """
    if not isinstance(levels, Mapping) or not levels:
        raise ConfigError(f"{where}: expected names with lists of overrides, got {levels!r}")
    result = []
    for name, overrides in levels.items():
        if not isinstance(overrides, list) or not all(isinstance(o, str) and ("=" in o or "~" in o) for o in overrides):
            raise ConfigError(
                f"{where}.{name}: expected a list of overrides such as [optimizer=sgd], got {overrides!r}"
            )
        result.append(Level(name, tuple(overrides)))
    return result


def level_of(axes: Axes, axis: str, value: Any, where: str) -> Level:
    """Return the level of an axis with a given value.

    Raises:
        ConfigError: There is no such axis or level; the message names the nearest one.
    """
    if axis not in axes:
        raise ConfigError(f"{where}: no such axis {axis!r}{nearest(axis, axes)}")
    for level in axes[axis]:
        if level.text == write(value):
            return level
    texts = [level.text for level in axes[axis]]
    what = "arm" if axis == ARM else f"value of {axis}"
    raise ConfigError(f"{where}: no such {what}: {write(value)!r}{nearest(write(value), texts)}")


def cells(axes: Axes, exclude: Iterable[Mapping[str, Any]] = (), fixed: Sequence[str] = ()) -> list[Cell]:
    """Return the product of the axes without the excluded cells; the fixed overrides are added to each cell.

    Raises:
        ConfigError: An exclusion is invalid, no cell is left, or there are more than `MOST_RUNS` combinations.
    """
    check_number(axes)
    exclude = list(exclude)
    rules = []
    for number, rule in enumerate(exclude):
        where = f"study.exclude[{number}]"
        if not isinstance(rule, Mapping) or not rule:
            raise ConfigError(f"{where}: expected axes with the levels to leave out, got {rule!r}")
        for axis, value in rule.items():
            if axis not in axes:
                raise ConfigError(f"{where}: no such axis {axis!r}{nearest(str(axis), axes)}")
            if value == []:
                raise ConfigError(f"{where}.{axis}: expected a level to leave out, got an empty list")
        rules.append(
            {
                axis: {level_of(axes, axis, v, where).text for v in (value if isinstance(value, list) else [value])}
                for axis, value in rule.items()
            }
        )
    found = []
    for levels in itertools.product(*axes.values()):
        labels = {axis: level.text for axis, level in zip(axes, levels, strict=True)}
        if not any(all(labels[axis] in texts for axis, texts in rule.items()) for rule in rules):
            found.append(Cell(labels, tuple(o for level in levels for o in level.overrides) + tuple(fixed)))
    if not found:
        empty = next((axis for axis, levels in axes.items() if not levels), "study.exclude")
        raise ConfigError(f"{empty}: leaves no run" if exclude else f"{empty}: expected a value at least, got none")
    return found


def check_number(axes: Axes) -> None:
    """Refuse a sweep of more than `MOST_RUNS` combinations.

    Raises:
        ConfigError: There are more; the message names the axis with the most levels.
    """
    runs = math.prod(len(levels) for levels in axes.values())
    if runs > MOST_RUNS:
        most = max(axes, key=lambda axis: len(axes[axis]))
        raise ConfigError(
            f"{most}: expected at most {MOST_RUNS:,} runs in a sweep, got {runs:,} "
            f"({' x '.join(f'{len(levels):,}' for levels in axes.values())})"
        )
