"""Kill runs and sweeps at random moments, resume them until they are complete, and compare them bit for bit.

    python benchmarks/faults.py --kills 30
    python benchmarks/faults.py --kills 10 --cases pool,joblib --seed 7

Each trial starts one command of `CASES` in a new folder, kills it at a random moment by a random signal, starts it
again, and so on; the last start runs to the end. Some of the commands are fresh processes, the others are forked from
this one, which has imported everything, so that more kills fall into the training. A signal goes to the first process
alone (as from `kill`) or to all of them (as from a terminal, or when the memory of a container is exceeded).

At the end, each run must equal that of a command that was never killed: status, metrics, rows of metrics.csv,
TensorBoard's scalars (each step once), predictions, and all weights, those of the optimizer included. A run that had
finished before a kill must not have been trained again, and no worker may outlive its parent. The exit code is 1 if
anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["OMP_NUM_THREADS"] = "1"

BASE = ("trainer.accelerator=cpu", "dataset.limit=300", "dataset.batch_size=32", "optimizer=sgd", "optimizer.lr=0.05")
RICH = ("optimizer.momentum=0.9", "scheduler=cosine", "regularizer=[dropout,l2]", "normalization=batch")
SHORT = (*BASE, "trainer.max_epochs=30", "model.width=16", "hydra.sweep.dir=sweep")
CASES: dict[str, tuple[str, ...]] = {
    "single": (*BASE, *RICH, "trainer.max_epochs=200", "model.width=16", "hydra.run.dir=run"),
    "recurrent": (
        *BASE[:3], "model=gru", "dataset=digits", "optimizer=adam", "trainer.max_epochs=25", "diagnostics=gradients",
        "hydra.run.dir=run",
    ),
    "sweep": ("-m", *SHORT, "regularizer=dropout,l2", "seed=0,1,2"),
    "pool": ("-m", *SHORT, *RICH[:2], "seed=range(8)", "hydra/launcher=pool", "hydra.launcher.n_jobs=2"),
    "joblib": ("-m", *SHORT, "model.depth=1,2", "seed=0,1", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
}  # fmt: skip
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
KILLS = 8  # the most kills of one trial
FRESH = 0.25  # the share of commands that are fresh processes
PATIENCE = 60  # seconds after which workers have noticed that their parent is gone
MOST_STARTS = 40  # without a kill; a trial that is not complete then is given up
KEPT = ("status", "metrics", "best", "baseline", "epochs", "steps", "parameters", "identity", "data_hash")


class Process:
    """A `dlx` command in a process group of its own, fresh or forked from this process."""

    def __init__(self, arguments: Sequence[str], folder: Path, fresh: bool) -> None:
        self.log = folder / "output.txt"
        if fresh:
            with self.log.open("ab") as log:
                self.pid = subprocess.Popen(
                    [sys.executable, "-m", "dlx", *arguments],
                    cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log, start_new_session=True, preexec_fn=hear,
                ).pid  # fmt: skip
        else:
            self.pid = os.fork()
            if self.pid == 0:
                become(arguments, folder, self.log)
        self.code: int | None = None

    def ended(self) -> bool:
        """Return True if the first process has ended."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the first process; return False if the time is over before."""
        until = time.monotonic() + seconds
        while not self.ended() and time.monotonic() < until:
            time.sleep(0.01)
        return self.ended()

    def send(self, number: int, to_all: bool) -> None:
        """Send a signal to the first process, or to all of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number) if to_all else os.kill(self.pid, number)


def hear() -> None:
    """Listen to Ctrl-C and to a closed terminal, to which a job in the background is started deaf."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def become(arguments: Sequence[str], folder: Path, log: Path) -> None:
    """Run a command in this forked process, which then ends."""
    code = 1
    try:
        os.setsid()
        hear()
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(ROOT)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        from dlx.cli.main import main

        code = main(list(arguments))
    except KeyboardInterrupt:
        code = 130
    finally:
        sys.stdout.flush()
        os._exit(code)


@dataclass
class Trial:
    """One command that is killed and resumed until it is complete.

    Attributes:
        case: key of `CASES`.
        kills: signals by which it was killed, in order, and whether they went to all processes.
        starts: number of starts.
        faults: what went wrong, in words.
    """

    case: str
    kills: list[tuple[str, bool]] = field(default_factory=list)
    starts: int = 0
    faults: list[str] = field(default_factory=list)


def kill_and_resume(case: str, folder: Path, wanted: int, lasts: float, draw: random.Random) -> Trial:
    """Start a command in a folder, kill it until it has been killed as often as wanted, and let it end.

    Args:
        case: key of `CASES`.
        folder: an empty folder.
        wanted: number of kills.
        lasts: seconds that the command takes; it is killed within them.
        draw: draws the moments and the signals.
    """
    trial, done, started = Trial(case), dict[str, tuple[int, bytes]](), list[Process]()
    for _ in range(MOST_STARTS + wanted):
        process = Process(command_of(case, folder), folder, draw.random() < FRESH)
        started.append(process)
        killing = len(trial.kills) < wanted
        if not process.wait(draw.uniform(0, 1.1 * lasts) if killing else 60 + 20 * lasts):
            number, to_all = draw.choice(SIGNALS) if killing else signal.SIGKILL, draw.random() < 0.5 or not killing
            process.send(number, to_all)
            if killing:
                trial.kills.append((signal.Signals(number).name, to_all))
            else:
                trial.faults.append("did not end")
            if not process.wait(60):
                trial.faults.append(f"did not end within a minute of {signal.Signals(number).name}")
                process.send(signal.SIGKILL, True)
                process.wait(60)
        elif process.code == 0:
            break
        elif process.code == 2 and "another process is running this sweep" in process.log.read_text()[-500:]:
            time.sleep(0.2)  # the workers of a killed process need a moment to notice
        else:
            trial.faults.append(f"exit code {process.code}: {last_line(process.log)}")
            break
        trial.faults += again(done, done := finished(folder))
    else:
        trial.faults.append("did not become complete")
    trial.starts = len(started)
    trial.faults += orphans(started)
    trial.faults += again(done, finished(folder))
    if (
        found := re.search(r"Traceback.*?/dlx/.*?\n\S.*?\n", (folder / "output.txt").read_text(), re.DOTALL)
    ) is not None:
        trial.faults.append(f"a traceback: {found[0][-300:]!r}")
    return trial


def orphans(started: Sequence[Process]) -> list[str]:
    """Wait until no worker of ended processes lives, and return how many went on all the same, in words; end these."""
    until, found = time.monotonic() + PATIENCE, []
    for process in started:
        while (left := members(process.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        if left:
            found.append(f"{len(left)} workers outlived their parent by {PATIENCE} seconds")
            process.send(signal.SIGKILL, to_all=True)
    return found


def members(group: int) -> list[int]:
    """Return the living processes of a group; none on systems without /proc."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, _, own = file.read_text().rpartition(")")[2].split()[:3]
            found += [int(file.parent.name)] if int(own) == group and state not in "ZX" else []
    return found


def command_of(case: str, folder: Path) -> list[str]:
    """Return the command that starts or resumes a case: `dlx resume` for a single run that has left something."""
    if (folder / "run" / "identity.json").is_file():
        return ["resume", "run"]
    return ["train", *CASES[case]]


def last_line(log: Path) -> str:
    """Return the last line of a log."""
    return (log.read_text().strip().splitlines() or [""])[-1]


def run_folders(folder: Path) -> dict[str, Path]:
    """Return the folders of the runs of a command by name."""
    return {str(file.parent.relative_to(folder)): file.parent for file in sorted(folder.rglob("summary.json"))}


def finished(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return time and content of the summary of each finished run; both change if the run is trained again."""
    found = {}
    for name, place in run_folders(folder).items():
        file = place / "summary.json"
        content = file.read_bytes()
        if json.loads(content)["status"] == "finished":
            found[name] = (file.stat().st_mtime_ns, content)
    return found


def again(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the runs that were trained again although they had finished, in words."""
    return [f"{name} was trained again" for name, value in before.items() if after.get(name) != value]


def left_behind(folder: Path) -> dict[str, Any]:
    """Return what two runs must have in common."""
    from dlx.results.checkpoint import load_checkpoint

    summary = json.loads((folder / "summary.json").read_text())
    summary["metrics"] = {name: value for name, value in summary["metrics"].items() if "seconds" not in name}
    last, best = (load_checkpoint(folder / "checkpoints" / f"{name}.ckpt") for name in ("last", "best"))
    assert last is not None, "a run leaves last.ckpt"
    last["dlx"]["progress"].pop("seconds")
    del last["dlx"]["random"], last["dlx"]["generator"]  # a resumed epoch without noise draws none
    return {
        "summary": {key: summary[key] for key in KEPT},
        "metrics.csv": (folder / "metrics.csv").read_bytes(),
        "TensorBoard": scalars(folder),
        "predictions": (folder / "predictions.npz").read_bytes(),
        "last.ckpt": last,
        "best.ckpt": best,
        "unfinished files": [file.name for file in folder.rglob("*.partial")],
    }


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return steps and values of each scalar that TensorBoard shows."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={SCALARS: 0}).Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in sorted(found.Tags()["scalars"])}


def same(a: Any, b: Any) -> bool:
    """Return True if nested containers and tensors are equal bit for bit."""
    import torch

    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) or (a != a and b != b)


def compare(straight: Path, folder: Path) -> list[str]:
    """Return what differs between the runs of two folders, in words."""
    ours, theirs = run_folders(folder), run_folders(straight)
    faults = [f"{name} is lost" for name in theirs if name not in ours]
    faults += [f"{name} is a further run" for name in ours if name not in theirs]
    for name in sorted(ours.keys() & theirs.keys()):
        try:
            a, b = left_behind(theirs[name]), left_behind(ours[name])
        except Exception as error:
            faults.append(f"{name}: {type(error).__name__}: {error}")
            continue
        faults += [f"{name}: {what} differs" for what in a if not same(a[what], b[what])]
    return faults


def straight_runs(cases: Sequence[str], folder: Path) -> dict[str, float]:
    """Run each case without a kill, and return the seconds that it takes."""
    seconds = {}
    for case in cases:
        (folder / case).mkdir()
        began = time.monotonic()
        process = Process(command_of(case, folder / case), folder / case, fresh=False)
        if not process.wait(600) or process.code != 0:
            process.send(signal.SIGKILL, True)
            sys.exit(f"{case}: exit code {process.code}: {last_line(process.log)}")
        seconds[case] = time.monotonic() - began
    return seconds


def trials(cases: Sequence[str], kills: int, draw: random.Random, say: Callable[[str], None]) -> list[Trial]:
    """Make trials of the cases in turn until there have been so many kills; folders with faults are kept."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    straight = folder / "straight"
    straight.mkdir()
    seconds = straight_runs(cases, straight)
    say("  ".join(f"{case} {value:.1f} s" for case, value in seconds.items()))
    made: list[Trial] = []
    while (count := sum(len(trial.kills) for trial in made)) < kills:
        case = cases[len(made) % len(cases)]
        place = folder / f"{len(made):03d}-{case}"
        place.mkdir()
        trial = kill_and_resume(case, place, min(draw.randint(1, KILLS), kills - count), seconds[case], draw)
        trial.faults += compare(straight / case, place)
        made.append(trial)
        killed = " ".join(f"{name}{'*' * to_all}" for name, to_all in trial.kills)
        say(f"{place}: {trial.starts} starts, {killed or 'no kill'}" + "".join(f"\n  FAULT {f}" for f in trial.faults))
        if not trial.faults:
            shutil.rmtree(place)
    if not any(trial.faults for trial in made):
        shutil.rmtree(folder)
    return made


def table(made: Sequence[Trial]) -> str:
    """Return the kills by case and signal, and the trials with a fault."""
    names = [number.name for number in SIGNALS]
    lines = [["", "trials", "starts", "kills", *names, "to all", "faults"]]
    for case in [*dict.fromkeys(trial.case for trial in made), "all"]:
        own = [trial for trial in made if case in (trial.case, "all")]
        kills = [kill for trial in own for kill in trial.kills]
        counts = Counter(name for name, _ in kills)
        numbers = [len(own), sum(trial.starts for trial in own), len(kills), *(counts[name] for name in names)]
        numbers += [sum(to_all for _, to_all in kills), sum(len(trial.faults) for trial in own)]
        lines.append([case, *map(str, numbers)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main() -> int:
    """Make the trials and print the table; return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--kills", type=int, default=30, help="number of kills")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments and the signals")
    parser.add_argument("--cases", default=",".join(CASES), help="comma-separated cases")
    options = parser.parse_args()
    cases = options.cases.split(",")
    if unknown := [case for case in cases if case not in CASES]:
        parser.error(f"no such case: {', '.join(unknown)}; expected some of {', '.join(CASES)}")
    import lightning  # noqa: F401  (forked commands inherit the imports)
    import torch.utils.tensorboard

    import dlx.run.run
    import dlx.sweep.start  # noqa: F401

    torch.set_num_threads(1)
    logging.getLogger("tensorboard").setLevel(logging.ERROR)  # it tells of each restart
    began = time.monotonic()
    made = trials(cases, options.kills, random.Random(options.seed), lambda text: print(text, flush=True))
    print(f"\n{table(made)}\n{time.monotonic() - began:.0f} s; * the signal went to all processes")
    return int(any(trial.faults for trial in made))


if __name__ == "__main__":
    sys.exit(main())
