"""`dlx study`: run studies, judge their claims and write the lab book."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dlx.cli.group import command_of
from dlx.cli.study_line import Words, parse
from dlx.cli.text import Help
from dlx.errors import ConfigError, nearest

if TYPE_CHECKING:
    from dlx.study.runs import How, Outcome

HELP = Help(
    usage=[
        "dlx study list [--concept WORDS] [--coverage]",
        "dlx study show NAME",
        "dlx study run NAME ... [OPTIONS] [OVERRIDE ...]",
        "dlx study check [NAME ...] [OPTIONS] [OVERRIDE ...]",
        "dlx study report [NAME ...] [--output FILE]",
    ],
    summary="Run a study: judge its claims over seeds (each holds, is refuted, or is inconclusive with these seeds), "
    "and check its facts in every run (each is true or false).",
    sections={
        "commands": {
            "list": "all studies by chapter, with their claims, facts, myths, last verdict and cost",
            "show": "the claims, facts, axes, reference and command of a study, and how to vary it",
            "run": "run a study, judge it and print the verdicts; finished runs are reused",
            "check": "run studies on two disjoint sets of seeds and print the verdicts that change",
            "report": "write the lab book: one page with every study that has been run",
        },
        "options of list": {
            "--concept WORDS": "only the studies of a concept, by its id (A1.2) or by a word (dropout, 드롭아웃)",
            "--coverage": "list the concepts instead, and how many a claim or a fact covers",
        },
        "options of run and check": {
            "--all": "run every study",
            "--seeds A..B": "use other seeds than the study's own, e.g. --seeds 1000..1009",
            "--more-seeds [N]": "run only: look again at an undecided study, with N more seeds (default: as many as "
            "would decide with 80 % power, at most 50); a study has three looks, which share its error rate",
            "--fast": "use three seeds; the result is labeled so",
            "--jobs N": "train in N parallel processes",
            "--again": "train even if an equal run is finished",
            "--env NAME": "let a configuration read the environment variable NAME (${oc.env:NAME})",
        },
        "options of report": {"--output FILE": "where to write the page (default: outputs/lab_book.html)"},
        "options": {"-h, --help": "print this page"},
    },
    notes=[
        "With overrides (dlx study run he_30_layers model.width=64) the study is a variation and is labeled as one.",
        "The exit code is 1 if a run failed, a verdict is not the expected one, or a fact is wrong. The expected "
        "verdict on a myth, a false statement that is often made, is that it is refuted.",
    ],
)


def main(arguments: list[str]) -> int:
    """Run one of the commands and return the exit code."""
    command, rest = command_of("study", arguments, COMMANDS, HELP)
    if not command:
        return 0
    try:
        return COMMANDS[command](parse(rest))
    except KeyboardInterrupt:
        print("dlx: interrupted; finished runs stay, and the same command resumes the study", file=sys.stderr)
        raise


def list_studies(words: Words) -> int:
    """Print the studies by chapter, or the concepts."""
    from dlx.cli import list_study
    from dlx.study.find.index import nearest_concepts
    from dlx.study.read.concepts import concepts
    from dlx.study.read.local import local
    from dlx.study.read.search import find_concepts
    from dlx.study.read.shelf import all_studies

    studies = all_studies()
    if words.coverage:
        list_study.coverage(studies)
        return 0
    if words.concept:
        found = find_concepts(words.concept, studies)
        if found is None and (found := nearest_concepts(words.concept, studies)) is not None:
            print(f"{words.concept!r}: {local('no concept or study has this name; the nearest are')}")
        if found is None:
            hint = nearest(words.concept, concepts(), "dlx study list --coverage")
            raise ConfigError(f"--concept: no such concept {words.concept!r}, and no study with these words{hint}")
        for name in found.concepts:
            list_study.concept(name)
        studies = [study for study in studies if study.name in found.studies]
    list_study.table(studies)
    return 0


def show(words: Words) -> int:
    """Print one study."""
    from dlx.cli import list_study
    from dlx.study.read.shelf import read_study

    if len(words.names) != 1:
        raise ConfigError("study show: expected the name of one study; dlx study list shows the names")
    list_study.one(read_study(words.names[0]))
    return 0


def run(words: Words) -> int:
    """Run and judge studies, and print their verdicts."""
    from dlx.cli import show_study
    from dlx.study.runs import run_studies

    names, how = chosen(words, "run"), words.how
    if words.more_seeds is not None:
        how = further(words, names)
    outcomes = run_studies(names, how, show_study.Printer())
    if len(outcomes) > 1:
        show_study.outcomes(outcomes)
    return exit_code(outcomes)


def further(words: Words, names: Sequence[str]) -> How:
    """Return the settings for a further look at a study.

    Raises:
        ConfigError: Other arguments exclude a further look, or the study allows none.
    """
    from dlx.study.looks import Looks
    from dlx.study.read.local import local
    from dlx.study.read.shelf import read_study

    if len(names) != 1 or words.overrides or words.seeds is not None or words.fast:
        raise ConfigError(
            "--more-seeds: expected one study without overrides, --seeds and --fast; variations are no looks"
        )
    looks = Looks.of(read_study(names[0]))
    seeds = looks.next_seeds(words.more_seeds or 0)
    print(local(looks.plan(seeds, bool(words.more_seeds))))
    return replace(words.how, seeds=seeds, further=True)


def check(words: Words) -> int:
    """Run studies on two disjoint sets of seeds and print the verdicts that change."""
    from dlx.cli import show_study
    from dlx.study.check import check_studies

    if words.seeds is not None or words.more_seeds is not None:
        flag = "--more-seeds" if words.seeds is None else "--seeds"
        raise ConfigError(f"study check: {flag} is not available; it takes each study's own and as many fresh ones")
    words.all = words.all or not words.names
    names = chosen(words, "check")
    changes, outcomes = check_studies(names, words.how, show_study.Printer())
    show_study.changes(changes, [outcome for outcome in outcomes if outcome.result][: len(names)])
    return max(exit_code(outcomes), 1 if changes else 0)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 2 if a study is invalid, 1 if one did not come out as expected, otherwise 0."""
    return max(2 if outcome.error else (0 if outcome.as_expected else 1) for outcome in outcomes)


def report(words: Words) -> int:
    """Write the lab book."""
    from dlx.console import relative
    from dlx.results.escape import plain
    from dlx.stored.read import BrokenFileError, passed_over
    from dlx.study.book.lab_book import write_book
    from dlx.study.read.local import local

    def name(broken: BrokenFileError) -> None:
        print(*map(plain, passed_over([broken])), file=sys.stderr)

    path = write_book(words.output, words.names, name)
    print(f"{local('lab book')} {relative(path)}")
    return 0


def chosen(words: Words, command: str) -> list[str]:
    """Return the names of the studies that the arguments select.

    Raises:
        ConfigError: No study is selected, or one that does not exist.
    """
    from dlx.study.read.shelf import all_studies, files

    if words.all:
        if words.names:
            raise ConfigError(f"study {command}: expected names or --all, not both")
        return [study.name for study in all_studies()]
    if not words.names:
        raise ConfigError(f"study {command}: expected the name of a study, or --all; dlx study list shows the names")
    for name in words.names:
        if name not in files():
            raise ConfigError(f"{name}: no such study{nearest(name, files(), 'dlx study list')}")
    return words.names


COMMANDS: dict[str, Callable[[Words], int]] = {
    "list": list_studies,
    "show": show,
    "run": run,
    "check": check,
    "report": report,
}
