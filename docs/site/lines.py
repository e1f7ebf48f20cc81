"""The commands that stand on the pages: found in blocks of code, in text and in HTML."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterator, Mapping

FENCED = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1[ \t]*$", re.M | re.S)
# A command over one line or more; one that is shown with the message that refuses it is left out.
TYPED = r"(?:\$ )?(dlx (?:[^\n]*\\\n)*[^\n]+)$(?!\n *dlx: )"
INDENTED = re.compile(rf"^ {{4}}{TYPED}", re.M)
LINE = re.compile(rf"^[ \t]*{TYPED}", re.M)
SPAN = re.compile(r"`((?:sudo )?dlx [^`]+)`")
TAG = re.compile(r"<code>(dlx [^<]+)</code>")
COMMENT = re.compile(r"\s+#\s.*")
# Words that stand for what the reader puts there: RUN, NAME, <date>, three dots.
FORM = re.compile(r"(?<![\w.\-/])[A-Z]{2,}(?![\w.\-/])|\.\.\.|…|<\w+>|\|")
AFTER = {"|", ">", ">>", "&&", "||", "&", ";"}  # signs of the shell that end a command


def commands(page: str) -> Iterator[str]:
    """Yield the commands on a page of Markdown, each on one line, without comments."""
    for _, kind, body in FENCED.findall(page):
        if kind.strip() == "{raw} html":
            body = html.unescape(re.sub(r"<(?!/?code)[^>]+>", "", body))
            yield from map(one_line, TAG.findall(body))
            yield from map(one_line, SPAN.findall(body))
        else:
            yield from map(one_line, LINE.findall(body))
    text = FENCED.sub("", page)
    yield from map(one_line, INDENTED.findall(text))
    yield from map(one_line, SPAN.findall(INDENTED.sub("", text)))


def one_line(command: str) -> str:
    """Return a command on one line, without the comment behind it."""
    return COMMENT.sub("", " ".join(command.replace("\\\n", " ").split()))


def words(command: str) -> list[str]:
    """Return the words of a command behind `dlx`, up to a sign of the shell."""
    typed = shlex.split(command)[1:]
    ends = [place for place, word in enumerate(typed) if word in AFTER]
    return typed[: ends[0]] if ends else typed


def is_form(command: str) -> bool:
    """Return whether a command has words that the reader replaces, such as RUN or GROUP=OPTION."""
    return bool(FORM.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)))


def by_page(pages: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the commands of each page, each once, in order; pages without commands are left out."""
    found = {name: list(dict.fromkeys(commands(text))) for name, text in pages.items()}
    return {name: own for name, own in found.items() if own}
