"""`dlx sweep`: what the runs of a sweep have come to, and training again those that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlx.cli.group import command_of
from dlx.cli.line import admit, folder_flags
from dlx.cli.text import Help
from dlx.errors import ConfigError

if TYPE_CHECKING:
    from dlx.sweep.state import Listed

HELP = Help(
    usage=["dlx sweep status SWEEP ...", "dlx sweep retry [--admit MODULE] SWEEP ..."],
    summary="Show how many runs of a sweep are finished, diverged, failed, interrupted, running, killed or left, and "
    "why they failed; train those that failed again.",
    sections={
        "commands": {
            "status": "count the runs by their state; name the first cause of each failure, its log, and runs that "
            "another version of the code has made",
            "retry": "train the failed runs again from the start, and no others; dlx resume completes the rest",
        },
        "examples": {
            "dlx sweep status outputs/sweeps/dropout": "what has become of a sweep, also while it runs elsewhere",
            "dlx sweep retry outputs/sweeps/dropout": "after the cause is mended",
        },
        "options": {
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=["The exit code of status is 1 if a run has failed or is broken, otherwise 0."],
)
MOST = 5  # runs that are named with one cause


def main(arguments: list[str]) -> int:
    """Run one of the commands for each sweep and return the exit code."""
    command, rest = command_of("sweep", arguments, COMMANDS, HELP)
    if not command:
        return 0
    found = folder_flags(f"sweep {command}").read(rest)
    admit(found.admit)
    if not found.words:
        raise ConfigError(f"dlx sweep {command}: expected the folder of a sweep, e.g. outputs/sweeps/<name>")
    return max(COMMANDS[command](Path(word)) for word in found.words)


def status(folder: Path) -> int:
    """Print the state of a sweep; return 1 if a run has failed."""
    from dlx.console import relative
    from dlx.sweep.state import STATES, listed

    runs = listed(folder)
    counts = Counter(each.state for each in runs)
    say(f"sweep {relative(folder)}: {len(runs)} runs")
    for state in STATES:
        if counts[state]:
            say(f"{counts[state]:6}  {state}")
    failures([each for each in runs if each.state == "failed"])
    others([each for each in runs if each.run is not None])
    for each in runs:
        if each.broken:
            say(each.broken)
    place = relative(folder)
    if counts["failed"]:
        say(f"next  dlx sweep retry {place}")
    if counts["interrupted"] + counts["killed"] + counts["left"] + counts["broken"]:
        say(f"next  dlx resume {place}")
    return int(counts["failed"] + counts["broken"] > 0)


def failures(failed: Sequence[Listed]) -> None:
    """Print each cause of failures with the runs that it ended, the most frequent one first.

    Files of a run are named below its folder, so that one cause in several runs is one.
    """
    from dlx.console import relative
    from dlx.sweep.state import first_cause

    causes: dict[str, list[Listed]] = {}
    for each in failed:
        said = each.run.summary.get("error") if each.run is not None else None
        cause = (first_cause(each.folder) or str(said)).replace(f"{relative(each.folder)}/", "")
        causes.setdefault(cause, []).append(each)
    for cause, runs in sorted(causes.items(), key=lambda item: -len(item[1])):
        say(f"failed ({len(runs)}): {cause}")
        for each in runs[:MOST]:
            say(f"        {relative(each.folder)}/dlx.log  {each.overrides}")
        if len(runs) > MOST:
            say(f"        and {len(runs) - MOST} more")


def others(runs: Sequence[Listed]) -> None:
    """Name the runs that another version of the code has made."""
    from dlx.console import relative
    from dlx.results.version import git_revision

    here = git_revision()
    made: dict[str, list[Listed]] = {}
    for each in runs:
        assert each.run is not None, "only runs that have begun are passed"
        if (version := str(each.run.summary.get("git"))) != str(here):
            made.setdefault(version, []).append(each)
    for version, found in made.items():
        names = ", ".join(relative(each.folder) for each in found[:MOST])
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        say(f"another version of the code ({version[:12]}; this one is {str(here)[:12]}): {names}{more}")


def retry(folder: Path) -> int:
    """Train the failed runs of a sweep again and return the exit code."""
    from dlx.cli import resume
    from dlx.console import relative
    from dlx.stored.sweep import read_sweep
    from dlx.sweep.state import listed

    runs, sweep = listed(folder), read_sweep(folder)
    assert sweep is not None, "otherwise it is refused"
    failed = [each for each in runs if each.state == "failed"]
    if not failed:
        say(f"{relative(folder)}: no run has failed; there is nothing to train again")
        return 0
    others([each for each in runs if each.run is not None])
    resume.check(folder)
    return resume.resume_sweep(folder, sweep, frozenset(each.run.identity for each in failed if each.run is not None))


def say(text: str) -> None:
    """Print a line; texts of a foreign run cannot control the terminal."""
    from dlx.console import console
    from dlx.results.escape import plain

    console.print(plain(text), highlight=False, markup=False, soft_wrap=True)


COMMANDS = {"status": status, "retry": retry}
