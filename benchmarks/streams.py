"""Run every command of dlx with every kind of broken stream, and see that it ends as it does with whole ones.

    python benchmarks/streams.py
    python benchmarks/streams.py --only train,sweep --fresh

A folder of tiny runs is made once; each command is started in a copy of it, with its streams whole and then with each
of `BROKEN`. It must end with the same exit code, leave the same files and statuses of runs, and print no traceback.
Commands are forked from this process, which has imported everything; with `--fresh` each is a process of its own, which
takes several seconds. The exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TINY = "trainer.accelerator=cpu trainer.max_epochs=1 dataset.limit=64 dataset.batch_size=32 model.width=8"
SWEEP = f"train -m {TINY} optimizer=sgd,adam seed=0,1 hydra.sweep.dir"
TABLE = "dataset=csv dataset.path=table.csv dataset.target=kind"
CLAIM = f"claim 'test/loss: reg=dropout < reg=none' --seeds 3 {TINY}"
PREPARED = (
    f"train {TINY} hydra.run.dir=digits",
    f"train {TABLE} trainer.accelerator=cpu trainer.max_epochs=1 model.width=8 hydra.run.dir=table",
    f"{SWEEP}=whole",
    f"{SWEEP}=half",
    f"{SWEEP}=failed",
    "study run small",
    CLAIM,
)
# Name: the words of a command line, as they are typed in the folder.
COMMANDS: dict[str, str] = {
    "no command": "",
    "--help": "--help",
    "--version": "--version",
    "bad command": "tarin",
    "train": f"train {TINY} hydra.run.dir=new",
    "train, bad key": "train model.widht=3",
    "train, diverges": f"train {TINY} optimizer=sgd optimizer.lr=1e30 hydra.run.dir=new",
    "train --cfg": "train --cfg job",
    "train --info": "train --info defaults",
    "train --help": "train --help",
    "train -m": f"{SWEEP}=new",
    "train -m, pool": f"{SWEEP}=new hydra/launcher=pool hydra.launcher.n_jobs=2",
    "train -m, joblib": f"{SWEEP}=new hydra/launcher=joblib hydra.launcher.n_jobs=2",
    "train -m, reused": f"{SWEEP}=whole",
    "train experiment": "train experiment=small hydra.sweep.dir=new",
    "train, logger": f"train {TINY} logger=csv hydra.run.dir=new",
    "train, rich bar": f"train {TINY} callbacks=rich_progress_bar hydra.run.dir=new",
    "train job": "train job=convolution_arithmetic trainer.accelerator=cpu hydra.run.dir=new",
    "new": "new model mine",
    "data describe": "data describe table.csv dataset.target=kind",
    "axes": "axes",
    "axes optimizer=adam": "axes optimizer=adam",
    "study list": "study list",
    "study list --coverage": "study list --coverage",
    "study show": "study show he_30_layers",
    "study run": "study run small --again",
    "study check": "study check small",
    "study report": "study report small --output book.html",
    "show RUN": "show digits",
    "show --layers": "show --layers digits",
    "show OVERRIDE": "show model=cnn dataset=digits",
    "trace": "trace model=mlp",
    "trace RUN --output": "trace table --output picture",
    "claim": CLAIM,
    "ask": "ask 'does dropout help?'",
    "ask, Korean": "--lang ko ask '왜 ReLU?'",
    "read": "read article.txt",
    "report": "report whole",
    "report --format csv": "report whole --format csv",
    "report --plot": "report whole --plot curves --tests",
    "predict": "predict table table.csv",
    "predict -o": "predict table table.csv -o out.csv",
    "export": "export table",
    "explain": "explain table",
    "evaluate": "evaluate table",
    "resume, longer": "resume digits trainer.max_epochs=2",
    "resume SWEEP": "resume half",
    "sweep status": "sweep status failed",
    "sweep retry": "sweep retry failed",
    "completion bash": "completion bash",
    "completion zsh": "completion zsh",
    "board, no runs": "board experiments",
    "board": "board digits",
}
STOPPED = {COMMANDS["board"]: 10.0}  # what goes on until Ctrl-C, and the seconds until that
WHOLE = "whole"
# Kind: the streams 0, 1 and 2 that are not whole.
BROKEN: dict[str, dict[int, str]] = {
    "ascii": {1: "ascii", 2: "ascii"},
    "out closed": {1: "closed"},
    "out full": {1: "full"},
    "out | true": {1: "no reader"},
    "out | head -1": {1: "head"},
    "err closed": {2: "closed"},
    "err full": {2: "full"},
    "err | true": {2: "no reader"},
    "both full": {1: "full", 2: "full"},
    "both | true": {1: "no reader", 2: "no reader"},
    "all closed": {0: "closed", 1: "closed", 2: "closed"},
}
STUDY = """# @package _global_
# Two widths of a small network
defaults: [{override /model: mlp}, {override /dataset: digits}]
dataset: {limit: 64, batch_size: 32}
trainer: {max_epochs: 1, accelerator: cpu}
study:
  title: Wider is better
  question: Does width help?
  why: More units fit more functions.
  chapter: own
  seeds: 3
  axes: {model.width: [2, 16]}
  claims:
    - {metric: test/loss, at: {model.width: 16}, than: {model.width: 2}, expect: less, margin: 0, say: "{value} lower"}
hydra: {mode: MULTIRUN}
"""
TRACES = re.compile(rb"Traceback \(most recent|Exception ignored|Error in sys\.|a bug in dlx|lost sys\.std")
LASTS = 180  # seconds after which a command is killed


@dataclass
class Ended:
    """What a command has come to.

    Attributes:
        code: exit code; that of a signal is negative.
        left: each file that it left, with the status of a run in its summary.
        printed: what could be read of its stdout and stderr.
        faults: what is wrong, in words.
    """

    code: int
    left: dict[str, str]
    printed: list[bytes]
    faults: list[str] = field(default_factory=list)


def prepare(folder: Path, lines: Sequence[str] = PREPARED) -> None:
    """Make the runs, the table, the study and the article that the commands read.

    Args:
        folder: an empty folder.
        lines: the command lines that make the runs.

    Raises:
        SystemExit: A run could not be made.
    """
    rows = [f"{n % 7 / 7:.3f},{n % 5 / 5:.3f},{'ab'[n % 2]}" for n in range(60)]
    (folder / "table.csv").write_text("\n".join(["x,größe,kind", *rows, ""]), encoding="utf-8")
    (folder / "experiments").mkdir()
    (folder / "experiments" / "small.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "article.txt").write_text("ReLU reduces overfitting – always. Dropout helps.\n", encoding="utf-8")
    for line in lines:
        ended = run(line, folder, {}, fresh=False)
        if ended.code not in (0, 1):
            sys.exit(f"dlx {line}: exit code {ended.code}\n{b''.join(ended.printed).decode()}")
    for summary in (folder / "failed").glob("001-*/summary.json"):
        stored = json.loads(summary.read_text(encoding="utf-8"))
        broken = {**stored, "status": "failed", "error": "RuntimeError: made so"}
        summary.write_text(json.dumps(broken), encoding="utf-8")
    for run_folder in (folder / "half").glob("003-*"):
        shutil.rmtree(run_folder)


def run(line: str, folder: Path, broken: Mapping[int, str], fresh: bool) -> Ended:
    """Run a command in a folder with some of its streams broken, and wait for its end.

    Args:
        line: the words behind `dlx`, quoted as for a shell.
        folder: the working folder of the command.
        broken: the kind of each stream that is not whole.
        fresh: start a new interpreter; otherwise fork this one.
    """
    words = shlex.split(line)
    with tempfile.TemporaryDirectory() as place, opened(broken, Path(place)) as streams:
        environment = {"COLUMNS": "80", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        if "ascii" in broken.values():
            environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
        if (pid := os.fork()) == 0:
            become(words, folder, streams, environment, fresh)
        for descriptor in filter(None, streams.values()):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        code = end_of(pid, STOPPED.get(line, LASTS))
        printed = [(Path(place) / str(number)).read_bytes() for number in (1, 2)]
    return Ended(code, left_in(folder), printed)


@contextlib.contextmanager
def opened(broken: Mapping[int, str], place: Path) -> Iterator[dict[int, int | None]]:
    """Give the open file of each stream, None for one that is closed; whole ones are files below a folder."""
    streams: dict[int, int | None] = {}
    heads = []
    for number in (0, 1, 2):
        kind = broken.get(number, WHOLE)
        file = place / str(number)
        file.touch()
        if kind == "closed":
            streams[number] = None
        elif kind == "full":
            streams[number] = os.open("/dev/full", os.O_WRONLY)
        elif kind in ("no reader", "head"):
            reader, streams[number] = os.pipe()
            if kind == "head":
                heads.append(subprocess.Popen(["head", "-n", "1"], stdin=reader, stdout=subprocess.DEVNULL))
            os.close(reader)
        else:
            streams[number] = os.open(os.devnull, os.O_RDONLY) if number == 0 else os.open(file, os.O_WRONLY)
    try:
        yield streams
    finally:
        for head in heads:
            head.wait()


def become(
    words: Sequence[str], folder: Path, streams: Mapping[int, int | None], environment: Mapping[str, str], fresh: bool
) -> None:
    """Turn this forked process into a command, which then ends."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to it
    os.chdir(folder)
    os.environ.update(environment)
    sys.stdout.flush(), sys.stderr.flush()
    for number in (0, 1, 2):
        os.close(number)
    for number, descriptor in streams.items():
        if descriptor is not None:
            os.dup2(descriptor, number)
            os.close(descriptor)
    if fresh:
        os.execv(sys.executable, [sys.executable, "-m", "dlx", *words])
    code = 1
    try:
        encoding = environment.get("PYTHONIOENCODING", "utf-8")
        sys.stdin, sys.stdout, sys.stderr = (as_at_start(number, streams, encoding) for number in (0, 1, 2))
        sys.argv = ["dlx", *words]
        from dlx.cli.main import main

        code = main()
    except BaseException as error:
        import traceback

        with contextlib.suppress(OSError):
            os.write(2, "".join(traceback.format_exception(error)).encode())
        code = 99
    finally:
        os._exit(code)


def as_at_start(number: int, streams: Mapping[int, int | None], encoding: str) -> io.TextIOWrapper | None:
    """Return a standard stream as a new interpreter has it: strict, and None if the file is closed."""
    if streams[number] is None:
        return None
    raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
    buffered = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding=encoding, errors="backslashreplace" if number == 2 else "strict")


def end_of(pid: int, seconds: float) -> int:
    """Wait for a process, which gets a Ctrl-C after some seconds, and return its exit code; kill it if that is late."""
    began, asked = time.monotonic(), False
    while not (found := os.waitpid(pid, os.WNOHANG))[0]:
        lasts = time.monotonic() - began
        if lasts > seconds and not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if lasts > seconds + LASTS:
            os.killpg(pid, signal.SIGKILL)
            found = os.waitpid(pid, 0)
            break
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(found[1])


def left_in(folder: Path) -> dict[str, str]:
    """Return the files of a folder, those of events and of dates by a common name, and the status of each run."""
    left = {}
    for file in sorted(folder.rglob("*")):
        name = re.sub(r"tfevents\..*|\d{4}-\d\d-\d\d|\d\d-\d\d-\d\d", "*", str(file.relative_to(folder)))
        left[name] = json.loads(file.read_text("utf-8"))["status"] if file.name == "summary.json" else ""
    return left


def faults(kind: str, ended: Ended, whole: Ended) -> list[str]:
    """Return what differs from the command with whole streams, and what should not be printed, in words."""
    found = [] if ended.code == whole.code else [f"exit code {ended.code}, not {whole.code}"]
    for name in sorted(ended.left.keys() | whole.left.keys()):
        mine, other = ended.left.get(name, "missing"), whole.left.get(name, "missing")
        found += [] if mine == other else [f"{name}: {mine or 'there'}, not {other or 'there'}"]
    printed = b"".join(ended.printed)
    found += [f"printed {match[0].decode()!r}" for match in [TRACES.search(printed)] if match]
    if kind == "ascii":
        found += [] if printed.isascii() else ["printed more than ASCII"]
        found += ["printed nothing on stdout"] if whole.printed[0] and not ended.printed[0] else []
    return found


def try_all(
    commands: Mapping[str, str],
    kinds: Mapping[str, Mapping[int, str]],
    fresh: bool = False,
    lines: Sequence[str] = PREPARED,
) -> Iterator[tuple[str, Ended, dict[str, list[str]]]]:
    """Give each command with its end with whole streams, and its faults with each kind of broken ones.

    Args:
        commands: command lines by name.
        kinds: the streams that are broken, by name.
        fresh: start a new interpreter for each.
        lines: the command lines that make the runs which the commands read.
    """
    with tempfile.TemporaryDirectory(prefix="streams-") as place:
        prepared = Path(place) / "prepared"
        prepared.mkdir()
        prepare(prepared, lines)

        def once(line: str, broken: Mapping[int, str]) -> Ended:
            copy = Path(place) / "copy"
            shutil.copytree(prepared, copy, symlinks=True)
            try:
                return run(line, copy, broken, fresh)
            finally:
                shutil.rmtree(copy)

        for name, line in commands.items():
            whole = once(line, {})
            whole.faults = faults(WHOLE, whole, whole)
            yield name, whole, {kind: faults(kind, once(line, broken), whole) for kind, broken in kinds.items()}


def main() -> int:
    """Try all commands and print a table; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--only", default="", help="comma-separated beginnings of command lines")
    parser.add_argument("--kinds", default=",".join(BROKEN), help="comma-separated kinds of broken streams")
    parser.add_argument("--fresh", action="store_true", help="start a new interpreter for each")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if unknown := [kind for kind in kinds if kind not in BROKEN]:
        parser.error(f"no such kind: {', '.join(unknown)}; expected some of {', '.join(BROKEN)}")
    starts = tuple(options.only.split(","))
    commands = {name: line for name, line in COMMANDS.items() if name.startswith(starts)}
    import lightning  # noqa: F401  (forked commands inherit the imports)
    import torch.utils.tensorboard

    import dlx.run.run
    import dlx.sweep.start  # noqa: F401

    torch.set_num_threads(1)
    began, bad, tried = time.monotonic(), 0, 0
    print(f"{'':24}{WHOLE:>6}  " + "  ".join(kinds), flush=True)
    for name, whole, found in try_all(commands, {kind: BROKEN[kind] for kind in kinds}, options.fresh):
        cells = [f"{'FAULT' if found[kind] else 'ok':>{len(kind)}}" for kind in kinds]
        print(f"{name:24}{whole.code:>6}  " + "  ".join(cells), flush=True)
        for kind, wrong in {WHOLE: whole.faults, **found}.items():
            tried, bad = tried + 1, bad + bool(wrong)
            for text in wrong:
                print(f"    {kind}: {text}", flush=True)
    print(f"{tried} commands, {bad} with a fault; {time.monotonic() - began:.0f} s")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
