"""dlx study as a person uses it, on a study of a few tiny runs in ./experiments."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlx.cli.main import main
from dlx.study.variation import Variation
from tests.conftest import read_json

STUDY = """\
# @package _global_
# a study of nothing much
defaults:
  - override /dataset: iris
model: {depth: 2, width: 4}
trainer: {max_epochs: 1, accelerator: cpu}
study:
  title: Training beats none <at all>
  question: Does training help?
  chapter: foundations
  concepts: [A2.2]
  reference: {work: "Somebody 1999, table 1", figure: "0.5"}
  why: Gradients point downhill.
  seeds: 8
  arms:
    trained: [trainer.max_epochs=30, optimizer.lr=0.01]
    fresh: [trainer.max_epochs=0]
  claims:
    - {metric: train/loss, arm: trained, than: fresh, expect: less, margin: 0.01,
       say: "Training takes off {size} of the loss"}
    - {metric: train/loss - val/loss, arm: fresh, expect: equal, within: 1, control: true}
    - {metric: train/loss, arm: trained, than: fresh, expect: greater, margin: 0, expect_verdict: refuted,
       truth: the loss falls, say: Training only makes it worse}
  facts:
    - {metric: parameters, arm: trained, than: fresh, expect: identity, tolerance: 0, say: Both are the same size}
hydra: {mode: MULTIRUN}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty place with one study of the user's own."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "tiny.yaml").write_text(STUDY)
    return tmp_path


def test_run_judge_list_show_and_report(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "run", "tiny"]) == 0
    out = capsys.readouterr().out
    assert "Training takes off" in out
    assert "Myth: “Training only makes it worse.”" in out
    assert "Fact: The loss falls." in out
    assert "16 finished" in out
    result = read_json(home / "outputs/studies/tiny/result.json")
    assert [claim["verdict"] for claim in result["claims"]] == ["holds", "holds", "refuted"]
    assert [fact["verdict"] for fact in result["facts"]] == ["true"]
    assert result["counts"] == {"claims": 2, "facts": 1, "myths": 1}
    assert (result["verdict"], result["as_expected"], result["runs"]) == ("holds", True, 16)
    stamps = {path: path.stat().st_mtime_ns for path in home.glob("outputs/sweeps/tiny/*/summary.json")}
    assert len(stamps) == 16

    assert main(["study", "run", "tiny"]) == 0  # finished runs are kept
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    capsys.readouterr()

    assert main(["study", "list", "--concept", "A2.2"]) == 0
    assert "tiny" in capsys.readouterr().out
    assert main(["study", "list", "--coverage"]) == 0
    covered = " ".join(capsys.readouterr().out.split())
    assert re.search(
        r"\d+ of 132 concepts are covered by a claim, \d+ by a claim or a fact; 1 with a verdict here", covered
    )
    assert main(["study", "show", "tiny"]) == 0
    shown = capsys.readouterr().out
    assert "dlx study run tiny --seeds 1000..1007" in shown
    assert "counts   2 claims, 1 fact, 1 myth" in shown
    assert main(["study", "report"]) == 0
    page = Page((home / "outputs/lab_book.html").read_text())
    assert page.links <= page.ids
    assert {"tiny", "myths", "time", "chapter-foundations"} <= page.ids
    assert not page.outside
    assert "<at all>" not in page.text
    assert "Somebody 1999, table 1: 0.5; ours:" in page.text
    assert "1 study with 2 claims, 1 fact, 1 myth; 1 came out as expected" in page.text
    assert "1 of 132 concepts, 0 of them by facts alone" in page.text


def test_fewer_seeds_and_overrides_are_labeled(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "run", "tiny", "model.width=3", "--seeds", "7..14"]) == 0
    assert "(model.width=3 seeds 7..14)" in capsys.readouterr().out
    (folder,) = (home / "outputs/studies/tiny/variations").iterdir()
    result = read_json(folder / "result.json")
    assert result["command"] == "dlx study run tiny model.width=3 --seeds 7..14"
    assert result["seeds"] == list(range(7, 15))
    assert not (home / "outputs/studies/tiny/result.json").exists()


def test_runs_start_from_a_source_and_keys_are_tuned(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The source is trained once a seed; what starts from it is as good without a step of its own."""
    text = STUDY.replace("trained: [trainer.max_epochs=30, optimizer.lr=0.01]", "trained: [trainer.max_epochs=0]")
    more = """  pretrain: {overrides: [trainer.max_epochs=30], arms: [trained]}
  tune: {key: optimizer.lr, values: [0.01, 0.02], by: val/loss, seeds: 1}
"""
    file = home / "experiments" / "tiny.yaml"
    file.write_text(text.replace("  seeds: 8\n", "  seeds: 8\n" + more).replace("optimizer.lr=1", ""))
    assert main(["study", "run", "tiny", "optimizer=adam"]) == 0
    assert "tuned    optimizer.lr by val/loss: 4 runs" in capsys.readouterr().out
    sweep = next((home / "outputs/sweeps").glob("tiny-*"))
    assert len(list((sweep / "pretraining").glob("*/summary.json"))) == 8
    tuning = read_json(sweep / "tuning.json")
    assert [chosen["labels"] for chosen in tuning["chosen"]] == [{"arm": "trained"}, {"arm": "fresh"}]
    for path in (sweep / "tuning").glob("*/summary.json"):
        assert not any(name.startswith("test/") for name in read_json(path)["metrics"])


def test_levels_of_an_axis_may_be_numbers_and_words(home: Path) -> None:
    head, _ = STUDY.split("  arms:")
    file = home / "experiments" / "tiny.yaml"
    axes = "  axes: {units: {1: [model.width=1], 8: [model.width=8], few: [model.width=2]}}\n"
    claim = """  facts:
    - {metric: model.width, at: {units: [1, 8]}, expect: threshold, when: units > 4, above: 5, otherwise_below: 2}
hydra: {mode: MULTIRUN}
"""
    file.write_text(head.replace("max_epochs: 1", "max_epochs: 0") + axes + claim)
    assert main(["study", "run", "tiny"]) == 0


def test_more_seeds_are_further_looks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A claim on chance alone, the order of two losses before training, stays open with eight seeds."""
    file = home / "experiments" / "tiny.yaml"
    open_ = "    - {metric: test/loss - train/loss, arm: fresh, expect: greater, margin: 0, say: Test is harder}\n"
    file.write_text(STUDY.replace("  claims:\n", f"  claims:\n{open_}"))
    folder = home / "outputs/studies/tiny"

    def looks() -> list[tuple[list[int], float]]:
        return [(one["seeds"], one["level"]) for one in read_json(folder / "result.json")["looks"]]

    assert main(["study", "run", "tiny", "--more-seeds", "1"]) == 2
    assert "has not been run here; dlx study run tiny is the first look" in capsys.readouterr().err
    assert main(["study", "run", "tiny"]) == 1
    first = looks()
    assert [seeds for seeds, _ in first] == [list(range(8))]
    assert main(["study", "run", "tiny"]) == 1
    assert looks() == first  # no further look
    main(["study", "run", "tiny", "--fast", "model.width=3"])
    assert looks() == first
    capsys.readouterr()
    assert main(["study", "run", "tiny", "--more-seeds", "1"]) == 1
    assert "look 2 of 3 at tiny: 1 further seed, 9 in all" in capsys.readouterr().out
    result = read_json(folder / "result.json")
    assert (result["label"], result["command"], result["look"]) == ("", "dlx study run tiny --more-seeds 1", 1)
    assert looks()[:1] == first
    assert looks()[1][0] == list(range(9))
    assert looks()[1][1] > first[0][1]
    assert "look 1 with 8 seeds" in (folder / "page.html").read_text()
    assert main(["study", "run", "tiny", "--seeds", "0..8"]) == 1  # the second look once more
    assert len(looks()) == 2
    assert main(["study", "run", "tiny", "--more-seeds", "1"]) == 1
    assert main(["study", "run", "tiny", "--more-seeds", "1"]) == 2
    assert "has had all 3 looks of its plan" in capsys.readouterr().err


def test_a_result_of_an_earlier_version_is_still_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "run", "tiny"]) == 0
    path = home / "outputs/studies/tiny/result.json"
    result = read_json(path)
    old = {key: value for key, value in result.items() if key not in ("counts", "facts", "look", "looks")}
    known = {"said", "sentence", "expect", "verdict", "expected", "instead", "control", "value", "low", "high"}
    entries = [*result["claims"], {**result["facts"][0], "verdict": "holds", "expected": "holds"}]
    old["claims"] = [{key: value for key, value in entry.items() if key in known} for entry in entries]
    path.write_text(json.dumps({**old, "schema": 1}))
    for words in (["list"], ["list", "--coverage"], ["show", "tiny"], ["report"]):
        assert main(["study", *words]) == 0
    assert "3 claims, 0 facts, 1 myth" in (home / "outputs/lab_book.html").read_text()


def test_an_unexpected_verdict_is_exit_code_1(home: Path) -> None:
    file = home / "experiments" / "tiny.yaml"
    file.write_text(STUDY.replace("expect: less", "expect: greater"))
    assert main(["study", "run", "tiny"]) == 1


def test_a_wrong_fact_is_exit_code_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, _ = STUDY.split("  claims:")
    file = home / "experiments" / "tiny.yaml"
    fact = "  facts: [{metric: parameters, arm: fresh, than: %d, expect: identity, tolerance: 0, say: Eleven}]\n"
    for than, code, word in ((10, 1, "false"), (35, 0, "true")):
        file.write_text(head + fact % than + "hydra: {mode: MULTIRUN}\n")
        assert main(["study", "run", "tiny"]) == code
        result = read_json(home / "outputs/studies/tiny/result.json")
        assert (result["verdict"], result["as_expected"]) == (word, code == 0)
        assert (result["claims"], result["counts"]) == ([], {"claims": 0, "facts": 1, "myths": 0})


def test_a_wrong_fact_stands_beside_the_verdict_on_claims(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "experiments" / "tiny.yaml").write_text(
        STUDY.replace("tolerance: 0,", "than: {metric: 2 * parameters}, tolerance: 0,").replace(
            "than: fresh, expect: id", "expect: id"
        )
    )
    assert main(["study", "run", "tiny"]) == 1
    assert main(["study", "show", "tiny"]) == 0
    assert "verdict  holds, but a fact is wrong" in capsys.readouterr().out
    assert "holds, but a fact is wrong" in (home / "outputs/studies/tiny/page.html").read_text()


def test_verdicts_keep_on_fresh_seeds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "check", "tiny"]) == 0
    assert "1 study with 2 claims, 1 fact, 1 myth on two sets of seeds: 0 verdicts changed" in capsys.readouterr().out


def test_what_makes_a_variation() -> None:
    own = list(range(10))
    assert Variation("x", [], None, own).label() == Variation("x", [], own, own).label() == ""
    assert Variation("x", ["a=1"], [5, 7], own).label() == "a=1 seeds 5,7"
    fast = Variation.of("x", ["a=1,2"], None, own, fast=True)
    assert Variation.of("x", [], None, own, fast=True).label() == "fast: seeds 0..2 of 10"
    assert fast.command() == "dlx study run x a=1,2 --fast"
    assert Variation("x", [], [5, 6], own).command() == "dlx study run x --seeds 5..6"
    assert Variation.of("x", [], None, own[:2], fast=True).command() == "dlx study run x"  # it has no more


def test_an_interruption_says_how_to_go_on(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dlx.study.runs.run_study", interrupted)
    assert main(["study", "run", "tiny"]) == 130
    assert "finished runs stay" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["study", "runn"], "study runn: no such command; did you mean 'run'"),
        (["study", "run"], "expected the name of a study, or --all"),
        (["study", "run", "tinny"], "tinny: no such study; did you mean 'tiny'"),
        (["study", "run", "tiny", "--seed", "1"], "--seed: no such flag; did you mean '--seeds'"),
        (["study", "run", "tiny", "--seeds", "9..1"], "--seeds: expected A..B"),
        (["study", "run", "tiny", "--jobs", "many"], "--jobs: expected a number"),
        (["study", "run", "tiny", "--more-seeds", "none"], "--more-seeds: expected a number of seeds, or nothing"),
        (
            ["study", "run", "tiny", "--more-seeds", "--fast"],
            "expected one study without overrides, --seeds and --fast",
        ),
        (["study", "run", "tiny", "model.width=3", "--more-seeds", "2"], "variations are no looks"),
        (["study", "check", "tiny", "--more-seeds", "2"], "study check: --more-seeds is not available"),
        (["study", "run", "tiny", "--seeds", "0..1"], "2 seeds can never lead to a verdict"),
        (["study", "run", "tiny", "model.widht=3"], "model.widht: no such key of MLP; did you mean 'width'"),
        (["study", "run", "tiny", "trainer.max_epochs=0", "optimizer.lr=1"], "are the same runs"),
        (["study", "list", "--concept", "A9.9"], "--concept: no such concept 'A9.9'"),
        (["study", "report"], "no study has been run here"),
    ],
)
def test_mistakes(words: list[str], message: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not list(home.glob("outputs/**/summary.json")), "something was trained"


class Page(HTMLParser):
    """Ids, links and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what stands in a tag."""
        own = dict(attrs)
        if own.get("id"):
            assert own["id"] not in self.ids, f"twice: {own['id']}"
            self.ids.add(str(own["id"]))
        address = own.get("href") or own.get("src") or ""
        if tag == "a":
            assert address.startswith("#")
            self.links.add(address[1:])
        elif tag in ("script", "img") or (tag == "link" and not address.startswith("data:")):
            self.outside.append(json.dumps(own))
