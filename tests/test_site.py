"""The site: its pages are whole, its links lead somewhere, and every command on it can be typed."""

from __future__ import annotations

import posixpath
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dlx.config import catalog
from dlx.config.aliases import full_name
from dlx.stored.result import RESULT
from dlx.study.read.shelf import files, read_study
from docs.site import build, commands, concepts
from docs.site.markup import prose
from docs.site.studies import Entry
from tests.conftest import compose_config
from tests.study.test_badges import claim

ENTRIES = ("residual_depth", "layer_equations", "linear_collapse")
SAMPLE = 6  # commands of `dlx train` that Hydra composes; the words of all others are looked up


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


def test_words_between_backticks_are_code() -> None:
    assert prose("set `a < b` here") == "set <code>a &lt; b</code> here"


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


def lines_of_the_site() -> list[str]:
    """Return every command of the tutorial, of the how-to pages, the tasks, options and the reference's examples."""
    guides = [*commands.guides(), commands.TASKS]
    typed = [body for page in guides for name, body in commands.steps(page) if not name]
    for group in catalog.groups():
        for name in catalog.option_files(group) if group != "experiment" else ():
            option = catalog.read(group, name)
            for _, node in catalog.parts(option):
                source = studies_source(node)
                typed += [source] if source else []
    return typed


def studies_source(node: object) -> str:
    """Return the example of a class, or an empty string."""
    from dlx.config import schema
    from dlx.config.node import target_of

    source = schema.read_class(target_of(node)) if isinstance(node, dict) else None
    return " ".join(source.example.split()) if source else ""


def test_every_command_names_what_exists() -> None:
    from dlx.cli.main import COMMANDS

    own = {"bent_border"}  # the tutorial writes it
    trains = []
    for line in lines_of_the_site():
        words = [word for word in shlex.split(line)[1:] if word not in ("--lang", "ko")]
        assert words[0] in COMMANDS, line
        if words[0] == "study":
            named = [word for word in words[2:] if "=" not in word and not word.startswith("--")]
            given = {words[n + 1] for n, word in enumerate(words[:-1]) if word in ("--concept", "--output", "--seeds")}
            assert all(name in files() or name in own or name in given for name in named), line
        for word in words[1:] if words[0] == "train" else ():
            group, _, value = full_name(word).partition("=")
            if group in catalog.groups() and group not in catalog.list_groups() | {"experiment"} and value:
                assert all(name in catalog.option_files(group) for name in value.split(",")), line
        trains += [words] if words[0] == "train" else []
    assert len(trains) > 100
    for words in [words for words in trains if "-m" not in words][:: max(1, len(trains) // SAMPLE)]:
        compose_config(*[word for word in words[1:] if "=" in word and "hydra." not in word])


def test_every_task_has_a_command_and_an_answer() -> None:
    sections = commands.TASKS.read_text(encoding="utf-8").split("\n## ")[1:]
    assert len(sections) == 22
    assert not [words.partition("\n")[0] for words in sections if "```bash\n" not in words or "```text\n" not in words]
    lines = [body for _, body in commands.steps(commands.TASKS)]
    for line in [line for line in lines if line.startswith("dlx train")]:
        compose_config(
            *[word for word in shlex.split(line)[2:] if word != "-m" and "," not in word and "range(" not in word]
        )


def test_korean_words_are_found_with_and_without_particles() -> None:
    pattern = re.compile(re.search(r'r"(\(\?<=.*?\$)"', (build.HERE / "conf.py").read_text("utf-8"))[1])  # type: ignore[index]
    found = [pattern.sub("", word) for word in ("드롭아웃은", "기울기를", "데이터에서", "학습", "정확도")]
    assert found == ["드롭아웃", "기울기", "데이터", "학습", "정확도"]


def test_documents_lose_links_that_lead_out_of_the_site() -> None:
    words = build.noted("studies")
    assert "](../" not in words
    assert not re.findall(r"\]\((?!https?:)[^)]*\.(?:py|yaml|html)\)", words)
