"""`dlx board`: open TensorBoard for runs and sweeps, on this machine only (127.0.0.1)."""

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
from dlx.cli.line import folder_flags
from dlx.cli.text import Help
from dlx.errors import ConfigError
from dlx.results.escape import plain
from dlx.stored.read import BrokenFileError, passed_over
from dlx.stored.sweep import read_sweep

HOST, PORT = "127.0.0.1", 6006
HELP = Help(
    usage=["dlx board [--port N] [FOLDER ...]"],
    summary="Open TensorBoard for your runs, on this machine only (127.0.0.1). Press Ctrl-C to stop it.",
    sections={
        "examples": {
            "dlx board": "all runs below outputs/",
            "dlx board outputs/sweeps/dropout": "one sweep, with the runs that it reused",
            "dlx board RUN RUN": "two runs side by side",
        },
        "options": {
            "--port N": f"port to listen on (default: {PORT}, or a free one if that is in use)",
            "-h, --help": "print this page",
        },
    },
)


def main(arguments: list[str]) -> int:
    """Start TensorBoard, print its address and wait until it ends."""
    flags = folder_flags("board")
    flags.add_argument("--port", type=port_of)
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    chosen = [Path(word) for word in found.words] or [paths.outputs()]
    for folder in chosen:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: there is no such folder; expected the folder of a run or a sweep")
        if not any(True for place in places([folder]) for _ in place.rglob("events.out.tfevents.*")):
            raise ConfigError(f"{folder}: contains no runs with TensorBoard events; start one with dlx train")
    port = free_port(found.port)
    print(f"TensorBoard: http://{HOST}:{port}/  (press Ctrl-C to stop)", flush=True)
    code = "from tensorboard.main import run_main; run_main()"
    command = [*paths.python(code), "--host", HOST, "--port", str(port), *where(places(chosen))]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as board:
        signal.signal(signal.SIGTERM, lambda *_: board.terminate())
        with contextlib.suppress(KeyboardInterrupt):
            return board.wait()
        board.terminate()  # Ctrl-C is the usual way to stop, so it is not an error
    return 0


def port_of(text: str) -> int:
    """Return the port number that a text represents.

    Raises:
        ConfigError: The text is not a port number.
    """
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigError(f"--port: expected a number from 1 to 65535, got {text!r}")
    return int(text)


def free_port(wanted: int | None) -> int:
    """Return the requested port, or TensorBoard's default one, or any free one.

    Raises:
        ConfigError: The requested port is in use.
    """
    for port in [wanted] if wanted else [PORT, 0]:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise ConfigError(f"--port: {wanted} is in use; choose another, or leave --port out to use a free one")


def places(chosen: Sequence[Path]) -> list[Path]:
    """Return the chosen folders, and the runs that a chosen sweep reuses from elsewhere."""
    found = list(chosen)
    for folder in chosen:
        try:
            sweep = read_sweep(folder)
        except BrokenFileError as error:
            print(*map(plain, passed_over([error])), file=sys.stderr)
            continue
        for item in sweep["runs"] if sweep else []:
            run = Path(item["folder"])
            if run.is_dir() and not run.resolve().is_relative_to(folder.resolve()):
                found.append(run)
    return found


def where(shown: Sequence[Path]) -> list[str]:
    """Return TensorBoard's arguments: the log directory, or several of them by name."""
    if len(shown) == 1:
        return ["--logdir", str(shown[0])]
    names: dict[str, Path] = {}
    for folder in shown:
        name = folder.resolve().name
        names[name if name not in names else f"{folder.resolve().parent.name}_{name}"] = folder
    return ["--logdir_spec", ",".join(f"{name}:{folder}" for name, folder in names.items())]
