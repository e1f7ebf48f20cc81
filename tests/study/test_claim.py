"""A claim in one sentence: what is read from it, the study that it makes, and its answer on runs of known truth."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from dlx.cli.main import main
from dlx.config.overrides import check
from dlx.console import speaking
from dlx.errors import ConfigError
from dlx.results.runs import Run
from dlx.study.book.answer import answer, finding
from dlx.study.claim import Asked, judge_claim
from dlx.study.judge.judge import judge
from dlx.study.read import own
from dlx.study.read.shelf import read_study
from dlx.study.read.study import study_of
from dlx.study.read.typed import read_claim
from tests.conftest import read_json
from tests.study.synthetic import grid_of


@pytest.mark.parametrize(
    ("text", "expect", "size", "ratio"),
    [
        ("test/loss: reg=dropout < reg=none", "less", 0.0, False),
        ("test/loss: reg=dropout<reg=none by 0.05", "less", 0.05, False),
        ("test/loss: reg=dropout > reg=none *1.2", "greater", 1.2, True),
        ("test/loss: reg=dropout > 1.2*reg=none", "greater", 1.2, True),
        ("test/loss: reg=dropout > reg=none by *1.2", "greater", 1.2, True),
        ("test/loss: 1.2 * reg=none < reg=dropout", "greater", 1.2, True),
        ("test/loss: reg=dropout == reg=none within 0.02", "equal", 0.02, False),
        ("test/loss: reg=dropout = reg=none within *1.1", "equal", 1.1, True),
    ],
)
def test_a_sentence_is_read(text: str, expect: str, size: float, ratio: bool) -> None:
    (one,) = read_claim(text).comparisons
    assert (one.metric, one.expect, one.size, one.ratio) == ("test/loss", expect, size, ratio)
    assert (one.left.overrides, one.right.overrides) == (("regularizer=dropout",), ("regularizer=none",))


def test_chains_numbers_and_further_sentences() -> None:
    typed = read_claim("test/accuracy: 0.5 < model=mlp < model=cnn at model.width=8,16; train/loss: model=cnn > 0")
    found = [(one.metric, one.left.overrides, one.expect, one.right.number) for one in typed.comparisons]
    assert found == [
        ("test/accuracy", ("model=mlp",), "greater", 0.5),
        ("test/accuracy", ("model=mlp",), "less", None),
        ("train/loss", ("model=cnn",), "greater", 0.0),
    ]
    assert typed.at == {"model.width": ("8", "16")}
    assert len(typed.arms) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("test/loss: reg=dropout", "has no comparison"),
        ("reg=dropout < reg=none", "expected METRIC"),
        ("test/loss: reg=dropout < reg=dropout", "both sides are regularizer=dropout"),
        ("test/loss: reg=dropout < reg=none *0", "a factor above 0"),
        ("test/loss: reg=dropout < 0 *2", "a ratio to 0"),
        ("test/loss: reg=dropout == reg=none", "needs a tolerance"),
        ("test/loss: reg=dropout == reg=none within *1", "a factor above 1"),
        ("test/loss: reg=dropout < reg=none within 1", "by goes with < and >"),
        ("test/loss: reg=dropout < reg=none by x", "expected a number"),
        ("test/loss: reg=dropout <= reg=none", "<= is not available"),
        ("test/loss: reg=dropuot < reg=none", "did you mean 'dropout'"),
        ("test/loss: dropout < reg=none", "did you mean regularizer=dropout"),
        ("test/loss: seed=1 < seed=2", "--seeds gives the seeds"),
        ("test/loss: reg=dropout,l2 < reg=none", "one value a side"),
        ("test/loss: 1 < 2", "both sides are numbers"),
        ("test/loss: reg=dropout < ", "is empty"),
        ("test/loss: reg=dropout < reg=none at model.depth", "expected axis=level"),
        ("test/: reg=dropout < reg=none", "the metric"),
    ],
)
def test_what_is_no_claim_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("*", r"\*")):
        read_claim(text)


def test_the_file_of_a_claim_is_the_study_that_was_judged() -> None:
    typed = read_claim("test/loss: reg=dropout < reg=none *0.9 at act=relu,elu")
    node = own.node_of(typed, range(4), ["dataset.classes=[0,1]"])
    file = yaml.safe_load(own.file_of(node, ["dataset.classes=[0,1]"]))
    assert file["study"] == node
    study = study_of("x", file["study"])
    assert [claim.level for claim in study.claims] == ["activation=relu", "activation=elu"]
    assert study.claims[0].parts[0].high == pytest.approx(np.log(0.9))
    assert file["hydra"]["sweeper"]["params"] == {"dataset.classes": "[0,1]"}
    override = OverridesParser.create().parse_override(own.override_of(node))
    assert override.value() == {key: node[key] for key in ("arms", "axes", "seeds")}


def test_the_sentences_of_the_page_are_claims() -> None:
    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (true|false) \| (\w+)", page, re.MULTILINE)
    assert [known for _, _, known, _ in rows] == ["true"] * 5 + ["false"] * 5
    for sentence, beside, known, answered in rows:
        assert len(read_claim(sentence).comparisons) == 1
        check(beside.split())
        assert known == answered


@pytest.mark.parametrize(("gap", "head"), [(-0.3, "True:"), (0.3, "False:"), (0.0, "Undecided:")])
def test_the_answer_on_known_differences(gap: float, head: str) -> None:
    draws = iter(np.random.default_rng(1).normal(0, 0.1, 99))
    study = study_of("x", own.node_of(read_claim("test/loss: reg=dropout < reg=none"), range(10)))

    def draw(cell: Any) -> dict[str, float]:
        return {"test/loss": 2 + next(draws) + (gap if cell["arm"] == "dropout" else 0)}

    facts = {"metric_info": {"loss": {"better": "min", "headline": False, "counted": False, "unit": "nats"}}}
    grid = grid_of({"arms": {"dropout": ["x=1"], "none": ["x=2"]}, "seeds": 10}, draw, facts)
    runs: list[Run] = list(grid.runs.values())
    said = answer(judge(study, grid), runs)
    title = finding(judge(study, grid), runs, "test/loss")
    assert title.startswith(head)
    wanted = r"test loss of regularizer=dropout is lower .* \([\d.]+ against [\d.]+ nats\)$"
    assert re.search(wanted, title), title
    assert said.startswith(head)
    assert " nats" in said
    assert "10 seeds" in said
    mean = np.mean([run.metrics["test/loss"] for key, run in grid.runs.items() if key[0] == "dropout"])
    assert f"{mean:.3g} against" in said


def test_a_claim_is_judged_saved_and_looked_at_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "posterior: job.prevalence=0.01 > job.prevalence=0.1"
    fixed = ("job=screening", "job.patients=5000")
    assert main(["claim", sentence, *fixed, "--seeds", "3", "--save", "mine"]) == 1
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("False: it is not so that posterior of job.prevalence=0.01 is higher than that of job.prev")
    (result,) = (tmp_path / "outputs" / "claims").glob("*/result.json")
    assert read_study("mine").title == read_json(result)["title"]
    assert list(result.parent.glob("plot*.png"))
    with speaking("ko"):
        assert main(["claim", sentence, *fixed, "--seeds", "3"]) == 1
    said = capsys.readouterr().out
    assert (
        said.strip().splitlines()[-1].startswith("거짓: job.prevalence=0.01의 posterior 값이 job.prevalence=0.1의 값")
    )
    for words in ("완료 6개", "그중 6개는 재사용함", "page.html", "나의 연구가 됨", "한 조건의 실행들의 평균"):
        assert words in said, words
    page = (result.parent / "page.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page
    assert "의 posterior 값이 job.prevalence=0.1의 값보다 높은가?" in page
    assert "is higher than" not in page.split("<svg")[0] + page.rpartition("</svg>")[2]
    with pytest.raises(ConfigError, match="no run has the metric 'postrior'; did you mean 'posterior'"):
        judge_claim(Asked(read_claim(sentence.replace("posterior", "postrior")), fixed, (0, 1, 2)))
    with pytest.raises(ConfigError, match="would choose the answer"):
        judge_claim(Asked(read_claim(sentence), fixed, (0, 1, 5, 6)))
    with pytest.raises(ConfigError, match="the same runs"):
        judge_claim(Asked(read_claim("posterior: job.prevalence=0.01 < job.tests=1"), fixed, (0, 1, 2)))
