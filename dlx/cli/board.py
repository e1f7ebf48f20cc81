"""`dlx board`: TensorBoard on what runs wrote, for this machine only (127.0.0.1)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dlx import paths
from dlx.cli.line import folders
from dlx.errors import ConfigError
from dlx.files import read_json

HOST, PORT = "127.0.0.1", 6006
HELP = """dlx board [FOLDER]... [--port N]: TensorBoard on what runs wrote, on 127.0.0.1; Ctrl-C ends it

  dlx board                           everything below outputs/
  dlx board outputs/sweeps/dropout    one sweep, with runs that it took over from elsewhere
  dlx board RUN RUN                   two runs side by side"""


def main(arguments: list[str]) -> int:
    """Start TensorBoard, print where it is and wait for its end."""
    wanted, words = take_port(arguments)
    chosen = folders("board", words, HELP, default=paths.outputs())
    if chosen is None:
        return 0
    for folder in chosen:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: there is no such folder; expected one that runs were written to")
        if not any(True for place in places([folder]) for _ in place.rglob("events.out.tfevents.*")):
            raise ConfigError(f"{folder}: holds no run with TensorBoard events yet")
    port = free_port(wanted)
    print(f"TensorBoard on http://{HOST}:{port}/  (Ctrl-C ends it)", flush=True)
    command = [sys.executable, "-m", "tensorboard.main", "--host", HOST, "--port", str(port), *where(places(chosen))]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as board:
        signal.signal(signal.SIGTERM, lambda *_: board.terminate())
        with contextlib.suppress(KeyboardInterrupt):
            return board.wait()
        board.terminate()  # Ctrl-C is how one leaves: no error
    return 0


def take_port(words: Sequence[str]) -> tuple[int | None, list[str]]:
    """Take `--port N` out of the words; return the port and the other words.

    Raises:
        ConfigError: what follows is no port.
    """
    port, others = None, []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name != "--port":
            others.append(word)
            continue
        value = value if equals else next(waiting, "")
        if not value.isdigit() or not 0 < int(value) < 65536:
            raise ConfigError(f"--port: expected a number from 1 to 65535, got {value!r}")
        port = int(value)
    return port, others


def free_port(wanted: int | None) -> int:
    """Return the wanted port; without a wish TensorBoard's usual one, or any other that is free.

    Raises:
        ConfigError: the wanted port is in use.
    """
    for port in [wanted] if wanted else [PORT, 0]:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise ConfigError(f"--port: {wanted} is in use; without --port a free one is taken")


def places(chosen: Sequence[Path]) -> list[Path]:
    """Return the folders to be shown: those chosen, and runs that a sweep lists but that lie elsewhere."""
    found = list(chosen)
    for folder in chosen:
        sweep = read_json(folder / "sweep.json")
        for item in sweep.get("runs", []) if isinstance(sweep, dict) else []:
            run = Path(item["folder"])
            if run.is_dir() and not run.resolve().is_relative_to(folder.resolve()):
                found.append(run)
    return found


def where(shown: Sequence[Path]) -> list[str]:
    """Return TensorBoard's arguments for one folder, or for several by their names."""
    if len(shown) == 1:
        return ["--logdir", str(shown[0])]
    names: dict[str, Path] = {}
    for folder in shown:
        name = folder.resolve().name
        names[name if name not in names else f"{folder.resolve().parent.name}_{name}"] = folder
    return ["--logdir_spec", ",".join(f"{name}:{folder}" for name, folder in names.items())]
