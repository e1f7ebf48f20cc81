"""The ledger of the looks at test splits, outputs/test_looks.json.

A model that is chosen by its test metric has a test metric that is too good, and more so the more models are compared
(Dwork et al. 2015). The ledger counts the evaluations on the test split of each data set, so that this can be seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dlx import paths
from dlx.files import write_json
from dlx.stored.looks import NAME, read_test_looks
from dlx.stored.read import BrokenFileError

WAIT = 10.0  # seconds for another process that writes the ledger


def look(folder: Path, dataset: str, data_hash: str) -> None:
    """Count an evaluation on the test split of a data set by the run in a folder.

    Runs outside of outputs/ are not counted. A ledger that is broken, or that another process does not give free, is
    left as it is: a run never fails for it.

    Args:
        folder: the folder of the run.
        dataset: the option of the group dataset.
        data_hash: the hash of the data.
    """
    from filelock import FileLock, Timeout

    outputs = paths.outputs()
    if not folder.resolve().is_relative_to(outputs.resolve()) or (outputs / f".{NAME}.lock").is_symlink():
        return
    with suppress(BrokenFileError, Timeout, OSError), FileLock(outputs / f".{NAME}.lock", timeout=WAIT):
        looks = read_test_looks(outputs)
        now = time.strftime("%Y-%m-%d %H:%M")
        former = looks.get(data_hash, {"looks": 0, "first": now})
        looks[data_hash] = {**former, "dataset": dataset, "looks": former["looks"] + 1, "last": now}
        write_json(outputs / NAME, {"schema": 1, "data": looks}, sync=False)


def looks_lines(summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each data set of some runs that says how often its test split has been looked at.

    There is none for a data set that was looked at once at most.
    """
    hashes = dict.fromkeys(each["data_hash"] for each in summaries if each["data_hash"])
    if not hashes:
        return []
    try:
        known = read_test_looks(paths.outputs())
    except BrokenFileError as error:
        return [f"{error}; remove it, and the looks at test splits are counted anew"]
    found = [known[key] for key in hashes if key in known]
    lines = [
        f"the test split of dataset={each['dataset']} has been looked at {each['looks']} times since "
        f"{each['first'][:10]}; choose by validation"
        for each in found
        if each["looks"] > 1
    ]
    return list(dict.fromkeys(lines))  # data that are drawn anew for each seed have a split each
