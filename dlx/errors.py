"""What dlx tells people when their input cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfigError(Exception):
    """The user's input cannot be used; the message is all that the user sees (exit code 2).

    Name the key or file, what was expected, and the nearest valid choice.
    """


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a hint such as "; did you mean 'dropout'?", or the choices when none is near."""
    choices = sorted(choices)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; choose from: {', '.join(choices)}" if choices else ""
