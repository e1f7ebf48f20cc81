"""What a person sees of studies."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dlx.cli.show import relative
from dlx.study.book.words import claim_words, number, sentence
from dlx.study.read.concepts import concepts
from dlx.study.read.shelf import fixed_numbers
from dlx.study.read.study import Study
from dlx.study.result import StudyResult, read_result
from dlx.sweep.cells import ARM, SEED

COLOURS = {"holds": "green", "refuted": "red", "inconclusive": "yellow"}
MOST_ROWS = 40
console = Console()


def verdict_text(verdict: str, as_expected: bool = True) -> str:
    """Return a verdict in its colour; a myth that is refuted is as good as a claim that holds."""
    colour = "green" if as_expected and verdict != "inconclusive" else COLOURS[verdict]
    return f"[{colour}]{verdict}[/]"


def last_verdict(result: dict[str, Any] | None) -> str:
    """Return the last verdict of a study, from its result.json."""
    return "" if result is None else verdict_text(result["verdict"], result["as_expected"])


def table(studies: Sequence[Study]) -> None:
    """Print the studies by chapter."""
    shown = Table(box=None, pad_edge=False)
    for column in ("study", "claim", "verdict"):
        shown.add_column(column, overflow="fold")
    shown.add_column("seconds", justify="right")
    chapter = ""
    for study in studies:
        if study.chapter != chapter:
            chapter = study.chapter
            shown.add_row(f"[bold]{chapter}[/]", "", "", "")
        result = read_result(study.name)
        cost = f"{result['seconds']['runs']:.0f}" if result else ""
        shown.add_row(f"  {study.name}", escape(study.title), last_verdict(result), cost)
    console.print(shown)
    run = sum(read_result(study.name) is not None for study in studies)
    console.print(f"{len(studies)} studies, {run} of them with a verdict here", highlight=False)


def concept(name: str) -> None:
    """Print what a concept says."""
    own = concepts()[name]
    console.print(f"[bold]{name}[/] {escape(own['concept'])}: {escape(own['claim'])}", highlight=False)


def coverage(studies: Sequence[Study]) -> None:
    """Print each concept with its studies and their verdicts; the count stands in the last line."""
    results = {study.name: read_result(study.name) for study in studies}
    shown = Table(box=None, pad_edge=False)
    for column in ("id", "concept", "studies"):
        shown.add_column(column, overflow="fold")
    covered = judged = 0
    for name, own in concepts().items():
        covering = [study.name for study in studies if name in study.concepts]
        covered += bool(covering)
        judged += any(results[study] for study in covering)
        shown.add_row(
            name, escape(own["concept"]), ", ".join(f"{s} {last_verdict(results[s])}".strip() for s in covering)
        )
    console.print(shown)
    console.print(f"{covered} of {len(concepts())} concepts have a study, {judged} a verdict here", highlight=False)


def one(study: Study) -> None:
    """Print a study: claims, axes, reference, and what to type."""
    say = lambda text="": console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    say(f"[bold]{escape(study.title)}[/]")
    say(escape(study.question))
    say()
    for claim in study.claims:
        mark = "control" if claim.control else ("myth" if claim.expected == "refuted" else "claim")
        say(f"  {mark:<8} {escape(claim_words(claim))}")
        if claim.instead:
            say(f"  {'truth':<8} {escape(claim.instead)}")
    say()
    for axis, levels in study.axes.items():
        for level in levels if axis == ARM else []:
            say(f"  arm      {level.text}: {escape(' '.join(level.overrides))}")
        if axis not in (ARM, SEED):
            say(f"  axis     {axis}: {', '.join(level.text for level in levels)}")
    say(f"  seeds    {len(study.axes[SEED])}")
    if study.tune:
        values = ", ".join(level.text for level in study.tune.values)
        say(f"  tuned    {study.tune.key} among {values} by {study.tune.by}")
    if study.work:
        say(f"  after    {escape(study.work)}{': ' + escape(study.figure) if study.figure else ''}")
    for name in study.concepts:
        say(f"  concept  {name} {escape(concepts()[name]['concept'])}")
    say(f"  why      {escape(study.why)}")
    result = read_result(study.name)
    if result:
        say(f"  verdict  {last_verdict(result)} ({result['date']}, {result['seconds']['runs']:.0f} s)")
    say()
    say(f"run      dlx study run {study.name}")
    say(f"         dlx study run {study.name} --seeds 1000..{999 + len(study.axes[SEED])}")
    for command in variations(study):
        say(f"vary     {escape(command)}")


def variations(study: Study) -> list[str]:
    """Return commands that vary a study."""
    fixed = {key: value for key, value in fixed_numbers(study.name).items() if key not in study.axes}
    found = [f"dlx study run {study.name} {key}={value // 2}" for key, value in list(fixed.items())[:1]]
    for axis, levels in study.axes.items():
        if axis not in (ARM, SEED) and any("=" in o and o.startswith(axis) for o in levels[0].overrides):
            found.append(f"dlx train experiment={study.name} {shlex.quote(f'{axis}={levels[0].text}')}")
    return found


def judged(result: StudyResult) -> None:
    """Print a judged study: the verdict in words, why, the arms, and where everything lies."""
    say = lambda text: console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    title = escape(result.study.title) + (f" [yellow]({escape(result.label)})[/]" if result.label else "")
    say(f"[bold]{title}[/]")
    for verdict in result.verdicts:
        words = escape(sentence(verdict, result.study.replicate))
        colour = "green" if verdict.as_expected else COLOURS[verdict.verdict]
        say(f"  [{colour}]{'✓' if verdict.as_expected else '✗'}[/] {words}")
        if verdict.claim.instead:
            say(f"    True is: {escape(verdict.claim.instead)}")
        extra = [f"p {number(verdict.p)} (Holm)"] if verdict.p is not None else []
        extra += [f"bootstrap (BCa) {number(verdict.bca[0])} to {number(verdict.bca[1])}"] if verdict.bca else []
        if extra:
            say(f"    [dim]{', '.join(extra)}[/]")
    say(f"Why: {escape(result.study.why)}")
    arms(result.as_json()["arms"])
    if result.tuning:
        own = result.tuning
        say(f"tuned    {own['key']} by {own['by']}: {own['runs']} runs, {own['seconds']:.0f} s")
    statuses = ", ".join(f"{count} {status}" for status, count in result.statuses.items())
    say(f"runs     {statuses}; {result.cost:.1f} s in all, {result.seconds:.1f} s now")
    for path in sorted(result.folder.glob("plot*.svg")):
        say(f"plot     {relative(path)}, {path.with_suffix('.png').name}")
    say(f"page     {relative(result.folder / 'page.html')}")
    say(f"sweep    {relative(result.sweep)}")


def arms(node: dict[str, Any]) -> None:
    """Print the table of arms: mean ± sd over seeds."""
    shown = Table()
    for axis in node["axes"]:
        shown.add_column(axis)
    shown.add_column("runs", justify="right")
    for metric in node["metrics"]:
        shown.add_column(metric, justify="right")
    status = any(set(row["statuses"]) - {"finished"} for row in node["rows"])
    if status:
        shown.add_column("status")
    for row in node["rows"][:MOST_ROWS]:
        cells = [*row["levels"], str(row["runs"]), *(mean_sd(*value) for value in row["values"])]
        if status:
            cells.append(", ".join(f"{count} {word}" for word, count in row["statuses"].items()))
        shown.add_row(*cells)
    console.print(shown)
    if len(node["rows"]) > MOST_ROWS:
        console.print(f"… and {len(node['rows']) - MOST_ROWS} more arms on the page", highlight=False)


def mean_sd(mean: float | None, sd: float | None) -> str:
    """Write mean ± standard deviation."""
    if mean is None:
        return ""
    return number(mean) + (f" ± {number(float(f'{sd:.2g}'))}" if sd is not None else "")


def outcomes(found: Sequence[Any]) -> None:
    """Print the verdicts of several studies, and their time."""
    shown = Table()
    for column in ("study", "verdict", "as expected"):
        shown.add_column(column)
    shown.add_column("seconds", justify="right")
    for outcome in found:
        verdict = verdict_text(outcome.verdict, outcome.as_expected) if outcome.verdict else "[red]failed[/]"
        shown.add_row(outcome.name, verdict, "yes" if outcome.as_expected else "no", f"{outcome.seconds:.1f}")
    console.print(shown)
    good = sum(outcome.as_expected for outcome in found)
    console.print(f"{good} of {len(found)} studies came out as expected", highlight=False)
