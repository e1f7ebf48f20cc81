"""A judged claim printed to the terminal: its arms, statistics, picture and study file, and the answer at the end.

It is printed in the language of the reader, as a study is.
"""

from __future__ import annotations

from dataclasses import replace

from dlx.cli.show_study import curves
from dlx.console import console, relative
from dlx.results.escape import markup, plain
from dlx.results.facts import duration, statuses_text
from dlx.results.table import print_table
from dlx.study.book.answer import HEADS, answer, answer_of
from dlx.study.book.korean import local_study
from dlx.study.book.page import table_of
from dlx.study.book.words import statement, statistics
from dlx.study.claim import FILE, Asked, next_seeds
from dlx.study.judge.looks import SHARES
from dlx.study.read.local import labeled, local, local_said
from dlx.study.result import StudyResult

COLORS = {"holds": "green", "refuted": "red", "inconclusive": "yellow"}


def show(asked: Asked, result: StudyResult, saved: str = "") -> None:
    """Print a judged claim.

    Args:
        asked: the claim as it was asked.
        result: its result.
        saved: the name of the study that it was saved as; empty if it was not.
    """
    say = lambda text: console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    folder = relative(result.folder)
    arms = table_of(result.as_json()["arms"], local)
    print_table(console, arms, console.width, local(f"{folder}/page.html shows all"))
    for verdict, claim in zip(result.verdicts, local_study(result.study).claims, strict=True):
        if len(result.verdicts) > 1:
            said = markup(local_said(statement(replace(verdict, claim=claim))))
            say(f"  [{COLORS[verdict.verdict]}]{local(HEADS[verdict.verdict])}[/]: {said}")
            say(f"    [dim]{markup(local(statistics(verdict)))}[/]")
    reused = f"; {result.reused} of them reused" if result.reused else ""
    say(labeled("runs", local(f"{statuses_text(result.statuses)}{reused}; {duration(result.cost)}")))
    if result.look:
        say(labeled("look", local(f"{result.look + 1} of {len(SHARES)}, which share the error rate of 5 %")))
    for path in sorted(result.folder.glob("plot*.png")):
        say(labeled("picture", markup(relative(path))))
    for path in curves(result):
        say(labeled("curves", markup(relative(path))))
    say(labeled("page", f"{markup(folder)}/page.html"))
    if saved:
        say(labeled("study", f"experiments/{saved}.yaml; dlx study run {saved}"))
    else:
        say(labeled("study", markup(local(f"{folder}/{FILE}, with --save NAME a study of your own:"))))
        for line in (result.folder / FILE).read_text(encoding="utf-8").splitlines():
            console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True, style="dim")
    if seeds := next_seeds(result):
        say(labeled("next", markup(asked.command(seeds))))
    word = answer_of(result.verdicts)
    head, _, rest = answer(result.verdicts, result.runs).partition(":")
    say(f"[bold {COLORS[word]}]{head}[/]:{markup(rest)}")
