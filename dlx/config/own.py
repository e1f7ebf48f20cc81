"""Modules of the user, which the command line admits by name: what is admitted, and how it is imported."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from dlx.errors import ConfigError, nearest
from dlx.spec import TARGET

ADMIT = "DLX_ADMIT"  # comma-separated names of the user's own modules; set by --admit or the shell, never by a file


def admitted() -> set[str]:
    """Return the names that --admit (or the variable DLX_ADMIT) gives: top-level modules, and functions in full."""
    return {name for name in os.environ.get(ADMIT, "").split(",") if name}


def is_admitted(target: str) -> bool:
    """Return whether a dotted name is admitted, by its top-level module or in full."""
    return bool({target, target.split(".")[0]} & admitted())


def at_home(found: Any, module: str) -> bool:
    """Return whether a class or function is defined in a module, or in a part of it, and not only imported there."""
    return str(found.__module__) == module or str(found.__module__).startswith(f"{module}.")


def import_own(module: str, path: str) -> ModuleType:
    """Import a user's admitted module, which is in the working directory or installed, and return it.

    Args:
        module: dotted name of the module.
        path: key that names it, for error messages.

    Raises:
        ConfigError: If the module does not exist, importing it fails, or another one has its name.
    """
    here = Path.cwd()
    if str(here) not in sys.path:
        sys.path.append(str(here))
    top = module.split(".")[0]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.startswith(error.name):
            raise ConfigError(
                f"{path}.{TARGET}: there is no module {module!r} in {here}, and none is installed"
            ) from None
        raise ConfigError(f"{path}.{TARGET}: {module} cannot be imported: {error}") from error
    except Exception as error:  # importing the user's code can raise any exception
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"{path}.{TARGET}: {module} cannot be imported: {reason} (--traceback shows where)"
        ) from error
    spec = sys.modules[top].__spec__
    source = spec.origin if spec is not None and spec.has_location else None
    if ((here / f"{top}.py").is_file() or (here / top).is_dir()) and source and not Path(source).is_relative_to(here):
        raise ConfigError(
            f"{path}.{TARGET}: another module is called {top} too ({source}); give {here / top} another name"
        )
    return found


def find_own(module: str, name: str, path: str) -> type:
    """Return a class of a user's admitted module.

    Raises:
        ConfigError: If the module or the class does not exist, or importing the module fails.
    """
    home = import_own(module, path)
    found = getattr(home, name, None)  # the configuration gives the name
    if not isinstance(found, type) or not at_home(found, module.split(".")[0]):
        classes = [key for key, value in vars(home).items() if isinstance(value, type)]
        raise ConfigError(f"{path}.{TARGET}: {module} has no class {name!r}{nearest(name, classes)}")
    return found
