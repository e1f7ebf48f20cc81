"""Several processes for one run (ddp, fsdp): the first one writes its folder, the others only train beside it.

Lightning would start the others from the words of the command line: each would compose, claim a folder and sweep by
itself. Here they read the run's configuration from its folder.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlx.files import read_json

PORTS = range(20000, 30000)


@contextmanager
def further_ranks(folder: Path, devices: int, resumed: bool) -> Iterator[None]:
    """Let processes for all devices but the first train the run of a folder beside the block."""
    if devices == 1 or "LOCAL_RANK" in os.environ:  # one is enough, or whoever started us starts the others
        yield
        return
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "NODE_RANK": "0", "WORLD_SIZE": str(devices)}
    command = [
        sys.executable,
        "-m",
        "dlx.training.distributed",
        str(folder.resolve()),
        *(["resumed"] if resumed else []),
    ]
    others = [
        subprocess.Popen(command, env={**os.environ, **common, "LOCAL_RANK": str(rank)}) for rank in range(1, devices)
    ]
    os.environ.update(common, LOCAL_RANK="0")
    try:
        yield
        for process in others:
            process.wait()
    finally:
        for name in (*common, "LOCAL_RANK"):
            os.environ.pop(name, None)
        leave_group()
        for process in others:
            process.kill()
            process.wait()


def leave_group() -> None:
    """Leave the group of processes: the next run of a sweep makes a new one."""
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def free_port() -> str:
    """Return a port that no one listens to, below those that a system gives away by itself.

    One of the latter may be given to another process before our first rank listens.

    Raises:
        OSError: all that were tried are taken.
    """
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))  # as the first rank binds it: to every address of the machine
            except OSError:
                continue
            return str(port)
    raise OSError("no free port was found for the processes of this run")


def train_beside(folder: Path, resumed: bool) -> None:
    """Train the run of a folder and write nothing; the first process decides when to stop."""
    from dlx.assembly.assemble import assemble
    from dlx.assembly.threads import threads
    from dlx.results.checkpoint import load_checkpoint
    from dlx.training.fit import fit, quiet_lightning
    from dlx.training.progress import Diverged, Interrupted
    from dlx.training.task import Task

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assembly = assemble(read_json(folder / "identity.json")["full_config"])
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt") if resumed else None
    with quiet_lightning(), threads(assembly.trainer.threads):
        task = Task(assembly, lambda task, row: None)
        if checkpoint is not None:
            task.restore(checkpoint)
        try:
            fit(task, folder)
        except (Interrupted, Diverged):
            return
        finally:
            leave_group()


if __name__ == "__main__":
    train_beside(Path(sys.argv[1]), "resumed" in sys.argv[2:])
