"""The error for invalid user input, and hints that name the nearest valid choice."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

LISTED = 15  # largest number of choices that a message lists


class ConfigError(Exception):
    """The user's input is invalid. The command line prints only the message and exits with code 2.

    The message names the key or file, what was expected, and the nearest valid choice.
    """


def located(path: str, message: str, keys: Iterable[str] = ()) -> str:
    """Return an error message of a class with the full path of the key in front of it, and of those that it proposes.

    Args:
        path: path of the class in the configuration.
        message: message of the class. It begins with the name of one of its keys (`window: ...`), or with the full path
            of a key of another class, which is kept.
        keys: names of the keys of the class, which are proposed as `key=value`.
    """
    keys = tuple(keys)
    if keys:
        own = "|".join(map(re.escape, keys))
        message = re.sub(rf"(?<![\w.'\"\[-])({own})=(?=\S)", rf"{path}.\1=", message)
    head = message.partition(": ")[0]
    if head in keys:
        return f"{path}.{message}"
    elsewhere = re.fullmatch(r"\w+(\.\w+)+", head) is not None
    return message if elsewhere or message.startswith(path) else f"{path}: {message}"


def nearest(word: str, choices: Iterable[str], shown_by: str = "") -> str:
    """Return a hint such as "; did you mean 'dropout'?", or a list of the choices if none is similar.

    Args:
        word: word that was typed.
        choices: valid choices.
        shown_by: command that lists all choices, e.g. `dlx axes optimizer`; it is named if there are too many to list.
    """
    choices = sorted({choice if choice.isprintable() else repr(choice)[1:-1] for choice in choices})  # one line
    near = sorted((min(distance(word, c), distance(word.casefold(), c.casefold())), c) for c in choices)
    if near and len(word) > 1 and near[0][0] <= max(1, len(word) // 3):
        return f"; did you mean '{near[0][1]}'?"
    longer = [choice for choice in choices if len(word) > 1 and choice.startswith(word)]
    if 0 < len(longer) <= 4:
        return f"; did you mean {' or '.join(map(repr, longer))}?"
    if len(choices) <= LISTED:
        return f"; choose from: {', '.join(choices)}" if choices else ""
    rest = f"{shown_by} shows all {len(choices)}" if shown_by else f"{len(choices)} in all"
    return f"; choose from: {', '.join(choices[:LISTED])}, ... ({rest})"


def pasted(key: str, value: object) -> str:
    """Return an override as it can be pasted into a shell, e.g. `dataset.target=price` or `'dataset.classes=[A,B]'`.

    Args:
        key: the full key.
        value: a value or a list of values.
    """
    inner = "[" + ",".join(map(quoted, value)) + "]" if isinstance(value, list | tuple) else quoted(value)
    return shlex.quote(f"{key}={inner}")


def quoted(value: object) -> str:
    """Return a value as an override takes it: a text in double quotes where it would be read as something else."""
    if not isinstance(value, str):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    plain = re.fullmatch(r"[^\W\d][\w.%/@*+-]*( [^\W\d][\w.%/@*+-]*)*", value) is not None
    if plain and value.lower() not in ("null", "true", "false", "nan", "inf"):
        return value
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', value)
    return f'"{escaped}"'


def distance(a: str, b: str) -> int:
    """Return the restricted edit distance between two words (Damerau 1964).

    It is the smallest number of substitutions, insertions, deletions and swaps of adjacent letters that turn a into b.
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
