"""Markdown and HTML of the pages: escaped text, raw blocks, formulas, commands and links."""

from __future__ import annotations

import html as _html
import re
from collections.abc import Iterable, Sequence

from dlx.config.formula import lines_of
from dlx.results.escape import html

FENCE = "`" * 9
CODE = re.compile(r"`+([^`]+)`+")
UNSAFE = re.compile(r"([\\`*_{}\[\]<>#+!|$~^&])")


def text(words: str) -> str:
    """Return words for Markdown, with every letter that means something there escaped."""
    return UNSAFE.sub(r"\\\1", " ".join(str(words).split()))


def prose(words: str) -> str:
    """Return words of a docstring or a comment as HTML; what stands between backticks becomes code."""
    return CODE.sub(r"<code>\1</code>", html(words))


def raw(body: str) -> str:
    """Return HTML as a block of Markdown."""
    return f"{FENCE}{{raw}} html\n{body.strip()}\n{FENCE}\n"


def code(words: str, language: str) -> str:
    """Return a block of code that is highlighted and can be copied."""
    return f"{FENCE}{language}\n{words.rstrip()}\n{FENCE}\n"


def console(commands: Iterable[str]) -> str:
    """Return commands as a block of code, as they are typed."""
    return code("\n".join(commands), "bash")


def formula(latex: str) -> str:
    """Return a formula as MathML, which browsers draw without a script; one line for each equation."""
    from latex2mathml.converter import convert

    lines = "".join(f'<div class="equation">{convert(part, display="block")}</div>' for part in lines_of(latex))
    return f'<div class="formula">{lines}</div>' if lines else ""


def folded(title: str, body: str, kind: str = "") -> str:
    """Return HTML that opens when its title is clicked."""
    return f'<details class="{kind}"><summary>{html(title)}</summary>{body}</details>'


def highlighted(words: str, language: str) -> str:
    """Return code as highlighted HTML."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    return highlight(words, get_lexer_by_name(language), HtmlFormatter(cssclass=f"highlight-{language} highlight"))


def link(address: str, words: str) -> str:
    """Return a link in HTML."""
    return f'<a href="{html(address)}">{html(words)}</a>'


def labeled(svg: str, words: str) -> str:
    """Return a drawing with words for a reader who does not see it."""
    return svg.replace("<svg ", f'<svg aria-label="{html(" ".join(words.split()))}" ', 1)


def table(heads: Sequence[str], rows: Iterable[Iterable[str]], stacked: bool = False) -> str:
    """Return a table of HTML cells that scrolls on a narrow screen.

    Args:
        heads: the heads of the columns.
        rows: the cells of each row.
        stacked: on a narrow screen, put the cells of a row below each other, each behind the head of its column.
    """
    head = "".join(f"<th>{html(name)}</th>" for name in heads)
    cells = (
        "".join(f'<td data-head="{html(n)}">{cell}</td>' for n, cell in zip(heads, row, strict=True)) for row in rows
    )
    body = "".join(f"<tr>{own}</tr>" for own in cells)
    kind = "scroll stacked" if stacked else "scroll"
    return f'<div class="{kind}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def toctree(pages: Iterable[str], hidden: bool = True, depth: int = 1) -> str:
    """Return the list of the pages below a page; the order is that of previous and next."""
    lines = [f":maxdepth: {depth}", *([":hidden:"] if hidden else [])]
    return "\n".join(["```{toctree}", *lines, "", *pages, "```", ""])


def unescaped(words: str) -> str:
    """Return HTML without its tags, as text."""
    return _html.unescape(re.sub(r"<[^>]+>", "", words))
