"""Runs cases with the dlx of one source tree; `compare_revisions.py` starts it, with the tree first on PYTHONPATH.

    python benchmarks/compare_worker.py TREE < tasks.json

A task is a folder, commands of dlx that run in it one after another, and how many tasks may run side by side. Starting
Python with Lightning takes seconds, so everything is imported once; each command then runs in a fork, which no other
one can disturb. What a command prints goes to `output0.txt`, `output1.txt`, ...; the exit codes to `outcome.json`,
which is written last.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

WARM_UP = "train model.width=4 dataset.limit=64 diagnostics=full trainer.max_epochs=1 trainer.accelerator=cpu"
CRASHED = 99


def forked(function: Callable[[], int]) -> int:
    """Start a function in a fork of this process and return the fork's number."""
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        code = CRASHED
        try:
            code = function()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return number


def exit_code(number: int) -> int:
    """Wait for a fork and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def interrupt_after(steps: int) -> None:
    """Send this process the signal of Ctrl-C when the optimizer has made so many steps."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    made = 0

    def count(*_: Any) -> None:
        nonlocal made
        made += 1
        if made == steps:
            signal.raise_signal(signal.SIGINT)

    register_optimizer_step_post_hook(count)


def command(words: list[str], folder: Path, output: Path, steps: int | None) -> int:
    """Run one command of dlx as if it had been typed in a folder, and return its exit code."""
    from dlx.cli.main import main

    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    sys.argv = ["dlx", *words]
    if steps is not None:
        interrupt_after(steps)
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


def do(task: dict[str, Any]) -> int:
    """Run the commands of a task and write their exit codes."""
    folder = Path(task["folder"])
    codes = []
    for number, (words, steps) in enumerate(task["commands"]):
        output = folder / f"{task['output']}{number}.txt"
        codes.append(exit_code(forked(partial(command, words, folder, output, steps))))
    (folder / task["outcome"]).write_text(json.dumps({"commands": task["commands"], "codes": codes}, indent=1))
    return 0


def import_what_a_run_imports() -> None:
    """Find out in a fork which modules a small run imports, and import them here; nothing else of it stays."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run() -> int:
            code = command([*WARM_UP.split(), "hydra.run.dir=run"], folder, folder / "output.txt", None)
            (folder / "modules.json").write_text(json.dumps(list(sys.modules)))
            return code

        if exit_code(forked(run)) != 0:
            print(f"the warm-up fails:\n{(folder / 'output.txt').read_text()}", file=sys.stderr)
        if (folder / "modules.json").exists():
            for module in json.loads((folder / "modules.json").read_text()):
                with contextlib.suppress(Exception):
                    importlib.import_module(module)


def main() -> int:
    """Do all tasks, some of them side by side."""
    import dlx

    tree = Path(sys.argv[1]).resolve()
    assert Path(dlx.__file__).resolve().is_relative_to(tree), f"{dlx.__file__} is not the dlx of {tree}"
    import_what_a_run_imports()
    gc.freeze()  # a collection in a fork would copy all memory
    running: set[int] = set()
    for task in json.load(sys.stdin):
        while len(running) >= task["side_by_side"]:
            running.discard(os.wait()[0])
        running.add(forked(partial(do, task)))
    while running:
        running.discard(os.wait()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
