"""Random search: values drawn from the ranges of a sweep (`optimizer.lr=interval(1e-4,1e-1)`), without any extra.

Bergstra & Bengio (2012): with several ranges each sample draws all of them, which covers the important ones better than
a grid of as many runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlx.config import catalog
from dlx.config.words import paths_of
from dlx.errors import ConfigError
from dlx.sweep.cells import MOST_RUNS, Cell, Level

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

SAMPLE = "sample"  # the axis of several ranges that are drawn together
DEFAULT = 20  # samples
TAG = "samples_"  # tag of an interval that holds the number of samples
DIGITS = 4  # significant digits of a drawn number


def ranges(words: Sequence[str]) -> list[str]:
    """Return the overrides that sweep over a range of numbers."""
    from dlx.config.overrides import parse

    return [word for word in words if "interval(" in word and parse(word).is_interval_sweep()]


def with_samples(words: Sequence[str], samples: int) -> list[str]:
    """Return overrides whose ranges are tagged with the number of samples to draw.

    Raises:
        ConfigError: There is no range to draw from.
    """
    found = set(ranges(words))
    if not found:
        raise ConfigError("--samples: applies to a range, such as optimizer.lr='tag(log,interval(1e-4,1e-1))'")
    return [tagged(word, samples) if word in found else word for word in words]


def tagged(word: str, samples: int) -> str:
    """Return a range with the tag `samples_N`, in the place of one that it has."""
    key, _, value = word.partition("=")
    value = re.sub(rf"\b{TAG}\d+\s*,\s*", "", value)
    inner = re.fullmatch(r"\s*tag\((.*)\)\s*", value)
    return f"{key}=tag({TAG}{samples},{inner[1] if inner else value})"


def samples_of(overrides: Sequence[Override]) -> int:
    """Return the number of samples of ranges: the largest one of their tags `samples_N`, or the default.

    Raises:
        ConfigError: The tag holds no number that a sweep can have.
    """
    found = []
    for override in overrides:
        for tag in override.value().tags:  # type: ignore[union-attr]
            if tag.startswith(TAG):
                text = tag.removeprefix(TAG)
                if not text.isdigit() or not 0 < int(text[:9]) <= MOST_RUNS:
                    key = override.get_key_element()
                    raise ConfigError(f"{key}: expected 1 to {MOST_RUNS:,} samples, got {text}")
                found.append(int(text))
    return max(found, default=DEFAULT)


def axis(overrides: Sequence[Override], seed: int) -> dict[str, list[Level]]:
    """Return the axis of the drawn values: that of the key of a single range, in ascending order, or `sample`.

    The first samples of a larger number are those of a smaller one, so that their finished runs are reused.

    Args:
        overrides: the ranges.
        seed: seed of the random numbers.

    Raises:
        ConfigError: A range is empty, or is not positive where it is drawn on a logarithmic scale.
    """
    number = samples_of(overrides)
    drawn = {override.get_key_element(): draw(override, number, seed) for override in overrides}
    rows = dict.fromkeys(zip(*drawn.values(), strict=True))  # whole numbers repeat
    if len(drawn) == 1:
        (key,) = drawn
        return {key: [Level(value, (f"{key}={value}",)) for (value,) in sorted(rows)]}
    levels = [
        Level(" ".join(map(str, row)), tuple(f"{key}={value}" for key, value in zip(drawn, row, strict=True)))
        for row in rows
    ]
    return {SAMPLE: levels}


def draw(override: Override, number: int, seed: int) -> list[float]:
    """Return values drawn from a range, uniformly or on a logarithmic scale (`tag(log, ...)`).

    A key of whole numbers gets whole numbers, both ends included.

    Raises:
        ConfigError: The range is empty, or is not positive where it is drawn on a logarithmic scale.
    """
    from dlx.seeds import derive  # it imports torch

    key, swept = override.get_key_element(), override.value()
    low, high = float(swept.start), float(swept.end)  # type: ignore[union-attr,arg-type]
    logarithmic = "log" in swept.tags  # type: ignore[union-attr]
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(f"{key}: expected a range whose first number is the smaller one, got {low:g} and {high:g}")
    if logarithmic and low <= 0:
        raise ConfigError(f"{key}: a range on a logarithmic scale starts above 0, got {low:g}")
    whole = is_whole(key)
    ends = (low - 0.5, high + 0.5) if whole and not logarithmic else (low, high)
    scaled = np.log(ends) if logarithmic else np.array(ends)
    random = np.random.default_rng(derive(seed, "interval", key, repr(low), repr(high), str(logarithmic)))
    values = scaled[0] + (scaled[1] - scaled[0]) * random.random(number)
    values = np.exp(values) if logarithmic else values
    if whole:
        return [int(value) for value in np.clip(np.rint(values), math.ceil(low), math.floor(high))]
    return [float(f"{min(max(value, low), high):.{DIGITS}g}") for value in values]


def first_value(word: str) -> str:
    """Return the lower end of a range as it is typed."""
    from dlx.config.overrides import parse

    key = word.partition("=")[0]
    return f"{parse(word).value().start:.0f}" if is_whole(key) else f"{parse(word).value().start:g}"  # type: ignore[union-attr]


def is_whole(key: str) -> bool:
    """Return whether a key takes whole numbers and no others, in every option that has it."""
    group = key.partition(".")[0]
    if group not in catalog.groups() or key not in paths_of(group):
        return key == "seed"
    options = [catalog.read(group, name) for name in catalog.option_files(group)]
    kinds = [found.kind for option in options for found in catalog.keys(option) if found.path == key]
    return all(kind.startswith("int") and "float" not in kind for kind in kinds)


def labeled(cells: Sequence[Cell], keys: Sequence[str]) -> list[Cell]:
    """Return cells whose label `sample` is replaced by the value of each key that was drawn.

    Args:
        cells: the cells of a sweep.
        keys: the keys whose values are drawn together.
    """
    return [Cell(by_key(cell.labels, keys), cell.overrides) for cell in cells]


def by_key(labels: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Return labels with those of the drawn keys in the place of `sample`."""
    found: dict[str, str] = {}
    for name, text in labels.items():
        found |= dict(zip(keys, text.split(), strict=True)) if name == SAMPLE else {name: text}
    return found


def said(words: Sequence[str]) -> str:
    """Return a sentence on what is drawn, or "" if there is no range."""
    from dlx.config.overrides import parse

    found = [parse(word) for word in ranges(words)]
    if not found:
        return ""
    texts = []
    for override in found:
        swept = override.value()
        scale = "log-uniformly" if "log" in swept.tags else "uniformly"  # type: ignore[union-attr]
        texts.append(f"{override.get_key_element()} {scale} from {swept.start:g} to {swept.end:g}")  # type: ignore[union-attr]
    number = samples_of(found)
    return f"random search: {number} samples of {', '.join(texts)}; --samples N draws another number"
