"""The values of flags of `dlx train` and of commands that take folders of runs."""

from __future__ import annotations

import re
import sys

from dlx.errors import ConfigError


def modules_of(text: str) -> list[str]:
    """Return the names of the user's modules, or of functions in full, which are separated by commas.

    Raises:
        ConfigError: A name is not that of a module of the user, or of an installed package, or of a function in one.
    """
    for name in text.split(","):
        top = name.split(".")[0]
        words = all(part.isidentifier() for part in name.split("."))
        if not words or top in sys.stdlib_module_names or top in ("dlx", "torch"):
            raise ConfigError(
                "--admit: expected the name of your own module (./NAME.py), of an installed package, or of a function "
                f"in full (NAME.function), got {name!r}"
            )
    return text.split(",")


def samples_of(text: str) -> list[str]:
    """Return the number of samples that a text represents, as text.

    Raises:
        ConfigError: It is not a number from 1 to the most runs of a sweep.
    """
    from dlx.sweep.cells import MOST_RUNS

    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 < int(text) <= MOST_RUNS:
        raise ConfigError(f"--samples: expected a number of samples from 1 to {MOST_RUNS:,}, got {text!r}")
    return [text]


def variables_of(text: str) -> list[str]:
    """Return the names of variables of the environment, which are separated by commas.

    Raises:
        ConfigError: A name is not that of a variable.
    """
    for name in text.split(","):
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ConfigError(f"--env: expected the name of an environment variable, such as HOME, got {name!r}")
    return text.split(",")
