"""Stages of attacks: the folder of a real run and of a real sweep, trained once a process and copied."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.attacks.attack import Place, Stage

SMALL = ["model.width=4", "trainer.max_epochs=2", "trainer.accelerator=cpu", "dataset.limit=32"]


@cache
def trained() -> Path:
    """Return the folder of a finished run, trained once in this process."""
    from dlx.run.run import run
    from tests.conftest import compose_config

    home = Path(tempfile.mkdtemp(prefix="dlx-attacks-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    folder = home / "run"
    run(compose_config(*SMALL), folder, overrides=SMALL, raises=True)
    return folder


def real_run(place: Place) -> None:
    """Lay the folder of a finished run at RUN."""
    shutil.copytree(trained(), place.here / "run")


def edited(name: str, change: Callable[[Any], Any]) -> Stage:
    """Return a stage that changes the content of a JSON file of RUN; `change` returns the new content."""

    def stage(place: Place) -> None:
        file = place.here / "run" / name
        text = json.dumps(change(json.loads(file.read_text())))
        file.write_text(place.fill(text))

    return stage


def with_status(status: str) -> Stage:
    """Return a stage that gives the run at RUN another status, e.g. `interrupted`."""
    return edited("summary.json", lambda summary: {**summary, "status": status})


def untrained(place: Place) -> None:
    """Take the checkpoints of the run at RUN away, so that it is trained from its start."""
    shutil.rmtree(place.here / "run" / "checkpoints")


def replaced(name: str, content: Callable[[Path], bytes]) -> Stage:
    """Return a stage that replaces a file of RUN; `content` is given the marker, see `tests.attacks.payloads`."""

    def stage(place: Place) -> None:
        file = place.here / "run" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(place.marker))

    return stage


def linked(name: str, target: str) -> Stage:
    """Return a stage that puts a symbolic link below HERE in place of a file or folder."""

    def stage(place: Place) -> None:
        link = place.here / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        link.unlink(missing_ok=True)
        os.symlink(place.fill(target), link)

    return stage
