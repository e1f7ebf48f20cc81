"""Folders of the shipped configuration, of the user's own, and of outputs."""

from __future__ import annotations

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


def outputs() -> Path:
    """Return the folder that runs are written to: `outputs/` in the current folder."""
    return Path.cwd() / "outputs"
