"""The site: its pages are whole, its links lead somewhere, and every command on it can be typed."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pygments.styles import get_style_by_name

from dlx.config import catalog, schema
from dlx.config.node import target_of
from dlx.errors import ConfigError
from dlx.stored.result import RESULT
from dlx.study.read.shelf import all_studies, read_study
from docs.site import build, check, commands, concepts, lines, reference, studies, whole
from docs.site.markup import console, prose
from docs.site.studies import Entry
from tests.browser.test_lab_book import contrast
from tests.study.test_badges import claim

ENTRIES = ("residual_depth", "layer_equations", "linear_collapse")
SAMPLE = 12  # of so many commands one is composed; `make docs` composes them all
STUDIES = 4  # of so many studies those of one are read


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the site of three studies, the first one with a result, with a small reference.

    The converter of formulas is an extra, and not called.
    """
    fake = ModuleType("latex2mathml.converter")
    fake.convert = lambda latex, display: f"<math>{display}</math>"  # type: ignore[attr-defined]
    forms = [{}, {"expect": "greater", "said": "Two <layers> *are* better", "verdict": "inconclusive"}]
    forms += [{"expect": "greater"}, {"expect": "equal"}, {"expect": "equal", "control": True}]
    arms = {"axes": ["arm"], "metrics": ["m"], "rows": []}
    result = {"name": ENTRIES[0], "title": "t", "verdict": "holds", "claims": [claim(**one) for one in forms]}
    own = RESULT(result | {"arms": arms, "seeds": [0, 1], "runs": 4}, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLX_LANG", "en")
        patch.setitem(sys.modules, "latex2mathml", ModuleType("latex2mathml"))
        patch.setitem(sys.modules, "latex2mathml.converter", fake)
        every = [Entry(read_study(ENTRIES[0]), own, tmp_path_factory.mktemp("study"))]
        every += [Entry(read_study(name), None, None) for name in ENTRIES[1:]]
        yield build.pages(every, ["normalization", "scheduler"])


def test_links_lead_to_pages_and_places(pages: dict[str, str]) -> None:
    places = {name: set(re.findall(r"^\(([\w-]+)\)=$", words, re.M)) for name, words in pages.items()}
    missing = []
    for name, words in pages.items():
        for target, place in re.findall(r'href="([^":#]+)\.html(?:#([\w-]+))?"', words):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            known = path in pages or path.startswith("reference/")  # of which this site has two pages
            if not known or (place and place not in places[path]):
                missing.append((name, target, place))
    assert not missing, missing[:10]


def test_a_study_page_says_what_was_found(pages: dict[str, str]) -> None:
    words = pages["studies/residual_depth"]
    for part in (
        "Why do very deep networks", "dlx study run residual_depth", "He et al. 2016", "experiments/residual_depth",
        "<math>", "training accuracy −0.848", "far beyond the margin", "Two &lt;layers&gt; *are* better",
        "../ko/studies/residual_depth.html",
    ):  # fmt: skip
        assert part in words, part
    assert "<layers>" not in words
    assert "<strong>inconclusive</strong>" in pages["changed"]
    assert "## 2026-11-26" in pages["changed"]  # the log follows
    assert "not run here" in pages["studies/chapter_foundations"]


def test_words_between_backticks_are_code(pages: dict[str, str]) -> None:
    assert prose("set `a < b` here") == "set <code>a &lt; b</code> here"
    shown = re.sub(r"<details.*?</details>|^`+.*$", "", pages["reference/normalization"], flags=re.S | re.M)
    assert "`" not in shown


def test_the_korean_edition_says_the_same_in_korean(pages: dict[str, str]) -> None:
    words = pages["ko/studies/residual_depth"]
    for part in (
        "매우 깊은 신경망에는 왜", "0.848 낮으므로", "## 이유", "dlx study run residual_depth", "학습 정확도 −0.848",
        "../../studies/residual_depth.html", "여유를 크게 넘음", "experiments/residual_depth",
        "concepts/E4.html#ko-e4-4",
    ):  # fmt: skip
        assert part in words, part
    assert "(ko-e4-4)=" in pages["ko/concepts/E4"]
    assert "여기서 실행되지 않음" in pages["ko/studies/chapter_foundations"]
    english = {name for name in pages if name.startswith(("studies/", "concepts/")) or name == "myths"}
    assert {name.removeprefix("ko/") for name in pages if name.startswith("ko/")} == english | {"index"}


def test_every_concept_has_a_place(pages: dict[str, str]) -> None:
    assert set(concepts.documents()) == set(concepts.DOCUMENTS)
    assert "ResNet" in pages["concepts/E4"]


def test_every_page_stands_in_a_table_of_contents(pages: dict[str, str]) -> None:
    listed = {"index"}
    for name, words in pages.items():
        for body in re.findall(r"^```\{toctree\}\n(.*?)^```$", words, re.M | re.S):
            lines = [line for line in body.splitlines() if line and not line.startswith(":")]
            listed |= {str(Path(name).parent / line).removeprefix("./") for line in lines}
    assert set(pages) <= listed, set(pages) - listed


def sources() -> dict[str, str]:
    """Return what the pages of the site take their commands from, by page: the pages themselves need results."""
    found = {path.stem: path.read_text(encoding="utf-8") for path in commands.PAGES.rglob("*.md")}
    found |= {name: build.noted(name) for name in (*build.NOTES, "log")}
    found |= {name: (build.ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")}
    found |= {study.name: console(studies.commands(study)) for study in all_studies()[::STUDIES]}
    for group in reference.groups():
        options = [catalog.read(group, name) for name in catalog.option_files(group)]
        own = [schema.read_class(target_of(node)) for option in options for _, node in catalog.parts(option)]
        examples = [" ".join(source.example.split()) for source in own if source and source.example]
        found[group] = console([f"dlx axes {group}", *examples])
    return found


def test_every_command_is_read_and_a_sample_is_composed(pages: dict[str, str]) -> None:
    found = {**lines.by_page(sources()), **lines.by_page(pages)}
    assert len({command for own in found.values() for command in own}) > 400
    assert check.faults(found, check.introduced(), SAMPLE) == []


WRONG = {
    "dlx trian": "no such command",
    "dlx train model.dpeth=3": "model.dpeth: no such key of MLP",
    "dlx train -m optimizer=adam,sdg": "no such optimizer",
    "dlx train optimizer=adam optimizer.momentum=0.9": "momentum",
    "dlx train model.depth=0": "expected int > 0",
    "dlx train model.depth=2,4": "without -m",
    "dlx train --mulitrun seed=1": "no such flag",
    "dlx study run residual_dept": "no such study",
    "dlx study run residual_depth model.widht=3": "widht",
    "dlx study run residual_depth --sedes 3": "no such flag",
    "dlx claim 'test/loss: optimizer=sgd < optimizer=adam' model.dpeth=2": "dpeth",
    "dlx report --plto x.svg": "no such flag",
    "dlx axes activation=rleu": "no such activation",
    "dlx trace model=mlp model.dpeth=2": "dpeth",
}


def test_wrong_commands_are_found() -> None:
    found = check.faults({"right": ["dlx train seed=1"], "wrong": list(WRONG)})
    assert [page for page, _ in found] == ["wrong"] * len(WRONG)
    for (_, said), (command, fault) in zip(found, WRONG.items(), strict=True):
        assert said.startswith(f"{command}: ")
        assert fault in said, said


def test_keys_are_looked_up_where_nothing_is_composed() -> None:
    check.check_keys(["model.depth=2", "regularizer.l2.strength=1", "streams.data=1", "trainer.max_epochs=1"])
    with pytest.raises(ConfigError, match=r"model\.dpeth: no option of model has this key"):
        check.check_keys(["model.dpeth=2"])


def test_commands_are_found_in_code_in_text_and_in_html() -> None:
    page = """Type `dlx axes
norm=batch`, or:

    $ dlx train -m act=relu,tanh \\
        'seed=range(3)'   # three seeds
    $ dlx train seed=x
    dlx: seed: expected int >= 0, got 'x'

```bash
dlx study list | less
```

`````````{raw} html
<p>See <code>dlx axes act</code> and `dlx show RUN`.</p>
`````````
"""
    found = list(lines.commands(page))
    assert sorted(found) == [
        "dlx axes act", "dlx axes norm=batch", "dlx show RUN", "dlx study list | less",
        "dlx train -m act=relu,tanh 'seed=range(3)'",
    ]  # fmt: skip
    assert lines.words("dlx study list | less") == ["study", "list"]
    assert [lines.is_form(command) for command in sorted(found)] == [False, False, True, True, False]


def test_korean_words_are_found_with_and_without_particles() -> None:
    pattern = re.compile(re.search(r'r"(\(\?<=.*?\$)"', (build.HERE / "conf.py").read_text("utf-8"))[1])  # type: ignore[index]
    found = [pattern.sub("", word) for word in ("드롭아웃은", "기울기를", "데이터에서", "학습", "정확도")]
    assert found == ["드롭아웃", "기울기", "데이터", "학습", "정확도"]


WHOLE = """<html><head><title>{title}</title><script src="_static/own.js"></script></head>
<body><a href="other.html">menu</a>
<article><h1 id="top">One<a class="headerlink" href="#top">#</a></h1><h2>Part</h2>{body}</article></body></html>"""
FAULTS = {
    '<p><a href="third.html">x</a></p>': "no page third.html",
    '<p><a href="other.html#nowhere">x</a></p>': "no place other.html#nowhere",
    '<p><a href="#nowhere">x</a></p>': "no place #nowhere",
    '<img src="_static/own.js" alt="">': "no words for the picture _static/own.js",
    '<img src="lost.png" alt="x">': "no file lost.png",
    '<img src="https://example.org/x.png" alt="x">': "needs a network: https://example.org/x.png",
    '<svg role="img"></svg>': "no words for a drawing",
    "<p>loss = \\frac{1}{n}</p>": "TeX is shown as text: 'loss = \\\\frac{1}{n}'",
    "": "empty section Part",
    "<h2>Next</h2><p>x</p>": "empty section Part",
    '<p id="top">x</p>': "two elements have the id top",
}


def test_faults_of_a_built_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "own.js").touch()
    right = '<h3>Deeper</h3><p><a href="one.html#top">x</a><code>\\frac</code></p><h2>Next</h2><math></math>'
    (tmp_path / "other.html").write_text(WHOLE.format(title="Other", body=right), encoding="utf-8")
    for body, fault in FAULTS.items():
        (tmp_path / "one.html").write_text(WHOLE.format(title="One", body=body), encoding="utf-8")
        assert whole.faults(tmp_path) == [("one.html", fault)]
    (tmp_path / "one.html").write_text(WHOLE.format(title="Other", body=right), encoding="utf-8")
    assert whole.faults(tmp_path) == [("other.html", "has the title of one.html: Other")]


@pytest.mark.parametrize("name", ["pygments_style", "pygments_dark_style"])
def test_colors_of_code_can_be_read(name: str) -> None:
    """Contrast of 4.5 at least (WCAG 2.1, AA)."""
    chosen = re.search(
        r"^pygments_style, pygments_dark_style = (.*?)  #", (build.HERE / "conf.py").read_text("utf-8"), re.M
    )
    assert chosen
    style = get_style_by_name(ast.literal_eval(chosen[1])[name == "pygments_dark_style"])
    used = [own["color"] for kind, own in style if own["color"] and not re.search("Error|Generic", str(kind))]
    worst = min(used, key=lambda color: contrast(f"#{color}", style.background_color))
    assert contrast(f"#{worst}", style.background_color) >= 4.5, worst


def test_names_of_studies_lead_to_their_pages() -> None:
    every = [Entry(read_study(name), None, None) for name in ENTRIES]
    words = studies.linked("`linear_collapse`, `linear`, `dlx study run linear_collapse`", every)
    assert words == "[`linear_collapse`](studies/linear_collapse.md), `linear`, `dlx study run linear_collapse`"


def test_documents_lose_links_that_lead_out_of_the_site() -> None:
    words = build.noted("studies")
    assert "](../" not in words
    assert not re.findall(r"\]\((?!https?:)[^)]*\.(?:py|yaml|html)\)", words)
