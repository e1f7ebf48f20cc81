"""CPU seconds until a command answers, beside the imports that it cannot do without.

    python benchmarks/startup.py [--times 5]

User and system time of a fresh process, the median of five. Exit code 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

DLX = [sys.executable, "-m", "dlx"]
HYDRA = [sys.executable, "-c", "import hydra"]
LIGHTNING = [sys.executable, "-c", "import lightning"]
TRAIN = ["train", "model=mlp", "dataset=digits", "trainer.max_epochs=1"]

# what is typed, what it is compared with, at most so many times as long
BOUNDS = [
    ([*DLX, "--help"], HYDRA, 2.0),
    ([*DLX, "axes"], HYDRA, 2.0),
    ([*DLX, "axes", "optimizer=adam"], HYDRA, 2.0),
    ([*DLX, "train", "--cfg", "job"], HYDRA, 3.0),
    ([*DLX, "completion", "--words", "bash", "dlx train model=lstm optim."], HYDRA, 3.0),
    ([*DLX, *TRAIN], LIGHTNING, 1.3),
]


def cpu_seconds(command: list[str], folder: str) -> float:
    """Run a command and return the user and system time that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(commands: list[list[str]], times: int) -> dict[tuple[str, ...], float]:
    """Return the median of each command; they take turns, so that a busy spell of the machine hits all alike."""
    taken: dict[tuple[str, ...], list[float]] = {tuple(command): [] for command in commands}
    with tempfile.TemporaryDirectory() as folder:
        for command in taken:
            cpu_seconds(list(command), folder)  # the first one compiles and fills the disk's cache
        for _ in range(times):
            for command, seconds in taken.items():
                seconds.append(cpu_seconds(list(command), folder))
    return {command: statistics.median(seconds) for command, seconds in taken.items()}


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    seconds = medians([command for row in BOUNDS for command in row[:2]], times)
    print(f"{'command':<58} {'CPU s':>6}  {'beside':<17} {'CPU s':>6} {'ratio':>6} {'bound':>6}")
    broken = 0
    for command, beside, bound in BOUNDS:
        ours, theirs = seconds[tuple(command)], seconds[tuple(beside)]
        broken += ours / theirs > bound
        mark = "  broken" if ours / theirs > bound else ""
        shown = "dlx " + " ".join(word if " " not in word else repr(word) for word in command[3:])
        print(f"{shown:<58} {ours:6.3f}  {beside[2]:<17} {theirs:6.3f} {ours / theirs:6.2f} {bound:6.1f}{mark}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
