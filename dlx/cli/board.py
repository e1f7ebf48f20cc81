"""`dlx board`: open TensorBoard for runs and sweeps, on this machine only (127.0.0.1)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx import paths
from dlx.cli.board_columns import write_columns
from dlx.cli.line import folder_flags
from dlx.cli.text import Help
from dlx.errors import ConfigError
from dlx.results.escape import plain
from dlx.results.run_names import named, safely
from dlx.stored.read import BrokenFileError, passed_over
from dlx.stored.run import read_summary
from dlx.stored.sweep import read_sweep

HOST, PORT = "127.0.0.1", 6006
REFRESH = 5.0  # seconds between two searches for new runs
PINNED = 4  # learning curves on top of the page
ARM_OF_NAME = r"^(.*?)(?: seed=\d+)?$"  # runs whose names differ in the seed alone have the same color
# Names change with the runs that are shown, so that the faster reader, which does not follow links, is not used.
OPTIONS = ("--load_fast", "false", "--reload_interval", "5")
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
    notes=[
        "Runs are named by what differs (relu depth=20 seed=0) and colored by arm; the learning curves come first. "
        "With several sweeps or runs, the entry `.` names the columns of HPARAMS and has no curves."
    ],
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
    shown = places(chosen)
    with tempfile.TemporaryDirectory(prefix="dlx-board-") as view:
        first = link(shown, Path(view))
        write_columns(Path(view), shown, first)
        print(f"TensorBoard: {address(port, first)}  (press Ctrl-C to stop)", flush=True)
        return serve(port, Path(view), chosen)


def serve(port: int, view: Path, chosen: Sequence[Path]) -> int:
    """Run TensorBoard over a folder of links until it ends; runs that are added are linked too."""
    code = "from tensorboard.main import run_main; run_main()"
    command = [*paths.python(code), "--host", HOST, "--port", str(port), "--logdir", str(view)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen([*command, *OPTIONS], env=environment, stderr=subprocess.DEVNULL) as board:
        signal.signal(signal.SIGTERM, lambda *_: board.terminate())
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                try:
                    return board.wait(REFRESH)
                except subprocess.TimeoutExpired:
                    link(places(chosen), view)
        board.terminate()  # Ctrl-C is the usual way to stop, so it is not an error
    return 0


def link(shown: Sequence[Path], view: Path) -> list[Path]:
    """Link the runs in a folder by names that say what differs, those that are not linked yet; return all runs.

    Nothing in the folders of the runs is changed.
    """
    events = {file.parent for place in shown for file in place.rglob("events.out.tfevents.*")}
    runs = sorted(run for run in events if not events & set(run.parents))
    linked = {path.resolve() for path in view.rglob("*") if path.is_symlink()}
    for name, run in named(shown, runs).items():
        path = view / name
        if run.resolve() not in linked and not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(run.resolve(), target_is_directory=True)
    return runs


def address(port: int, runs: Sequence[Path]) -> str:
    """Return the address of TensorBoard's page: learning curves on top, runs in the color of their arm."""
    summaries = (safely(read_summary, run, None) for run in runs)
    info: Mapping[str, Any] = next((each["metric_info"] for each in summaries if each and each["metric_info"]), {})
    heads = [name for name, about in info.items() if about["headline"]]
    tags = ["train/loss", "val/loss", *(f"val/{name}" for name in heads)]
    pinned = json.dumps([{"plugin": "scalars", "tag": tag} for tag in tags[:PINNED]], separators=(",", ":"))
    query = urllib.parse.urlencode(
        {"pinnedCards": pinned, "runColorGroup": f"regex:{ARM_OF_NAME}"}, quote_via=urllib.parse.quote
    )
    return f"http://{HOST}:{port}/?{query}#timeseries"


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
