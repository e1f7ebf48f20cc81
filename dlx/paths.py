"""Folders of the shipped configuration, of the user's own, of outputs, and those in which modules are found."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Return the shipped folder `conf` or `experiments`.

    An installed wheel carries them inside the package, a checkout (and an editable install) beside it.
    """
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def own(folder: str) -> Path | None:
    """Return the user's `./conf` or `./experiments`, or None if it does not exist or is the shipped one."""
    path = Path.cwd() / folder
    return path if path.is_dir() and path.resolve() != shipped(folder).resolve() else None


def roots(folder: str) -> list[Path]:
    """Return the shipped folder, followed by the user's own if it exists."""
    mine = own(folder)
    return [shipped(folder), *([mine] if mine else [])]


def module_path() -> list[str]:
    """Return the folders in which a process finds modules, with the current folder last if it is among them.

    A process of Python with `-m` or `-c` would look into the current folder first, where a file of anyone's may be
    called `tensorboard.py`.
    """
    here = {"", str(Path.cwd())} - {str(PACKAGE.parent)}
    return [place for place in sys.path if place not in here] + [str(Path.cwd())] * bool(here & set(sys.path))


def python(code: str) -> list[str]:
    """Return the start of a command that executes code in a process of its own, which finds modules as this one does.

    Args:
        code: Python code; the arguments behind it are in `sys.argv[1:]`.
    """
    return [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {module_path()!r}; {code}"]


def outputs() -> Path:
    """Return the folder that runs are written to: `outputs/` in the current folder."""
    return Path.cwd() / "outputs"
