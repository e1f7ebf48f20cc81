"""A soak: thousands of runs in one process, with a look at its memory, its open files and its threads.

    python benchmarks/soak.py [--runs N]

Models, optimizers and regularizers take turns, and every tenth run diverges or fails. The growth of memory is that of
the resident set from run 200, when caches are full, to the last run. The exit code is 1 if memory grows by 50 MB or
more, or if open files or threads do not stay the same.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import itertools
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dlx.cli.main import main as dlx

FIRST, MOST_MB = 200, 50
TINY = ["trainer.max_epochs=1", "trainer.accelerator=cpu"]
SMALL = ["dataset.limit=64", "model.width=4"]
MODELS = (
    ["model=mlp", *SMALL],
    ["model=cnn", "dataset.limit=32"],
    ["model=lstm", "dataset.limit=32"],
    ["model=logistic", "dataset=iris"],
    ["model=linear", "dataset=diabetes"],
    ["model=mlp", *SMALL, "reg=[dropout,l2]"],
    ["model=mlp", *SMALL, "norm=batch"],
)
OPTIMIZERS = ("sgd", "adam", "momentum", "rmsprop", "adamw")
ENDS_BADLY = (["model=mlp", *SMALL, "optim=sgd", "optim.lr=1e30"], ["model=mlp", "optim.lr=-1"], ["model=nowhere"])


def megabytes() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def state() -> tuple[float, int, int]:
    """Return memory in MB, and the numbers of open files and of threads."""
    gc.collect()
    return megabytes(), len(os.listdir("/proc/self/fd")), threading.active_count()


def words(number: int) -> list[str]:
    """Return the arguments of a run by its number."""
    if number % 10 == 9:
        chosen = ENDS_BADLY[number // 10 % len(ENDS_BADLY)]
    else:
        model = MODELS[number % len(MODELS)]
        chosen = [*model, f"optim={OPTIMIZERS[number // len(MODELS) % len(OPTIMIZERS)]}"]
    return ["train", *chosen, *TINY, f"seed={number}"]


def main() -> int:
    """Train all runs, print the figures, and return 1 if something grows."""
    flags = argparse.ArgumentParser(description="Thousands of runs in one process.")
    flags.add_argument("--runs", type=int, default=2000)
    total = flags.parse_args().runs
    codes, began, first = Counter[int](), time.perf_counter(), state()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for number in itertools.count(1):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                codes[dlx(words(number))] += 1
            if number == min(FIRST, total // 2):
                first = state()
            if number % FIRST == 0 or number == total:
                memory, files, threads = state()
                print(f"{number:>6} runs  {memory:7.1f} MB  {files} files  {threads} threads", flush=True)
            if number == total:
                break
    memory, files, threads = state()
    grown = memory - first[0]
    ends = ", ".join(f"{count} with exit code {code}" for code, count in sorted(codes.items()))
    print(f"{total} runs ({ends}) in {time.perf_counter() - began:.0f} s: memory grew by {grown:.1f} MB")
    print(f"open files {first[1]} -> {files}, threads {first[2]} -> {threads}")
    return 1 if grown >= MOST_MB or (files, threads) > first[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
