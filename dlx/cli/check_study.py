"""dlx study check: does a verdict keep on seeds that were never used before?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from dlx.cli.run_studies import Outcome, run_studies
from dlx.cli.study_line import Words
from dlx.study.read.shelf import read_study
from dlx.sweep.cells import SEED

FRESH = 1000  # fresh seeds start here
console = Console()


def check_studies(names: Sequence[str], words: Words) -> int:
    """Run each study at its own seeds and at fresh ones, and list the claims whose verdict changes.

    Returns:
        1 where a verdict changes or is not the expected one, else 0.
    """
    own = run_studies(names, words)
    fresh: list[Outcome] = []
    for name in names:
        seeds = len(read_study(name).axes[SEED])
        fresh += run_studies([name], replace(words, seeds=list(range(FRESH, FRESH + seeds))))
    changed = 0
    for first, second in zip(own, fresh, strict=True):
        for number, (a, b) in enumerate(zip(first.claims, second.claims, strict=False)):
            if a != b:
                changed += 1
                console.print(
                    f"{first.name}: study.claims[{number}]: {a} at its own seeds, {b} at fresh ones", highlight=False
                )
    console.print(f"{len(names)} studies at two sets of seeds: {changed} verdicts of claims changed", highlight=False)
    return 1 if changed or any(outcome.code for outcome in (*own, *fresh)) else 0
