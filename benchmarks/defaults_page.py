"""The table of defaults: its rows, kept in a file, what is stated of them in defaults.yaml, and the page."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

# What is cut for time, and the reasons of pairs that are worse or behind, each with the words that mend it.
STATED = yaml.safe_load((Path(__file__).parent / "defaults.yaml").read_text(encoding="utf-8"))
SMALLER: dict[str, list[str]] = STATED["smaller"]
ROUNDING = 1e-12  # of the naive error: single precision tells no two of them apart


@dataclass
class Row:
    """One model on one dataset."""

    model: str
    dataset: str
    metric: str
    higher: bool = False
    ours: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    remedy: list[str] = field(default_factory=list)
    remedied: list[float] = field(default_factory=list)
    note: str = ""

    def worse_than_naive(self) -> bool:
        """Tell whether the mean over seeds is worse than the naive baseline, if there is one."""
        if not self.naive:
            return False
        ours, naive = statistics.mean(self.ours), statistics.mean(self.naive)
        return ours < naive if self.higher else ours > naive

    def behind(self) -> bool:
        """Tell whether scikit-learn is ahead by more than two standard errors and 0.01 accuracy, or 5 % MSE."""
        if not self.theirs:
            return False
        gaps = [t - o if self.higher else o - t for o, t in zip(self.ours, self.theirs, strict=True)]
        error = statistics.stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 1 else 0.0
        least = 0.01 if self.higher else 0.05 * statistics.mean(self.theirs) + ROUNDING * statistics.mean(self.naive)
        return statistics.mean(gaps) > max(2 * error, least)


def stated(row: Row, kind: str) -> dict[str, Any]:
    """Return what is stated of a pair that is worse (`cannot`) or behind: `why`, and `words` that mend it or none."""
    for entry in STATED[kind]:
        if row.model in entry.get("models", [row.model]) and row.dataset in entry.get("datasets", [row.dataset]):
            return {"words": [], **entry}
    return {"why": "", "words": []}


def remedy_of(row: Row) -> list[str]:
    """Return the words that are said to close a gap to scikit-learn, else to the naive baseline."""
    words: list[str] = stated(row, "behind")["words"] if row.behind() else []
    return words or (stated(row, "cannot")["words"] if row.worse_than_naive() else [])


def kept_rows(file: Path | None) -> dict[tuple[str, str], Row | None]:
    """Return what a file of rows holds: a row, or null for a pair that does not fit."""
    if file is None or not file.is_file():
        return {}
    found = (json.loads(text) for text in file.read_text(encoding="utf-8").splitlines())
    return {(model, dataset): Row(**row) if row else None for model, dataset, row in found}


def keep_row(file: Path | None, model: str, dataset: str, row: Row | None) -> None:
    """Append a row to the file of rows; a later one of the same pair stands for it."""
    if file is not None:
        with file.open("a", encoding="utf-8") as rows:
            rows.write(json.dumps([model, dataset, row and asdict(row)]) + "\n")


def line(row: Row) -> str:
    """Write a row of the page."""
    if not row.ours:
        return f"| {row.model} | {row.dataset} | {row.metric} | | | | | {row.note} |"
    marks = []
    if row.worse_than_naive():
        why = stated(row, "cannot")["why"]
        marks.append(f"*cannot*: {why}" if why else "**worse than the naive baseline**")
    if row.behind():
        why = stated(row, "behind")["why"]
        marks.append(f"behind scikit-learn: {why}" if why else "**behind scikit-learn**")
    if marks and row.remedied:
        marks.append(f"with {' '.join(row.remedy)}: {statistics.mean(row.remedied):.4g}")
    sd = statistics.stdev(row.ours) if len(row.ours) > 1 else 0.0
    other = f"{statistics.mean(row.theirs):.4g}" if row.theirs else ""
    ours = f"{statistics.mean(row.ours):.4g} ± {sd:.2g}"
    naive = f"{statistics.mean(row.naive):.4g}" if row.naive else ""
    return (
        f"| {row.model} | {row.dataset} | {row.metric} | {ours} | {naive} | {other} "
        f"| {statistics.mean(row.seconds):.1f} | {'; '.join(marks)} |"
    )


def page(rows: list[Row], seeds: int, models: list[str]) -> str:
    """Write the table as Markdown, with what was cut, how many pairs are how good, and which models are not in it."""
    left = [model for model in models if model not in {row.model for row in rows}]
    fine = sum(not row.worse_than_naive() for row in rows if row.ours)
    known = sum(row.worse_than_naive() and bool(stated(row, "cannot")["why"]) for row in rows if row.ours)
    behind = sum(row.behind() for row in rows if row.ours)
    cut = ", ".join(f"{dataset} ({' '.join(words)})" for dataset, words in SMALLER.items())
    seconds = sum(sum(row.seconds) for row in rows)
    head = [
        "# Defaults",
        "",
        f"Made by `python benchmarks/defaults.py --write`: {', '.join(sorted({row.model for row in rows}))} on every "
        f"dataset that fits them, {seeds} seeds, nothing else chosen; mean ± sd on the test split, beside the naive "
        "baseline and scikit-learn's nearest counterpart on the same split. Seconds are of CPU, for one run; all runs "
        f"took {seconds / 60:.0f} minutes. `model=point` has no data: it lives on a surface; `gan` and `image` are "
        "compared with no target, see the studies gan_objectives and style_transfer. A user's own files, the hub's "
        "data and those of optional packages are left out.",
        "",
        f"Of {len(rows)} pairs {fine} are at least as good as the naive baseline, {known} are worse: marked *cannot*, "
        f"with the reason; {len(rows) - fine - known} are worse without a reason. {behind} are behind scikit-learn by "
        "more than two standard errors and 0.01 accuracy or 5 % MSE (and the rounding of single precision): marked, "
        "with the reason. Where a choice mends it, the figure under that choice stands beside it.",
        "",
        f"Cut for time: {cut}." + (f" Not measured: {', '.join(left)}." if left else ""),
        "",
        "| model | dataset | metric | dlx | naive | scikit-learn | seconds | |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    return "\n".join([*head, *map(line, rows)]) + "\n"
