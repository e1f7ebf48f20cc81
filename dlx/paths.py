"""Where the shipped configuration lies: beside the package in a checkout, inside it in a wheel."""

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
    """Return the user's `./conf` or `./experiments`, unless there is none or it is the shipped one."""
    path = Path.cwd() / folder
    return path if path.is_dir() and path.resolve() != shipped(folder).resolve() else None


def roots(folder: str) -> list[Path]:
    """Return the shipped folder and then the user's own, where there is one."""
    mine = own(folder)
    return [shipped(folder), *([mine] if mine else [])]


def outputs() -> Path:
    """Return the folder that runs are written to: `outputs/` where the user stands."""
    return Path.cwd() / "outputs"
