"""Compares what two revisions of dlx compute, to the last bit: for changes that must change nothing.

    python benchmarks/compare_revisions.py OLD NEW [--keep FOLDER] [--quick] [--jobs 2]

OLD and NEW are git revisions, or folders of a source tree; the word WORKTREE is the tree that this script lies in, with
what is not committed. `compare_cases.yaml` says what is run in each, on the CPU with one thread:

1. Runs and sweeps of every group, and studies in their smallest form. Compared are the exit codes, all of
   summary.json but times, memory, versions and messages, the cells of metrics.csv, the arrays of predictions.npz,
   the tensors of both checkpoints, which files there are, and the numbers and verdicts of result.json. What NEW adds
   is fine; what it lacks is a difference.
2. Folders that OLD has left, under the code of NEW: finished sweeps and studies are found and nothing in them is
   trained again; interrupted runs are resumed and end as OLD's uninterrupted ones; `dlx evaluate` finds every metric.

A line is printed for each difference: the case, what differs, OLD's value, NEW's value. ALLOWED names what may differ,
and why. With `--keep` the runs of a git revision stay in FOLDER, and later comparisons make only those that are not
there. A revision against itself is run twice: it tells whether the runs are repeatable.

The exit code is 0 where all is equal, 1 where something differs, 2 where the arguments cannot be used.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from compare_cases import Case, Command, read_cases, uncovered, write_data
from compare_outputs import differences, differences_of_runs, exit_codes, run_folders

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "benchmarks" / "compare_worker.py"
LONGEST = 12  # lines of one case
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONHASHSEED": "0", "COLUMNS": "200"}
MADE_WITH = "import json, platform, numpy, torch, lightning; print(json.dumps({'python': platform.python_version(), \
'torch': torch.__version__, 'numpy': numpy.__version__, 'lightning': lightning.__version__, \
'cpu': torch.backends.cpu.get_cpu_capability()}))"


@dataclass
class Side:
    """One of the two source trees, and the folder that its cases run in."""

    name: str
    tree: Path
    folder: Path
    seconds: float = 0.0
    fresh: int = 0

    def run(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Run tasks (see compare_worker.py) with the tree's code."""
        environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(self.tree)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        worker = [sys.executable, str(WORKER), str(self.tree)]
        subprocess.run(worker, input=json.dumps(tasks), text=True, env=environment, cwd=self.folder, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def place(self, case: Case) -> Path:
        """Return the folder of a case."""
        return self.folder / "cases" / case.name


@dataclass
class Score:
    """Counts what is equal and prints what is not."""

    equal: dict[str, int] = field(default_factory=dict)
    of: dict[str, int] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)

    def add(self, what: str, case: Case, found: Sequence[str]) -> None:
        """Take in a case's differences."""
        if case.allowed is not None:
            state = f"{len(found)} differences" if found else "equal"
            self.allowed.append(f"allowed to differ: {case.words}: {state} ({case.allowed})")
            return
        self.of[what] = self.of.get(what, 0) + 1
        self.equal[what] = self.equal.get(what, 0) + (not found)
        for line in found[:LONGEST]:
            print(f"{case.kind} {case.words}: {line}")
        if len(found) > LONGEST:
            print(f"{case.kind} {case.words}: and {len(found) - LONGEST} more")

    def conclude(self) -> int:
        """Print the counts and return the exit code."""
        print(*self.allowed, sep="\n")
        for what, word in (("runs", "equal"), ("studies", "equal"), ("old folders", "served")):
            print(f"{self.equal.get(what, 0)} of {self.of.get(what, 0)} {what} {word}")
        return 0 if self.equal == self.of else 1


def git(*words: str, where: Path = ROOT) -> str:
    """Run git and return what it prints."""
    return subprocess.run(["git", *words], cwd=where, check=True, capture_output=True, text=True).stdout.strip()


def make_side(word: str, parent: Path, taken: Path | None, stack: ExitStack, keep: bool) -> Side:
    """Return the side of a revision, with its tree checked out, or of a folder, with its files copied.

    Args:
        word: as it was typed.
        parent: where the side's folder is to lie.
        taken: the folder of the other side; a revision beside itself gets a new one.
        stack: what is to be undone at the end.
        keep: leave the tree.

    Raises:
        ValueError: there is no such revision or folder.
    """
    source = ROOT if word == "WORKTREE" else Path(word).expanduser()
    try:
        commit = git("rev-parse", "--verify", "--quiet", f"{word}^{{commit}}")
    except subprocess.CalledProcessError:
        if not (source / "dlx" / "__init__.py").is_file():
            raise ValueError(f"{word}: is no revision of {ROOT}, and no folder with the package dlx") from None
        folder = another(parent / ("copy-of" + re.sub(r"\W+", "-", str(source.resolve()))), taken)
        shutil.rmtree(folder, ignore_errors=True)
        copy_tree(source, folder / "tree")
        return Side(word, folder / "tree", folder)
    folder = another(parent / commit[:12], taken)
    if folder.name.endswith("-again"):
        shutil.rmtree(folder / "cases", ignore_errors=True)
    if not (folder / "tree" / "dlx").is_dir():
        git("worktree", "prune")
        git("worktree", "add", "--detach", "--force", str(folder / "tree"), commit)
    if not keep:
        stack.callback(git, "worktree", "remove", "--force", str(folder / "tree"))
    return Side(word, folder / "tree", folder)


def another(folder: Path, taken: Path | None) -> Path:
    """Return a folder, or one beside it where it is taken."""
    return folder.with_name(f"{folder.name}-again") if folder == taken else folder


def copy_tree(source: Path, tree: Path) -> None:
    """Copy the files of a source tree but for those that git ignores; it may change while its runs are made."""
    for file in git("ls-files", "-co", "--exclude-standard", where=source).splitlines():
        if (source / file).is_file():
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / file, tree / file)


def check_versions(side: Side) -> None:
    """Refuse runs that other libraries or another processor have made: they may differ in the last bit.

    Raises:
        ValueError: names what differs.
    """
    now = json.loads(subprocess.run([sys.executable, "-c", MADE_WITH], check=True, capture_output=True).stdout)
    file = side.folder / "made_with.json"
    if not file.exists():
        file.write_text(json.dumps(now))
    former = json.loads(file.read_text())
    if former != now:
        raise ValueError(f"{side.folder}: was made with {former}, here is {now}; remove it")


def make_cases(side: Side, cases: Sequence[Case], jobs: int) -> None:
    """Run the cases that are not yet there; each has a folder of its own, with the small files that some read."""
    tasks = []
    for case in cases:
        folder = side.place(case)
        if not (folder / "outcome.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            write_data(folder)
            tasks.append(task_of(case, folder, case.commands, "output", jobs))
    tasks.sort(key=lambda task: (-task["side_by_side"], "study" not in task["commands"][0][0]))  # the long ones first
    side.fresh = len(tasks)
    if tasks:
        side.run(tasks)


def task_of(case: Case, folder: Path, commands: Sequence[Command], output: str, jobs: int) -> dict[str, Any]:
    """Return commands as compare_worker.py takes them; those that start processes themselves run alone."""
    alone = "ddp" in case.words or "launcher" in case.words
    names = {"output": output, "outcome": "outcome.json" if output == "output" else f"{output}.json"}
    return {"folder": str(folder), "commands": commands, "side_by_side": 1 if alone else jobs, **names}


def again(case: Case, old: Path) -> list[Command]:
    """Return the commands that NEW is given on what OLD has left of a case."""
    if case.kind == "interrupted":
        return [(("resume", "stopped"), None)]
    if case.kind == "sweep":
        return [*case.commands, (("report", "sweep"), None)]
    if case.kind == "study":
        return list(case.commands)
    return [(("evaluate", run.name), None) for run in run_folders(old) if can_be_evaluated(run)]


def can_be_evaluated(run: Path) -> bool:
    """Tell whether a run has finished and left the checkpoint that its metrics are of."""
    summary = json.loads((run / "summary.json").read_text())
    weights = run / "checkpoints" / f"{summary['config']['trainer.test_weights']}.ckpt"
    return summary["status"] == "finished" and summary["job"] == "train" and weights.exists()


def serve(old: Side, new: Side, cases: Sequence[Case], jobs: int, score: Score) -> None:
    """Give copies of OLD's folders to NEW's code."""
    served = new.folder / "served"
    shutil.rmtree(served, ignore_errors=True)
    given = {case: commands for case in cases if case.allowed is None and (commands := again(case, old.place(case)))}
    for case in given:
        shutil.copytree(old.place(case), served / case.name)
        move_sweeps(served / case.name)
    new.run([task_of(case, served / case.name, commands, "served", jobs) for case, commands in given.items()])
    for case in given:
        found = badly_served(case, old.place(case), served / case.name)
        score.add("old folders", case, [f"OLD's folder under NEW: {line}" for line in found])


def move_sweeps(folder: Path) -> None:
    """Tell the sweeps in the copy of a case's folder where their runs lie now: they know absolute paths."""
    for file in folder.rglob("sweep.json"):
        sweep = json.loads(file.read_text())
        for run in sweep["runs"]:
            run["folder"] = str(folder / run["folder"].rpartition("/cases/")[2].partition("/")[2])
        file.write_text(json.dumps(sweep))


def badly_served(case: Case, before: Path, after: Path) -> Iterator[str]:
    """Yield what is wrong with a folder of OLD that NEW was given."""
    codes = exit_codes(after, "served.json")
    expected = exit_codes(before) if case.kind == "study" else [0] * max(1, len(codes))
    if codes != expected:
        said = [text.strip() for file in after.glob("served*.txt") for text in file.open() if text.startswith("dlx: ")]
        yield f"exit codes: {expected} {codes} {' '.join(said)}"
    elif case.kind == "run":
        for number in range(len(codes)):
            if not re.search(r"all \d+ metrics (equal|match)", (after / f"served{number}.txt").read_text()):
                yield f"dlx evaluate {number} does not say that all metrics are equal"
    elif case.kind == "interrupted":
        yield from differences_of_runs(before / "straight", after / "stopped")
    else:
        yield from trained_again(before, after)
        yield from differences(before, after)


def trained_again(before: Path, after: Path) -> Iterator[str]:
    """Yield the files of finished runs that were written, and runs that were added."""
    old, new = ({run.relative_to(folder) for run in run_folders(folder)} for folder in (before, after))
    for run in sorted(new - old):
        yield f"{run}: was trained, though OLD has left its equal"
    for run in sorted(old & new):
        for file in sorted(path for path in (before / run).rglob("*") if path.is_file()):
            now = after / file.relative_to(before)
            if not now.exists() or now.stat().st_mtime_ns != file.stat().st_mtime_ns:
                yield f"{file.relative_to(before)}: was written again"


def compare(old: Side, new: Side, cases: Sequence[Case], jobs: int) -> int:
    """Run, compare, print, and return the exit code."""
    for side in (old, new):
        check_versions(side)
        make_cases(side, cases, jobs)
        took = f"{side.seconds:.0f} s of CPU"
        print(f"{side.name}: {side.fresh} of {len(cases)} cases run ({took}), the others were kept")
    if missing := uncovered(new.tree, read_cases(quick=False)):
        print("options of conf/ that no case names:", *missing)
    score = Score()
    for case in cases:
        found = list(differences(old.place(case), new.place(case)))
        score.add("studies" if case.kind == "study" else "runs", case, found)
    before = new.seconds
    serve(old, new, cases, jobs, score)
    print(f"{old.name}'s folders under {new.name}: {new.seconds - before:.0f} s of CPU")
    return score.conclude()


def main() -> int:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD", help="git revision, or folder of a source tree")
    parser.add_argument("new", metavar="NEW", help="the same, or WORKTREE")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where the runs of git revisions stay")
    parser.add_argument("--quick", action="store_true", help="fewer than half of the cases")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side (default 2)")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    with ExitStack() as stack:
        keep = arguments.keep is not None
        parent = arguments.keep.resolve() if keep else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        parent.mkdir(parents=True, exist_ok=True)
        try:
            old = make_side(arguments.old, parent, None, stack, keep)
            new = make_side(arguments.new, parent, old.folder, stack, keep)
            return compare(old, new, read_cases(arguments.quick), arguments.jobs)
        except ValueError as error:
            print(f"compare_revisions: {error}", file=sys.stderr)
            return 2
        except subprocess.CalledProcessError as error:
            print(f"compare_revisions: {error.cmd[1]} has failed", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
