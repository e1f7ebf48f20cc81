"""CPU time and peak memory of reading a table, beside pandas.read_csv, and of a whole run without epochs.

    python benchmarks/csv.py [--rows 1000000] [--columns 20]

Each measurement is a process of its own: the CPU time of its user and system side, and the peak of its memory, less
those of the same process with a small table. The reader may take `BOUND` times what pandas takes, a run that trains
nothing `RUN` times; exit code 1 otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
searched, sys.path[:] = sys.path[:], [place for place in sys.path if Path(place).resolve() != HERE]
if __name__ == "csv":  # a script beside this one has asked for the module of the standard library, which this one hides
    del sys.modules["csv"]
    import csv  # noqa: F401

    sys.path[:] = searched

import argparse  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402

BOUND, RUN = 2.0, 6.0
SMALL = 1000  # rows of the small table
WHAT = {
    "pandas": "import pandas; pandas.read_csv(path)",
    "dlx": (
        "from dlx.dataset.csv import CSV; "
        "CSV(path=path, target='y', features=None, target_kind='auto', delimiter='auto').load(0)"
    ),
    "run": (
        "from dlx.cli.main import main; assert 0 == main(['train', 'dataset=csv', 'dataset.path=' + path, "
        "'dataset.target=y', 'trainer.max_epochs=0', 'model=linear', 'trainer.accelerator=cpu', "
        "'hydra.run.dir=' + path + '.run'])"
    ),
}


def measured(what: str, path: Path) -> tuple[float, float]:
    """Return CPU seconds and peak memory in MB of a process that does one of `WHAT` with a file."""
    code = (
        f"import json, resource, sys; path = {str(path)!r}\n{WHAT[what]}\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, memory = json.loads(done.stderr.splitlines()[-1])
    return seconds, memory


def written(folder: Path, rows: int, columns: int) -> Path:
    """Write a table of random numbers and return its path."""
    import numpy as np
    import pandas as pd

    path = folder / f"{rows}.csv"
    names = [*(f"x{number}" for number in range(columns - 1)), "y"]
    pd.DataFrame(np.random.default_rng(0).normal(size=(rows, columns)), columns=names).to_csv(path, index=False)
    return path


def main() -> int:
    """Print the table and return the exit code."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--rows", type=int, default=1_000_000)
    flags.add_argument("--columns", type=int, default=20)
    wanted = flags.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        large, small = (written(Path(name), rows, wanted.columns) for rows in (wanted.rows, SMALL))
        for what in WHAT:
            found[what] = [of - less for of, less in zip(measured(what, large), measured(what, small), strict=True)]
    print(f"{wanted.rows} rows x {wanted.columns} columns, less {SMALL} rows")
    for what, (seconds, memory) in found.items():
        times = [of / by for of, by in zip(found[what], found["pandas"], strict=True)]
        print(f"{what:8} {seconds:8.2f} s {memory:8.0f} MB   {times[0]:5.2f} {times[1]:5.2f} times pandas")
    reader, by = found["dlx"], found["pandas"]
    good = reader[0] <= BOUND * by[0] and reader[1] <= BOUND * by[1] and found["run"][0] <= RUN * by[0]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
