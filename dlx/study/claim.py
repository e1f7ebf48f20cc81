"""Judging a typed claim: an ad-hoc study, whose arms are trained over seeds and judged as those of a file are."""

from __future__ import annotations

import hashlib
import math
import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.config.catalog import WORD
from dlx.config.hydra.session import Observer
from dlx.errors import ConfigError, nearest
from dlx.files import refuse_links, write_text
from dlx.stored.read import BrokenFileError
from dlx.stored.result import read_result
from dlx.study.book.words import plural
from dlx.study.judge.failing import enough
from dlx.study.judge.grid import FACTS, STATUSES, Grid, find
from dlx.study.judge.judge import judge
from dlx.study.judge.least import least_units
from dlx.study.judge.looks import SHARES
from dlx.study.looks import MOST_ADDED, Looks, seeds_of
from dlx.study.read import own
from dlx.study.read.claim import Side
from dlx.study.read.shelf import files
from dlx.study.read.study import Study, study_of
from dlx.study.read.typed import Typed
from dlx.study.read.typed_side import refuse
from dlx.study.result import StudyResult
from dlx.study.run import found_runs, refuse_equal_arms, run_sweep, write_files
from dlx.study.variation import span
from dlx.sweep.cells import Axes
from dlx.sweep.plan import quoted

if TYPE_CHECKING:
    from dlx.sweep.plan import Plan

FILE = "study.yaml"


@dataclass(frozen=True)
class Asked:
    """A claim with what all its runs share.

    Attributes:
        typed: the claim.
        fixed: further overrides of all runs, with the full names of groups.
        seeds: the seeds.
        jobs: number of parallel processes.
    """

    typed: Typed
    fixed: tuple[str, ...]
    seeds: tuple[int, ...]
    jobs: int = 1

    @property
    def name(self) -> str:
        """The name of the claim: its words, and a digest that further seeds do not change."""
        words = [self.typed.text, *sorted(self.fixed), str(self.seeds[0])]
        digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
        slug = re.sub(r"[^\w.]+", "-", self.typed.text.replace("<", "-lt-").replace(">", "-gt-"), flags=re.ASCII)
        return f"{slug.strip('-.')[:60]}-{digest}".lstrip("-_")

    def command(self, seeds: Sequence[int] | None = None) -> str:
        """Return the command that judges the claim, by default with its own seeds."""
        seeds = self.seeds if seeds is None else seeds
        typed = str(len(seeds)) if list(seeds) == list(range(len(seeds))) else span(list(seeds))
        return shlex.join(["dlx", "claim", self.typed.text, *self.fixed, "--seeds", typed])


class Arms(Observer):
    """Refuses a claim whose arms are the same runs, before the first run."""

    def planned(self, axes: Axes, plan: Plan) -> None:
        """Refuse arms that consist of the same runs."""
        try:
            refuse_equal_arms(axes, plan)
        except ConfigError:
            named = "; ".join(" ".join(level.overrides) or level.text for level in axes["arm"])
            raise ConfigError(
                f"claim: its sides are the same runs ({named}): one may be the default of the other; "
                "compare two that differ"
            ) from None


def judge_claim(asked: Asked) -> StudyResult:
    """Train the runs of a claim, judge it as a study is judged, and write its result, picture, page and study file.

    Raises:
        ConfigError: The claim is invalid, no run has its metric, or it has been looked at as often as its plan allows.
        KeyboardInterrupt: It was interrupted; finished runs are kept, and the same command resumes it.
    """
    began = time.perf_counter()
    refuse_twice(asked)
    folder = paths.outputs() / "claims" / asked.name
    looks, look = look_of(asked, folder)
    node = own.node_of(asked.typed, asked.seeds, asked.fixed)
    study = study_of(asked.name, node)
    least = max(map(least_units, study.claims))
    if len(asked.seeds) < least:
        raise ConfigError(
            f"--seeds: {plural(len(asked.seeds), 'seed')} can never lead to a verdict; it takes {least} at least"
        )
    new = try_first_seed(asked, study)
    sweep = run_sweep(words_of(asked, node), Arms(), again=False)
    found = found_runs(sweep)
    grid = Grid(study.axes, found)
    verdicts = looks.keep(judge(study, grid, look), look)
    result = StudyResult(
        study=study,
        grid=grid,
        verdicts=verdicts,
        facts=[],
        label="",
        folder=folder,
        sweep=sweep.plan.folder,
        command=asked.command(),
        look=look,
        looks=looks.record(look, verdicts, list(asked.seeds)),
        seconds=time.perf_counter() - began,
        reused=sum(job.done for job in sweep.plan.jobs) - new,
    )
    folder.mkdir(parents=True, exist_ok=True)
    refuse_links(folder)
    write_text(folder / FILE, own.file_of(node, asked.fixed))
    write_files(result, picture=True)
    return result


def usual_seeds(typed: Typed) -> int:
    """Return the number of seeds that would show a failure rate of one in five, so that a claim can be decided."""
    return enough(len(typed.comparisons) * math.prod(map(len, typed.at.values())))


def refuse_twice(asked: Asked) -> None:
    """Refuse an override beside the claim that its sides or its levels set as well, or that no run can take.

    Raises:
        ConfigError: There is one; the message names it.
    """
    inside = {override.partition("=")[0] for arm in asked.typed.arms for override in arm.overrides} | {*asked.typed.at}
    for override in asked.fixed:
        refuse(override)
        if (key := override.partition("=")[0]) in inside:
            raise ConfigError(f"claim: {key}: stands in the claim and beside it; give it once")


def look_of(asked: Asked, folder: Path) -> tuple[Looks, int]:
    """Return the looks at a claim so far, and the number of this one.

    More seeds than those of the last look make a further one, which has a share of the error rate of the claim.

    Raises:
        ConfigError: The seeds are neither those of an earlier look nor further ones, or all looks have been had.
    """
    try:
        result = read_result(folder)
    except BrokenFileError as error:
        raise ConfigError(f"{error}; it records the looks at this claim: remove it to begin anew") from None
    first = list(result["looks"][0]["seeds"] if result is not None and result["looks"] else asked.seeds)
    study = study_of(asked.name, own.node_of(asked.typed, first, asked.fixed))
    looks = Looks(study, ()) if result is None else Looks.recorded(study, result)
    number = looks.number(list(asked.seeds), further=True)
    assert number is not None, "further seeds make a further look"
    fresh = f"fresh seeds judge it anew: {asked.command(range(1000, 1000 + len(first)))}"
    if number < len(looks.past) or not looks.past:
        return looks, number
    last = list(looks.past[-1]["seeds"])
    if list(asked.seeds)[: len(last)] != last:
        raise ConfigError(
            f"--seeds: this claim has been judged with the seeds {span(last)}, and choosing among its seeds afterwards "
            f"would choose the answer; expected these and further ones, or {fresh}"
        )
    if number >= len(SHARES):
        raise ConfigError(f"--seeds: this claim has had all {len(SHARES)} looks of its plan; {fresh}")
    return looks, number


def try_first_seed(asked: Asked, study: Study) -> int:
    """Train the runs of the first seed, so that a metric that no run has is named before all others are trained.

    Returns:
        The number of runs that were trained.

    Raises:
        ConfigError: No run has a metric of the claim.
    """
    sweep = run_sweep(words_of(asked, own.node_of(asked.typed, asked.seeds[:1])), Arms(), again=False)
    sides = [side for claim in study.claims for part in claim.parts for side in (part.left, part.right)]
    names = dict.fromkeys(name for side in sides if isinstance(side, Side) for name in side.metric.names)
    for _, run in found_runs(sweep):
        for name in names:
            if run.status == "finished" and find(run, name) is None:
                known = [*run.metrics, *FACTS, *STATUSES]
                raise ConfigError(f"claim: no run has the metric {name!r}{nearest(name, known)}")
    return sum(not job.done for job in sweep.plan.jobs)


def words_of(asked: Asked, node: Mapping[str, Any]) -> list[str]:
    """Return the arguments of `dlx train -m` for the runs of a claim."""
    place = quoted(paths.outputs() / "sweeps" / f"claim-{asked.name}")
    pool = ["hydra/launcher=pool", f"hydra.launcher.n_jobs={asked.jobs}"] if asked.jobs > 1 else []
    return [own.override_of(node), *asked.fixed, f"hydra.sweep.dir={place}", *pool]


def next_seeds(result: StudyResult) -> list[int]:
    """Return the seeds of the next look at an undecided claim; empty if it is decided or no number is known."""
    needed = max((verdict.needed or 0 for verdict in result.verdicts), default=0)
    seeds = seeds_of(result.study)
    if not needed or len(result.looks) >= len(SHARES) or result.look != len(result.looks) - 1:
        return []
    added = max(1, min(needed - len(seeds), MOST_ADDED))
    return [*seeds, *range(max(seeds) + 1, max(seeds) + 1 + added)]


def refuse_name(name: str) -> Path:
    """Return the file of a new study of the user's own.

    Raises:
        ConfigError: The name is not one word, or there is a study of that name.
    """
    if not re.fullmatch(WORD, name):
        raise ConfigError(f"--save: expected a name of letters, digits and underscores, got {name!r}")
    if name in files():
        raise ConfigError(f"--save: there is a study {name} ({files()[name]}); choose another name")
    return Path.cwd() / "experiments" / f"{name}.yaml"


def save(result: StudyResult, path: Path) -> None:
    """Write the study file of a judged claim to a path."""
    path.parent.mkdir(exist_ok=True)
    write_text(path, (result.folder / FILE).read_text(encoding="utf-8"))
