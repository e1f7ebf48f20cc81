"""Distributed training (ddp, fsdp): the first process writes the folder of the run, the others only train.

Lightning would start the other processes with the same command line, and each would compose its own configuration,
create a folder and sweep. Here they read the configuration from the folder of the run.
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

from dlx import paths
from dlx.stored.run import read_identity

PORTS = range(20000, 30000)


@contextmanager
def further_ranks(folder: Path, devices: int, resumed: bool) -> Iterator[None]:
    """Start a process for each further device, which trains the run of a folder while the block trains it here."""
    if devices == 1 or "LOCAL_RANK" in os.environ:  # a single device, or the launcher (torchrun) starts all processes
        yield
        return
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "NODE_RANK": "0", "WORLD_SIZE": str(devices)}
    code = f"from {__name__} import main; main()"
    command = [*paths.python(code), str(folder.resolve()), *(["resumed"] if resumed else [])]
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
    """Leave the process group; the next run of a sweep creates a new one."""
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def free_port() -> str:
    """Return a free port below the range of ephemeral ports.

    The system could assign an ephemeral port to another process before the first rank listens on it.

    Raises:
        OSError: All ports that were tried are in use.
    """
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))  # on every address of the machine, as the first rank does
            except OSError:
                continue
            return str(port)
    raise OSError("no free port was found for the processes of this run")


def train_beside(folder: Path, resumed: bool) -> None:
    """Train the run of a folder without writing anything; the first process decides when to stop."""
    from dlx.assembly.assemble import assemble
    from dlx.assembly.threads import threads
    from dlx.results.checkpoint import load_checkpoint
    from dlx.training.fit import fit, quiet_lightning
    from dlx.training.progress import Diverged, Interrupted
    from dlx.training.task import Task

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recorded = read_identity(folder)
    assert recorded is not None, "the first process has written it"
    assembly = assemble(recorded["full_config"])
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


def main() -> None:
    """Train in a process of its own; its arguments are the folder of the run, and `resumed` if it continues."""
    train_beside(Path(sys.argv[1]), "resumed" in sys.argv[2:])
