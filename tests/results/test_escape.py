"""Texts from files in every form of output: what is shown is the text, and nothing obeys it."""

from __future__ import annotations

import csv
import html as entities
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from dlx.results import escape
from dlx.results.facts import next_commands
from dlx.results.figure import files, new_figure, raster, style
from dlx.results.formats import as_csv, as_html, as_json, as_latex
from dlx.results.svg import clean, drawings
from dlx.results.table import STD, ArmsTable, Estimate, Row, print_table

EVIL = "[/red]\x1b]0;title\x07=1+1 $x_{$ <script>\u202e\u009b2J\r\n#&%_\\"
SHORT = settings(max_examples=100, deadline=None, derandomize=True)
texts = st.text(max_size=20) | st.text(st.sampled_from("=+-@[]/\\$<&\x1b\u202e\n\r\"'#%_"), max_size=8)


def table(text: str) -> ArmsTable:
    """Return a table with a text as a key, as a level and as a metric."""
    rows = [Row([text], 2, [Estimate(1.0, 0.5, (0.5, 1.5))], {"finished": 2}, [text])]
    return ArmsTable([text], [f"test/{text}"], rows, STD)


def printed(table: ArmsTable) -> str:
    """Return a table as it is printed to a terminal."""
    out = io.StringIO()
    print_table(Console(file=out, force_terminal=True, width=300), table, 300, "{metric}")
    return Text.from_ansi(out.getvalue()).plain


class Elements(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@SHORT
@given(texts)
def test_a_text_in_every_form_shows_itself(text: str) -> None:
    assert escape.plain(text).replace(" ", "").isprintable() or not escape.plain(text).isascii()
    assert not set(escape.plain(text)) & set("\x1b\x07\u202e\u2066\u009b\r\n\u2028")
    assert Text.from_markup(f"[bold]{escape.markup(text)}[/]").plain == escape.plain(text)
    assert entities.unescape(escape.html(text)) == escape.plain(text, lines=True)
    assert not set(escape.html(text)) & set("<>\"'")
    assert json.loads(escape.json_text([text])) == [text]
    cell = escape.cell(text)
    assert not cell.startswith(escape.FORMULA) or escape.is_number(text)


def test_a_number_is_no_formula() -> None:
    assert [escape.cell(value) for value in ("-0.5", "+1e3", -2, "=1", "-x", "@a", "\t=1", "a=1")] == [
        "-0.5", "+1e3", -2, "'=1", "'-x", "'@a", r"'\t=1", "a=1",
    ]  # fmt: skip


def test_a_table_obeys_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    own = table(EVIL)
    shown = printed(own)
    assert r"[/red]\x1b]0;title\x07=1+1 $x_{$ <script>\u202e\x9b2J\r\n#&%_" in shown
    page = Elements(as_html(own))
    assert page.names == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert r"<script>\u202e" in page.text
    (header, row) = csv.reader(io.StringIO(as_csv(table("=cmd|calc"))))
    assert (header[0], row[0], header[2]) == ("'=cmd|calc", "'=cmd|calc", "test/=cmd|calc")
    assert json.loads(as_json(own))["arms"][0]["parameters"] == {EVIL: EVIL}
    assert not set(as_json(own) + as_csv(own) + as_latex(own) + as_html(own)) & set("\x1b\x07\u202e\u009b\r")
    latex = as_latex(own).split("\\midrule\n")[1]
    assert r"{[}/red{]}" in latex
    assert r"\$x\_\{\$" in latex
    assert r"\#\&\%\_\textbackslash{}" in latex


def test_the_next_command_is_one_command() -> None:
    summary = {"status": "interrupted", "overrides": []}
    assert next_commands(summary, "outputs/a; rm -rf b") == ["dlx resume 'outputs/a; rm -rf b'"]


def test_a_figure_shows_dollars_and_keeps_its_powers_of_ten(tmp_path: Path) -> None:
    bad = r"$x_{$"  # a formula that matplotlib refuses
    with style():
        figure, (own,) = new_figure()
        own.plot([1, 100], [1, 100], label=bad)
        own.set_yscale("log")
        own.set_xticks([1, 100], [bad, "$\\frac$"])
        for say in (own.set_title, own.set_xlabel, own.set_ylabel):
            say(f"{bad}\x1b")
        own.legend()
        svg, _ = files(figure, tmp_path / "plot", "name")
        assert np.asarray(raster(figure)).ndim == 3
    text = svg.read_text()
    assert text.count("$x_{$") == 5
    assert r"$x_{$\x1b" in text
    assert r"\mathdefault{10^{0}}" not in clean(text)  # its comment in the file is left out
    assert "\x1b" not in text
    assert "<tspan" in text


@pytest.mark.parametrize(
    "part",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script/></body></foreignObject>",
        '<image href="https://example.org/seen.png"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        '<use href="https://example.org/a.svg#b"/>',
        '<path style="fill: url(https://example.org/a)" d="M 0 0"/>',
        '<path style="position: fixed; background: red" d="M 0 0"/>',
        "<style>* { display: none }</style>",
        "<style>@import url(https://example.org/a.css)</style>",
        "<animate attributeName='href' values='javascript:alert(1)'/>",
        "<text><![CDATA[<script>alert(1)</script>]]></text>",
        "<!--><script>alert(1)</script>-->",
        "<title><script>alert(1)</script></title>",
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    ],
)
def test_a_drawing_brings_no_script(part: str) -> None:
    drawing = clean(f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><g>{part}</g><text>kept</text></svg>')
    assert drawing is not None
    assert "kept" in drawing
    assert Elements(drawing).names <= {"svg", "g", "text", "path", "image", "use"}
    lowered = drawing.lower().replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")
    for word in ("script", "onload", "http", "url(", "position", "display", "import", "data:"):
        assert word not in lowered


def test_what_is_no_drawing_is_left_out(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
    contents = {
        "plot1": '<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>', "plot2": bomb, "plot3": "<svg",
        "plot4": "<html/>", "plot5": "<svg xmlns='http://www.w3.org/2000/svg'>" + "<g>" * 20000,
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / f"{name}.svg").write_text(content)
    (tmp_path / "plot6.svg").write_bytes(b"\xff\xfe")
    (tmp_path / "plot7.svg").mkdir()
    found, broken = drawings(tmp_path)
    assert found == ['<svg role="img"><text>x</text></svg>']
    assert broken == [f"plot{number}.svg" for number in range(2, 8)]


def test_a_drawing_of_dlx_is_kept_whole(tmp_path: Path) -> None:
    with style():
        figure, (own,) = new_figure()
        own.plot([0, 1], [0, 1], "o-", label="a line")
        own.imshow(np.eye(3))
        own.legend()
        files(figure, tmp_path / "plot", "name")
    drawing = (tmp_path / "plot.svg").read_text()
    kept = clean(drawing)
    assert kept is not None
    for sign in ("<path", "<use", "<image", "<clipPath", "clip-path=", "a line", 'id="name-', "data:image/png"):
        assert kept.count(sign) == drawing.count(sign) > 0
