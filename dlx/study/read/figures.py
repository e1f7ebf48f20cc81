"""The measured figures that the words of a claim may name, such as `{value}` or `{low:percent}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dlx.errors import ConfigError, nearest

FIGURE = re.compile(r"\{([\w./]+)(?::(\w+))?\}")
NUMBERS = ("value", "size", "low", "high")
FORMATS = ("percent", "times", "power")  # each is also a figure: {percent} is {value:percent}
CELL = "cell"  # the closest cell of a claim with several parts


def check_figures(words: str, axes: Iterable[str], several: bool, where: str) -> None:
    """Refuse words that name a figure that does not exist.

    Args:
        words: the words of a claim.
        axes: the axes of its `each`, whose level the words may name.
        several: True for a trend or a threshold, whose words may name the closest cell.
        where: the key of the words, for the message.

    Raises:
        ConfigError: There is no such figure or format.
    """
    figures = (*NUMBERS, *FORMATS, *([CELL] if several else []), *axes)
    for name, form in FIGURE.findall(words):
        if name not in figures:
            raise ConfigError(f"{where}: no such figure {{{name}}}{nearest(name, figures)}")
        if form and (form not in FORMATS or name not in NUMBERS):
            raise ConfigError(
                f"{where}: no such format {{{name}:{form}}}; {', '.join(NUMBERS)} take {', '.join(FORMATS)}"
            )


def with_levels(words: str, at: Mapping[str, str]) -> str:
    """Return words in which `{axis}` is replaced by the level of the axis at which a claim is judged."""
    for axis, level in at.items():
        words = words.replace(f"{{{axis}}}", level)
    return words
