"""The lab book in a real browser: no error, no broken link, no text that overflows, on a screen and on a phone."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

import dlx.results.page
from dlx.results.page import page
from dlx.stored.result import RESULT
from dlx.study.book.lab_book import book
from dlx.study.read.shelf import all_studies
from docs.site.chromium import program

SHIPPED = Path(__file__).parent.parent.parent / "docs" / "lab_book.html"
CHROMIUM = program()
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the lab book was not looked at")

LOOK = """
<script>
window.addEventListener("load", () => {
  const wide = document.body.getBoundingClientRect().right + 1, bad = [];
  for (const e of document.querySelectorAll("main *"))
    if (!e.closest(".scroll, details:not([open]), svg") && e.getBoundingClientRect().right > wide)
      bad.push(`${e.tagName} is wider than the page: ${e.textContent.slice(0, 40)}`);
  for (const svg of document.querySelectorAll("svg")) {
    const box = svg.getBoundingClientRect();
    for (const t of svg.querySelectorAll("text")) {
      const own = t.getBoundingClientRect();
      if (own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1 || own.top < box.top - 1)
        bad.push(`text outside its picture: ${t.textContent}`);
    }
  }
  for (const a of document.querySelectorAll("a"))
    if (!document.getElementById(a.getAttribute("href").slice(1))) bad.push(`broken link ${a.href}`);
  const result = document.createElement("pre");
  result.id = "looked"; result.textContent = JSON.stringify(bad); document.body.append(result);
});
</script>
"""


def result(**changes: object) -> dict[str, object]:
    """Return a result with long words, as they come."""
    claim = {
        "said": "a very long sentence about val/accuracy_of_something_with_a_name_that_never_ends_and_goes_on_and_on",
        "sentence": "He beats Xavier by 0.35, interval 0.21 to 0.48 (10 seeds; margin 0.05): holds. " * 2,
        "expect": "greater",
        "verdict": "holds",
        "expected": "holds",
        "instead": "",
        "control": False,
        "value": 0.35,
        "low": 0.21,
        "high": 0.48,
        "level": 0.975,
        "n": 10,
        "p": 1e-6,
        "bca": [0.2, 0.5],
        "needed": None,
        "reason": "",
    }
    arms = {
        "axes": ["arm", "model.depth", "regularizer.gradient_clipping.max_norm"],
        "metrics": ["test/accuracy", "init/gradient/ratio / init/gradient/norm/hidden.0.0"],
        "rows": [
            {
                "levels": ["he", "30", "none"],
                "runs": 10,
                "values": [[0.5, 0.1], [1e-9, 2e-10]],
                "statuses": {"finished": 10},
            }
        ],
    }
    own: dict[str, object] = {
        "schema": 1,
        "name": "he_30_layers",
        "label": "",
        "date": "2026-01-01 12:00",
        "command": "dlx study run he_30_layers trainer.max_epochs=15 regularizer.gradient_clipping.max_norm=0.001",
        "title": "A 30-layer ReLU network starts with He & not with <Xavier>",
        "question": "Does the factor 2 matter?",
        "why": "ReLU halves the variance.",
        "chapter": "initialization",
        "concepts": ["A1.6"],
        "reference": {"work": "He et al. 2015, figure 3", "figure": "1"},
        "verdict": "holds",
        "as_expected": True,
        "claims": [claim, {**claim, "verdict": "refuted", "expected": "refuted", "instead": "the contrary"}],
        "facts": [],
        "arms": arms,
        "seeds": list(range(10)),
        "runs": 40,
        "statuses": {"finished": 40},
        "seconds": {"runs": 127.0, "wall": 3.0},
        "tuning": None,
        "versions": {"dlx": "0.1.0"},
        "machine": "Linux x86_64, 2 cores",
    }
    return dict(RESULT(own | changes, ""))


def picture() -> str:
    """Return a real plot."""
    from dlx.results.figure import inline, new_figure, style

    import io  # isort: skip

    with style():
        figure, (own,) = new_figure()
        own.plot([1, 2], [3, 4], label="a")
        own.set_xlabel("model.depth")
        own.set_ylabel("test/accuracy")
        own.legend()
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True)
    return inline(text.getvalue(), "one")


def complaints(text: str, width: int, folder: Path) -> list[str]:
    """Open a page in Chromium and return what is wrong with it."""
    assert CHROMIUM is not None
    file = folder / "book.html"
    file.write_text(text.replace("</head>", f"<style>body {{ width: {width}px }}</style>{LOOK}</head>"), "utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += ["--virtual-time-budget=3000", f"--user-data-dir={folder / 'profile'}"]
    command += [f"--window-size={max(width, 500)},900", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr, done.stderr
    looked = re.search(r'<pre id="looked">(.*?)</pre>', done.stdout, re.S)
    assert looked, "the page did not load"
    return list(json.loads(unescape(looked[1])))


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_reads_well(width: int, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "plot.svg").write_text(picture(), encoding="utf-8")
    found = [
        (result(), folders[0]),
        (result(name="other", chapter="vision", label="fast: seeds 0..2 of 10"), folders[1]),
    ]
    assert complaints(page("Lab book", book(found)), width, tmp_path) == []


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_shipped_lab_book_reads_well(width: int, tmp_path: Path) -> None:
    assert complaints(SHIPPED.read_text(encoding="utf-8"), width, tmp_path) == []


def test_the_shipped_lab_book_has_every_study() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    missing = [study.name for study in all_studies() if f'<section id="{study.name}"' not in text]
    assert missing == [], "make lab_book"


def luminance(color: str) -> float:
    """Return the relative luminance of a color such as #1a7f4b."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors."""
    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("name", ["ink", "soft", "good", "bad", "open", "link"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_can_be_read(name: str, scheme: str) -> None:
    """Contrast of 4.5 at least (WCAG 2.1, AA), on light and on dark paper."""
    light, dark = dlx.results.page.STYLE.split("prefers-color-scheme: dark", 1)
    colors = dict(re.findall(r"--(\w+): (#\w{6})", light if scheme == "light" else dark))

    assert contrast(colors[name], colors["paper"]) >= 4.5
