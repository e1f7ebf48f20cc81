"""The Korean words of the studies: every study has them, with the same figures, and verdicts are printed with them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.config.yaml_file import read_mapping
from dlx.study.book.korean import korean_result, korean_statistics
from dlx.study.read.figures import FIGURE
from dlx.study.read.korean import fits, korean_study, korean_texts
from dlx.study.read.search import find_concepts
from dlx.study.read.shelf import files, is_judged, read_study
from tests.study.test_badges import claim, result

HANGUL = re.compile(r"[가-힣]")


def test_every_study_has_korean_words_with_the_same_figures() -> None:
    texts = korean_texts()
    nodes = {name: read_mapping(file).get("study") for name, file in files().items()}
    judged = {name: node for name, node in nodes.items() if is_judged(node)}
    assert set(texts) == set(judged), "dlx/study/read/korean.yaml has the words of every study, and of no other"
    for name, node in judged.items():
        own = texts[name]
        assert fits(node, own), f"{name} has other claims or facts than its Korean words"
        assert all(HANGUL.search(own[key]) for key in ("title", "question")), name
        for key in ("claims", "facts"):
            for entry, words in zip(node.get(key) or (), own.get(key) or (), strict=True):
                said = [words] if isinstance(words, str) else words
                myth = entry.get("expect_verdict") == "refuted"
                english = [entry["say"], *([entry["truth"]] if myth else [])]
                assert len(said) == len(english), (name, said)
                for one, other in zip(english, said, strict=True):
                    assert set(FIGURE.findall(one)) == set(FIGURE.findall(other)), (name, other)
                    assert HANGUL.search(other), (name, other)


def test_a_korean_study_is_the_same_study() -> None:
    own, korean = read_study("linear_collapse"), korean_study("linear_collapse")
    assert korean is not None
    assert [c.parts[0].left.where for c in korean.entries] == [c.parts[0].left.where for c in own.entries]
    assert "xor에서 ReLU 층 세 개는" in korean.claims[0].say  # the level of `each` is inserted


def test_verdicts_in_korean() -> None:
    study = read_study("residual_depth")
    forms = [{}, *[{"expect": "greater"}] * 2, {"expect": "equal"}, {"expect": "equal", "control": True}]
    statistics = "holds: 99 % interval -1 to -0.8, 21 seeds"
    own = korean_result(result(*(claim(statistics=statistics, **form) for form in forms)), study)
    assert own["title"].startswith("40층의 단순 신경망은")
    assert "0.848 낮으므로" in own["claims"][0]["said"]
    assert own["claims"][0]["statistics"] == "성립: 99 % 구간 -1 ~ -0.8, 시드 21개"


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("inconclusive; about 30 seeds would decide with 80 % power: 95 % interval -1 to 1, 5 seeds, margin 0",
         "판정 보류; 시드 약 30개면 80 % 검정력으로 판정됨: 95 % 구간 -1 ~ 1, 시드 5개, 여유 0"),
        ("true: off by 1e-9 at most, 12 runs, within 1e-6", "참: 오차 최대 1e-9, 실행 12개, 허용 범위 1e-6"),
    ],
)  # fmt: skip
def test_statistics_in_korean(english: str, korean: str) -> None:
    assert korean_statistics(english) == korean


def test_words_find_concepts() -> None:
    studies = [read_study("dropout_ensemble"), read_study("residual_depth")]
    english, korean = find_concepts("dropout", studies), find_concepts("드롭아웃", studies)
    assert english is not None
    assert korean is not None
    assert "dropout_ensemble" in english.studies
    assert "dropout_ensemble" in korean.studies
    assert "E6.2" in english.concepts
    assert find_concepts("A1.2", studies).concepts == ("A1.2",)  # type: ignore[union-attr]
    assert find_concepts("nothing of the kind", studies) is None
    assert find_concepts(" - ", studies) is None


def test_the_command_line_speaks_korean(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--lang", "ko", "study", "show", "residual_depth"]) == 0
    assert "매우 깊은 신경망에는 왜 스킵 연결이 필요한가?" in capsys.readouterr().out
    monkeypatch.delenv("DLX_LANG")
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert main(["study", "show", "residual_depth"]) == 0
    assert "대조" in capsys.readouterr().out
    assert main(["--lang", "xx", "axes"]) == 2
    assert "--lang: expected en or ko, got" in capsys.readouterr().err


def test_a_study_that_changed_keeps_its_english_words() -> None:
    own: Any = korean_result(result(claim(expect="greater")), read_study("residual_depth"))
    assert own["claims"][0]["said"] == "a"
