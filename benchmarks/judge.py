"""Simulate studies whose truth is known, and count how often the judge of dlx is wrong and how often it decides.

    python benchmarks/judge.py            1,000 studies a cell, less than 5 minutes on one thread
    python benchmarks/judge.py --full     4,000 studies a cell
    python benchmarks/judge.py --studies 60   a short form, which runs among the tests

Asked is: with the truth on the border of a claim, a study with n >= 5 has a wrong verdict in at most 7 % (5 % are
stated; both `holds` and `refuted` count as wrong, and one wrong claim of several is enough); on normal data the power
is at least 90 % of that of the paired t test, or of two one-sided t tests for equality, on the same data at 5 %; with
20 seeds and an effect of two standard deviations, at least 60 % of the studies of skewed, tied and failing runs are
decided. Rows named `not promised` show where these promises end. The exit code is 1 if a promise is not kept; with
fewer than 4,000 studies, by more than two Monte Carlo standard errors.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))

from judge_cells import BEYOND, CELLS, LEVEL, POWER, Cell, Known

from dlx.results.runs import Run
from dlx.study.judge.grid import Grid
from dlx.study.judge.judge import judge_claims
from dlx.study.judge.looks import SHARES
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim
from dlx.study.read.claims import claims_of
from dlx.study.read.names import Names
from dlx.sweep.cells import ARM, SEED, study_axes

MOST, LEAST_POWER, LEAST_DECIDED = 0.07, 0.9, 0.6
FROM = 5  # the promises begin at this number of seeds
FULL = 4000  # studies a cell
MORE = 200  # the most seeds after another look


@dataclass(frozen=True)
class Figures:
    """What a cell came to.

    Attributes:
        cell: the cell.
        n: number of seeds.
        holds: share of studies with a claim that holds.
        refuted: share of studies with a claim that is refuted.
        decided: share of studies with any of these.
        reference: power of the t test on the same data; None where it is not asked for.
        chance: what the Monte Carlo error may add to a rate; 0 for a full simulation.
    """

    cell: Cell
    n: int
    holds: float
    refuted: float
    decided: float
    reference: float | None = None
    chance: float = 0.0

    @property
    def kept(self) -> bool:
        """True if the promise is kept, or there is none."""
        if self.cell.kind == LEVEL:
            return self.n < FROM or self.decided <= MOST + self.chance
        if self.cell.kind == POWER:
            assert self.reference is not None
            return self.decided + self.chance >= LEAST_POWER * self.reference
        return self.cell.kind == BEYOND or self.decided >= LEAST_DECIDED


def node_of(cell: Cell, arms: Iterable[str], n: int) -> dict[str, Any]:
    """Return the axes of a study with these arms and n statistical units."""
    node: dict[str, Any] = {"arms": {arm: [f"x={arm}"] for arm in arms}, "seeds": n}
    return node if cell.replicate == SEED else {**node, "seeds": 1, "axes": {cell.replicate: list(range(n))}}


def read_claims(cell: Cell, arms: Sequence[str], n: int) -> list[Claim]:
    """Return the claims of a cell, read as those of a study."""
    return claims_of(list(cell.claims), Names(study_axes(node_of(cell, arms, n)), cell.replicate, {}), None)


def grid_of(cell: Cell, drawn: Mapping[str, np.ndarray], n: int) -> Grid:
    """Return the runs of a study with these values."""
    common = facts_of(cell.known)
    runs = []
    for arm, values in drawn.items():
        for unit in range(n):
            labels = (
                {ARM: arm, SEED: str(unit)}
                if cell.replicate == SEED
                else {ARM: arm, cell.replicate: str(unit), SEED: "0"}
            )
            runs.append((labels, Run(Path(), {**common, "metrics": {"test/m": float(values[unit])}})))
    return Grid(study_axes(node_of(cell, drawn, n)), runs)


def facts_of(known: Known) -> dict[str, Any]:
    """Return what the summary of a run records of a metric."""
    found: dict[str, Any] = {"status": "finished"}
    if known.baseline is not None:
        found["baseline"] = {"test/m": known.baseline}
    if known.examples:
        found["metric_info"] = {"m": {"better": "max", "headline": True, "counted": True}}
        found["examples"] = {"test": known.examples}
    if known.train:
        found["examples"] = {"train": 100 * known.train, "test": 100}
    return found


def study(
    cell: Cell, rng: np.random.Generator, n: int, claims: Callable[[Sequence[str], int], list[Claim]]
) -> tuple[list[Verdict], Mapping[str, np.ndarray]]:
    """Return the verdicts on one simulated study, after further looks if the cell asks for them, and its values."""
    drawn = cell.draw(rng, n, cell.shift)
    verdicts = judge_claims(claims(list(drawn), n), grid_of(cell, drawn, n), cell.replicate)
    for look in range(1, len(SHARES) if cell.looks else 1):
        if any(verdict.verdict != "inconclusive" for verdict in verdicts):
            break
        more = min(max(verdict.needed or MORE for verdict in verdicts), MORE) - len(next(iter(drawn.values())))
        further = cell.draw(rng, max(more, 1), cell.shift)
        drawn = {arm: np.concatenate([values, further[arm]]) for arm, values in drawn.items()}
        size = len(next(iter(drawn.values())))
        verdicts = judge_claims(claims(list(drawn), size), grid_of(cell, drawn, size), cell.replicate, look)
    return verdicts, drawn


def t_test(cell: Cell, drawn: Mapping[str, np.ndarray]) -> bool:
    """Return True if the paired t test decides, or for equality two one-sided ones, at 5 %."""
    difference = drawn["a"] - drawn["b"]
    expect, within = cell.claims[0]["expect"], cell.claims[0].get("within", 0.0)
    if expect != "equal":
        return bool(stats.ttest_1samp(difference, 0).pvalue < 0.05)
    low = stats.ttest_1samp(difference, -within, alternative="greater").pvalue
    return bool(max(low, stats.ttest_1samp(difference, within, alternative="less").pvalue) < 0.05)


def figures(cell: Cell, n: int, studies: int) -> Figures:
    """Return what a cell comes to over simulated studies, whose numbers are the same at every call."""
    rng = np.random.default_rng([n, *cell.name.encode()])
    known: dict[int, list[Claim]] = {}

    def claims(arms: Sequence[str], size: int) -> list[Claim]:
        if size not in known:
            known[size] = read_claims(cell, arms, size)
        return known[size]

    holds = refuted = decided = reference = 0
    for _ in range(studies):
        verdicts, drawn = study(cell, rng, n, claims)
        words = {verdict.verdict for verdict in verdicts}
        holds, refuted = holds + ("holds" in words), refuted + ("refuted" in words)
        decided += words != {"inconclusive"}
        reference += cell.kind == POWER and t_test(cell, drawn)
    power = reference / studies if cell.kind == POWER else None
    return Figures(cell, n, holds / studies, refuted / studies, decided / studies, power, chance(studies))


def chance(studies: int) -> float:
    """Return two standard errors of a rate of 7 %, for simulations with fewer studies than the full one."""
    return 0.0 if studies >= FULL else 2 * math.sqrt(MOST * (1 - MOST) / studies)


def line(found: Figures) -> str:
    """Return a row of the table."""
    reference = "" if found.reference is None else f"{found.reference:9.1%}"
    mark = "" if found.kept else "MISSED"
    return (
        f"{found.cell.kind:<13}{found.cell.name:<48}{found.n:>4}{found.holds:>8.1%}{found.refuted:>9.1%}"
        f"{found.decided:>9.1%}{reference:>9} {mark}"
    ).rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="4,000 studies a cell")
    parser.add_argument("--studies", type=int, default=1000, help="number of studies a cell")
    parser.add_argument("--only", default="", help="the cells whose name or kind contains this text")
    read = parser.parse_args(arguments)
    studies = FULL if read.full else read.studies
    began, missed = time.process_time(), 0
    print(f"{studies} studies a cell")
    print(f"{'asked':<13}{'population and claim':<48}{'n':>4}{'holds':>8}{'refuted':>9}{'decided':>9}{'t test':>9}")
    for cell in CELLS:
        if read.only in cell.name or read.only in cell.kind:
            for n in cell.sizes:
                found = figures(cell, n, studies)
                missed += not found.kept
                print(line(found), flush=True)
    print(f"{missed} promises not kept; {time.process_time() - began:.0f} seconds of CPU")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
