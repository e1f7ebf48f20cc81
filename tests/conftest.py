"""What all tests share: the real configuration, composed as the command line composes it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# One worker of pytest runs on each core. Threads beside it would wait for one another: several times the CPU seconds.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from dlx import paths
from dlx.config.aliases import full_name
from dlx.config.hydra import session as hydra_session
from dlx.config.hydra.sources import plain
from dlx.sweep import register


@pytest.fixture(autouse=True, scope="session")
def listens_to_ctrl_c() -> None:
    """A job in the background of a script is started deaf to SIGINT, and so would be all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test stands in an empty folder, with no trace of another command in the process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_LANG", "en")  # whatever the locale of this machine
    for name in ("DLX_ADMIT", "DLX_ENV", "PYTHONSAFEPATH"):  # an earlier test's command may have set them
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hydra_session, "current", hydra_session.Caller())
    GlobalHydra.instance().clear()
    yield
    GlobalHydra.instance().clear()


def compose_config(*overrides: str) -> dict[str, Any]:
    """Compose conf/train.yaml with overrides as they are typed, aliases included."""
    register.register()
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = compose("train", overrides=[full_name(word) for word in overrides])
    return plain(config)


@pytest.fixture
def config() -> Callable[..., dict[str, Any]]:
    """Give `config("optimizer=sgd", "model.depth=2")`: the composed configuration as plain containers."""
    return compose_config


def read_json(path: Path) -> Any:
    """Return the content of a JSON file as it is, not as the program reads it."""
    return json.loads(path.read_text(encoding="utf-8"))
