"""What dlx tells people when their input cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterable

LISTED = 15  # the most choices that a message names


class ConfigError(Exception):
    """The user's input cannot be used; the message is all that the user sees (exit code 2).

    Name the key or file, what was expected, and the nearest valid choice.
    """


def located(path: str, message: str, keys: Iterable[str] = ()) -> str:
    """Return the message with which a part at a path refuses its keys, behind the full key as it is typed.

    A class knows its keys by their names alone (`window: ...`); one that blames another part names it in full.
    """
    head = message.partition(": ")[0]
    if head in keys:
        return f"{path}.{message}"
    elsewhere = re.fullmatch(r"\w+(\.\w+)+", head) is not None
    return message if elsewhere or message.startswith(path) else f"{path}: {message}"


def nearest(word: str, choices: Iterable[str], shown_by: str = "") -> str:
    """Return a hint such as "; did you mean 'dropout'?", or the choices when none is near.

    Args:
        word: what was typed.
        choices: what can be typed.
        shown_by: the command that shows all choices, e.g. `dlx axes optimizer`, named where they are too many.
    """
    choices = sorted(set(choices))
    near = sorted((distance(word, choice), choice) for choice in choices)
    if near and len(word) > 1 and near[0][0] <= max(1, len(word) // 3):
        return f"; did you mean '{near[0][1]}'?"
    longer = [choice for choice in choices if len(word) > 1 and choice.startswith(word)]
    if 0 < len(longer) <= 4:
        return f"; did you mean {' or '.join(map(repr, longer))}?"
    if len(choices) <= LISTED:
        return f"; choose from: {', '.join(choices)}" if choices else ""
    rest = f"{shown_by} shows all {len(choices)}" if shown_by else f"{len(choices)} in all"
    return f"; choose from: {', '.join(choices[:LISTED])}, ... ({rest})"


def distance(a: str, b: str) -> int:
    """Return how many letters must be changed, added, left out or swapped with the next one to turn a into b.

    The restricted edit distance of Damerau (1964): swapped letters are one mistake, as a typist sees it.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], earlier[j - 2] + 1)
    return row[-1]
