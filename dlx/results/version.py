"""The git revision that dlx runs from, read from git's files: starting git would take longer than a small run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dlx import paths


@cache
def git_revision(root: Path = paths.PACKAGE.parent) -> str | None:
    """Return the commit of a checkout, or None if dlx does not run from one."""
    try:
        place = root / ".git"
        if place.is_file():  # a linked worktree: the file contains the path of its git folder
            place = (root / place.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (place / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        common = place / "commondir"
        roots = [place, (place / common.read_text().strip()).resolve()] if common.is_file() else [place]
        for folder in roots:
            if (folder / name).is_file():
                return (folder / name).read_text().strip()
        for folder in roots:
            if (folder / "packed-refs").is_file():
                for line in (folder / "packed-refs").read_text().splitlines():
                    commit, _, ref = line.partition(" ")
                    if ref == name:
                        return commit
    except OSError:
        return None
    return None
