"""Variables of the environment in a configuration, `${oc.env:NAME}`: read only if the command line asks for them.

What a configuration holds is written into the folder of its run, so a file could otherwise copy a password there.
"""

from __future__ import annotations

import os
from typing import Any

from omegaconf import OmegaConf
from omegaconf.resolvers import oc

from dlx.errors import ConfigError

ASKED = "DLX_ENV"  # comma-separated names of variables; set by --env or the shell, never by a file
NO_DEFAULT = object()


def guard_environment() -> None:
    """Replace the resolver `oc.env` of this process by `variable`; safe to repeat."""
    OmegaConf.register_new_resolver("oc.env", variable, replace=True)


def variable(name: str, default: Any = NO_DEFAULT) -> str | None:
    """Return the value of a variable of the environment that the command line asks for.

    Args:
        name: name of the variable.
        default: value if there is no such variable.

    Raises:
        ConfigError: The command line does not ask for the variable.
    """
    if name not in os.environ.get(ASKED, "").split(","):
        raise ConfigError(
            f"oc.env: the configuration reads the variable {name!r} of the environment, and its value would be kept "
            f"with the run; allow it with --env {name}"
        )
    return oc.env(name) if default is NO_DEFAULT else oc.env(name, default)
