"""`dlx read`: an article or a lecture note, sentence by sentence: what holds, what is a myth, and what is untested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlx.cli.flags import Flags
from dlx.cli.text import Help, command, paragraph
from dlx.errors import ConfigError
from dlx.files import special

if TYPE_CHECKING:
    from dlx.study.find.article import Finding

HELP = Help(
    usage=["dlx read FILE"],
    summary="Read an article or a lecture note, in English or Korean, and give it back sentence by sentence: holds, "
    "myth, untested, or no claim, with the study that says so and the command that runs it.",
    sections={
        "examples": {"dlx read post.txt": "a text file in UTF-8; the sentences in their order"},
        "verdicts": {
            "holds": "a study has judged a statement that says the same, and it holds",
            "myth": "a study has refuted a statement that says the same, or one that says the opposite holds",
            "untested": "no study is near enough, or it is not clear which; most sentences of an article",
            "no claim": "a question, a heading, an announcement, a story, or a sentence about something else",
        },
        "options": {"-h, --help": "print this page"},
    },
    notes=[
        "Sentences are compared by their words, not understood: about one verdict in ten is wrong, and a quarter of "
        "what a study could judge is left open (python benchmarks/reading.py measures it; docs/claims.md). Read the "
        "statement of the study beside the sentence. Nothing is trained, and nothing leaves this machine.",
    ],
)
LARGEST = 1_000_000  # bytes of a file


def main(arguments: Sequence[str]) -> int:
    """Print the sentences of a file with what the studies say of each, and return the exit code."""
    wanted = Flags("dlx read").read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    if len(wanted.words) != 1:
        raise ConfigError("dlx read: expected one text file, such as dlx read post.txt")
    from dlx.study.find.article import Reader

    findings = Reader().article(text_of(Path(wanted.words[0])))
    if not findings:
        raise ConfigError(f"{wanted.words[0]}: has no sentence")
    from dlx.study.read.local import local

    for finding in findings:
        print("\n".join(lines_of(finding)))
    counts = Counter(finding.verdict for finding in findings)
    said = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    print(local(f"{len(findings)} sentence{'' if len(findings) == 1 else 's'}: {said}"))
    return 0


def text_of(file: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: It is no file, is too large, or is no text in UTF-8.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: {special(file) or 'no such file; expected a text such as post.txt'}")
    if file.stat().st_size > LARGEST:
        raise ConfigError(f"{file}: expected a text of at most {LARGEST:,} bytes, got {file.stat().st_size:,}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: expected a text in UTF-8; save it as plain text in this encoding") from None
    if "\0" in text:
        raise ConfigError(f"{file}: expected a text, got a binary file; save it as plain text")
    return text


def lines_of(finding: Finding) -> list[str]:
    """Return a sentence with its verdict, the statement of the study and the command in lines."""
    from dlx.results.escape import plain
    from dlx.study.read.local import local

    lines = paragraph(f"{local(finding.verdict)}: {plain(finding.sentence)}")
    if finding.study:
        from dlx.study.book.korean import local_study
        from dlx.study.read.shelf import read_study

        statement = local_statement(finding)
        lines += paragraph(f"{local('nearest statement')}: {plain(statement)}", "    ")
        lines += paragraph(f"{local('study')}: {plain(local_study(read_study(finding.study)).title)}", "    ")
        lines += command(f"dlx study run {finding.study}", "    ")
    return lines


def local_statement(finding: Finding) -> str:
    """Return the statement of a study in the language of the reader."""
    from dlx.console import language
    from dlx.study.find.article import korean_sayings
    from dlx.study.find.verdicts import in_korean, judged
    from dlx.study.read.local import KOREAN, local_said

    if language() != KOREAN:
        return finding.said
    if finding.said in korean_sayings():
        return korean_sayings()[finding.said]
    found = judged(finding.study)
    pairs = zip(found.entries, in_korean(finding.study, found).entries, strict=True)
    return local_said(next((korean.said for own, korean in pairs if own.said == finding.said), finding.said))
