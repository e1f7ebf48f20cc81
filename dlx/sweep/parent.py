"""The end of a worker process whose parent is gone, which would otherwise go on as an orphan."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from typing import Any

WATCH_SECONDS, PATIENCE = 0.5, 30.0
NAME = "dlx-parent"


def end_with_parent() -> None:
    """Interrupt this process as by SIGTERM when its parent has ended, and end it if it does not follow.

    Nothing happens in a process that was not started by multiprocessing or joblib, such as the command itself.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and not any(thread.name == NAME for thread in threading.enumerate()):
        threading.Thread(target=_watch, args=(parent.pid,), name=NAME, daemon=True).start()


def watch_workers(launcher: Any) -> None:
    """Let the workers of Hydra's joblib launcher end with this process, those too that have not begun a run.

    Without this they wait for one for five minutes. Other launchers are left as they are.
    """
    try:
        from hydra_plugins.hydra_joblib_launcher.joblib_launcher import JoblibLauncher
    except ImportError:
        return
    if isinstance(launcher, JoblibLauncher):
        launcher.joblib["initializer"] = end_with_parent


def is_orphan() -> bool:
    """Return True in a worker process whose parent has ended."""
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(130)
