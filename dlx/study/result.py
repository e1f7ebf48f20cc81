"""The result of a judged study, and result.json, from which lists, tables and the lab book are made."""

from __future__ import annotations

import math
import platform
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import dlx
from dlx import paths
from dlx.files import refuse_links, write_json
from dlx.results.arms import group, mean_std
from dlx.results.formats import finite
from dlx.results.runs import Run
from dlx.stored import result as form
from dlx.stored.read import BrokenFileError
from dlx.study.book.numbers import fill
from dlx.study.book.words import claim_words, correction, sentence, statistics
from dlx.study.judge.grid import Grid
from dlx.study.judge.verdict import TRUTH, Verdict, word_of
from dlx.study.read.claim import Side
from dlx.study.read.expression import Expression, parse
from dlx.study.read.study import Study
from dlx.sweep.cells import SEED
from dlx.sweep.pool import usable_cores

SCHEMA = 2  # 1: facts were among the claims


@dataclass
class StudyResult:
    """A judged study.

    Attributes:
        study: the study.
        grid: its runs.
        verdicts: the verdicts on its claims.
        facts: the verdicts on its facts.
        label: the seeds and overrides that make it a variation; empty for the study itself.
        folder: the folder of result.json, the plots and the page.
        sweep: the folder of its sweep.
        command: the command that repeats it.
        tuning: the content of tuning.json; None without tuning.
        seconds: wall time of this command in seconds.
        reused: number of runs that were finished before this command.
        look: the number of this look at the study, the first being 0; None for a variation.
        looks: the record of all looks.
    """

    study: Study
    grid: Grid
    verdicts: list[Verdict]
    facts: list[Verdict]
    label: str
    folder: Path
    sweep: Path
    command: str
    tuning: dict[str, Any] | None = None
    seconds: float = 0.0
    reused: int = 0
    look: int | None = None
    looks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The verdict: holds, refuted or inconclusive; of a study of facts alone true, false or unknown."""
        return word_of(self.verdicts, self.facts)

    @property
    def as_expected(self) -> bool:
        """True if every claim and every fact has the verdict that the study expects."""
        return all(verdict.as_expected for verdict in (*self.verdicts, *self.facts))

    @property
    def runs(self) -> list[Run]:
        """The distinct runs."""
        return list({run.folder: run for run in self.grid.runs.values()}.values())

    @property
    def statuses(self) -> Counter[str]:
        """The number of runs with each status."""
        return Counter(run.status for run in self.runs)

    @property
    def cost(self) -> float:
        """The seconds of all runs, including reused ones and those of tuning."""
        tuning = self.tuning["seconds"] if self.tuning else 0.0
        return tuning + sum(run.summary["seconds"]["total"] for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        """Return the content of result.json."""
        study = self.study
        return {
            "schema": SCHEMA,
            "name": study.name,
            "label": self.label,
            "date": time.strftime("%Y-%m-%d %H:%M"),
            "command": self.command,
            "title": study.title,
            "question": study.question,
            "why": study.why,
            "chapter": study.chapter,
            "concepts": list(study.concepts),
            "by_fact": list(study.by_fact),
            "reference": {"work": study.work, "figure": study.figure},
            "look": self.look,
            "looks": self.looks,
            "verdict": self.verdict,
            "as_expected": self.as_expected,
            "counts": asdict(study.counts),
            "claims": [claim_json(verdict, study.replicate) for verdict in self.verdicts],
            "facts": [claim_json(verdict, study.replicate) for verdict in self.facts],
            "arms": arms_json(study, self.grid),
            "seeds": [level.value for level in study.axes[SEED]],
            "runs": len(self.runs),
            "statuses": dict(self.statuses),
            "seconds": {"runs": round(self.cost, 2), "wall": round(self.seconds, 2)},
            "tuning": self.tuning,
            "versions": (self.runs[0].summary["versions"] if self.runs else None) or {"dlx": dlx.__version__},
            "machine": machine(),
            "sweep": str(self.sweep),
        }

    def write(self) -> None:
        """Write result.json.

        Raises:
            ConfigError: There is a link in the folder.
        """
        refuse_links(place_of(self.study.name))
        write_json(self.folder / "result.json", self.as_json())


def claim_json(verdict: Verdict, replicate: str) -> dict[str, Any]:
    """Return a verdict as plain containers."""
    claim = verdict.claim
    return {
        "where": claim.where,
        "said": fill(claim_words(claim), verdict),
        "sentence": sentence(verdict, replicate),
        "statistics": statistics(verdict, replicate),
        "expect": claim.expect,
        "verdict": verdict.word,
        "expected": TRUTH[claim.expected] if claim.fact else claim.expected,
        "instead": correction(verdict),
        "control": claim.control,
        "value": finite(verdict.value),
        "low": finite(verdict.low),
        "high": finite(verdict.high),
        "level": verdict.level,
        "n": verdict.n,
        "p": verdict.p,
        "needed": verdict.needed,
        "closest": verdict.closest,
        "reason": verdict.reason,
    }


def arms_json(study: Study, grid: Grid) -> dict[str, Any]:
    """Return the table of arms: means and standard deviations over seeds of all expressions of claims and facts."""
    axes = [axis for axis in study.axes if axis not in (SEED, study.replicate) and len(study.axes[axis]) > 1]
    metrics = list({metric.text: metric for metric in looked_at(study)}.values())
    rows = []
    for arm in group(((dict(zip(grid.axes, key, strict=True)), run) for key, run in grid.runs.items()), axes):
        values = [[grid.value(metric, run) for run in arm.runs] for metric in metrics]
        estimates = [mean_std([v for v in own if math.isfinite(v)]) for own in values]
        rows.append(
            {
                "levels": list(arm.parameters.values()),
                "runs": len(arm.runs),
                "values": [[finite(mean), finite(std)] for mean, std in estimates],
                "statuses": dict(arm.statuses),
            }
        )
    return {"axes": axes, "metrics": [metric.text for metric in metrics], "rows": rows}


def looked_at(study: Study) -> list[Expression]:
    """Return the named expressions of a study, and those of its claims and facts."""
    found = [parse(text, f"study.metrics.{name}") for name, text in study.metrics.items()]
    for claim in study.entries:
        for part in claim.parts:
            found += [side.metric for side in (part.left, part.right) if isinstance(side, Side)]
        found += [claim.choose.by] if claim.choose else []
    return found


def machine() -> str:
    """Return the system, the architecture and the number of cores of this machine."""
    cores = usable_cores()
    return f"{platform.system()} {platform.machine()}, {cores} core{'' if cores == 1 else 's'}"


def place_of(name: str, label: str = "") -> Path:
    """Return the folder of the result of a study, outputs/studies/<name>, or the subfolder of a variation."""
    folder = paths.outputs() / "studies" / name
    slug = "".join(c if c.isalnum() or c in "._=-" else "_" for c in label)[:80]
    return folder / "variations" / slug if slug else folder


def read_result(name: str) -> dict[str, Any] | None:
    """Return the last result of a study, or None if it has not been run; variations do not count.

    Raises:
        BrokenFileError: Its result.json is broken.
    """
    return form.read_result(place_of(name))


def read_results(names: Iterable[str]) -> tuple[dict[str, dict[str, Any]], list[BrokenFileError]]:
    """Return the last results of the studies that have been run, by name, and the files that are broken."""
    found, broken = {}, []
    for name in names:
        try:
            result = read_result(name)
        except BrokenFileError as error:
            broken.append(error)
            continue
        if result is not None:
            found[name] = result
    return found, broken
