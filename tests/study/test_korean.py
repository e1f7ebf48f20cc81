"""The Korean words of the studies: every study has them, with the same figures, and verdicts are printed with them."""

from __future__ import annotations

import html
import io
import re
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlx import paths
from dlx.cli.main import keep_to_letters, main
from dlx.cli.text import paragraph
from dlx.config.yaml_file import read_mapping
from dlx.console import language
from dlx.study.book.answer import answer
from dlx.study.book.korean import local_result, local_study
from dlx.study.book.labels import short_metric
from dlx.study.book.page import section
from dlx.study.book.titles import titled
from dlx.study.book.words import capital
from dlx.study.check import Change
from dlx.study.find.article import korean_sayings
from dlx.study.find.verdicts import HERE as FIND
from dlx.study.find.verdicts import book
from dlx.study.judge.judge import judge
from dlx.study.judge.verdict import Verdict
from dlx.study.read import own as typed_study
from dlx.study.read.concepts import concepts
from dlx.study.read.figures import FIGURE
from dlx.study.read.korean import HERE, fits, in_korean, korean_concepts, korean_sentences, korean_study, korean_texts
from dlx.study.read.korean_typed import typed_said
from dlx.study.read.local import fixed, local
from dlx.study.read.search import find_concepts
from dlx.study.read.shelf import files, is_judged, read_study
from dlx.study.read.study import TEXTS, Study, study_of
from dlx.study.read.typed import read_claim
from tests.study.synthetic import grid_of
from tests.study.test_badges import claim, result

HANGUL = re.compile(r"[가-힣]")


def test_every_study_has_korean_words_with_the_same_figures() -> None:
    texts = korean_texts()
    nodes = {name: read_mapping(file).get("study") for name, file in files().items()}
    judged = {name: node for name, node in nodes.items() if is_judged(node)}
    assert set(texts) == set(judged), "dlx/study/read/korean/ has the words of every study, and of no other"
    for name, node in judged.items():
        own = texts[name]
        assert fits(node, own), f"{name} has other claims, facts or captions than its Korean words"
        assert all(HANGUL.search(own[key]) for key in TEXTS), name
        assert all(HANGUL.search(words) for key in ("titles", "captions") for words in own.get(key, ())), name
        for key in ("claims", "facts"):
            for entry, words in zip(node.get(key) or (), own.get(key) or (), strict=True):
                said = [words] if isinstance(words, str) else words
                myth = entry.get("expect_verdict") == "refuted"
                english = [entry["say"], *([entry["truth"]] if myth else [])]
                assert len(said) == len(english), (name, said)
                for one, other in zip(english, said, strict=True):
                    assert set(FIGURE.findall(one)) == set(FIGURE.findall(other)), (name, other)
                    assert HANGUL.search(other), (name, other)


def test_words_stand_in_the_file_of_their_chapter() -> None:
    for file in (HERE / "korean").glob("*.yaml"):
        chapters = {read_mapping(files()[name])["study"]["chapter"] for name in read_mapping(file)}
        assert chapters == {file.stem}


def test_concepts_and_sayings_have_korean_words() -> None:
    assert set(read_mapping(HERE / "korean_concepts.yaml")) == set(concepts())
    said = read_mapping(FIND / "sayings.yaml").values()
    english = {sentence for kinds in said for sentences in kinds.values() for sentence in sentences}
    assert set(korean_sayings()) == english


def test_concepts_are_named_once_and_claimed_in_whole_sentences() -> None:
    korean = korean_concepts()
    for every in (concepts(), korean):
        names = [own["concept"].lower() for own in every.values()]
        assert len(set(names)) == len(names)
        for name, own in every.items():
            assert own["claim"].endswith("."), name
            left = re.findall(r"->|<-|\(inf|\(추론|[\"“”]|\.\.|\bvs\b|\binit\b", f"{own['concept']} {own['claim']}")
            assert not left, (name, left)
    assert all(own["claim"][0].isupper() or own["claim"].startswith("k-fold") for own in concepts().values())
    assert all(own["claim"].endswith("다.") for own in korean.values())
    assert not any(HANGUL.search(own["claim"]) for own in concepts().values())


def test_a_korean_study_is_the_same_study() -> None:
    own, korean = read_study("linear_collapse"), korean_study("linear_collapse")
    assert korean is not None
    assert [c.parts[0].left.where for c in korean.entries] == [c.parts[0].left.where for c in own.entries]
    assert "xor에서 ReLU 층 세 개는" in korean.claims[0].say  # the level of `each` is inserted


@pytest.fixture
def korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be said in Korean."""
    monkeypatch.setenv("DLX_LANG", "ko")


@pytest.mark.usefixtures("korean")
def test_verdicts_in_korean() -> None:
    study = read_study("residual_depth")
    forms = [{}, *[{"expect": "greater"}] * 2, {"expect": "equal"}, {"expect": "equal", "control": True}]
    statistics = "holds: 99 % interval -1 to -0.8, 21 seeds"
    own: Any = local_result(result(*(claim(statistics=statistics, **form) for form in forms)), study)
    assert capital("xor에서") == "xor에서"
    assert capital("it is") == "It is"
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
def test_statistics_in_korean(english: str, korean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert local(english) == english
    monkeypatch.setenv("DLX_LANG", "ko")
    assert local(english) == korean


@pytest.mark.usefixtures("korean")
def test_the_label_of_a_variation_is_korean() -> None:
    assert local("seeds 1000..1019") == "시드 1000..1019"
    assert local("model.width=64 seeds 1,3") == "model.width=64 시드 1,3"
    assert local("fast: seeds 0..2 of 20") == "빠르게: 시드 0..2(전체 20개)"


@pytest.mark.usefixtures("korean")
def test_all_statistics_of_the_lab_book_are_said_in_korean() -> None:
    lab_book = (paths.PACKAGE.parent / "docs" / "lab_book.html").read_text(encoding="utf-8")
    found = [html.unescape(text) for text in re.findall(r"<br><span class=small>(.*?)</span></li>", lab_book)]
    assert len(found) > 600
    left = {text: words for text in found if (words := english_words(local(text)))}
    assert not left, dict(list(left.items())[:5])


def english_words(text: str) -> set[str]:
    """Return the English words of a text, but for names: keys with their levels, metrics, and terms of statistics."""
    text = re.sub(r"[\w./]+=[\w.-]+( → [\w.-]+)?|\w+(/\w+)+|\w+_\w+|<code>.*?</code>", " ", text)
    return set(re.findall(r"[A-Za-z]{2,}", text)) - {"Holm", "BCa", "dlx"}


@pytest.mark.usefixtures("korean")
def test_the_page_of_a_study_is_korean() -> None:
    study = read_study("residual_depth")
    forms = [{}, *[{"expect": "greater"}] * 2, {"expect": "equal"}, {"expect": "equal", "control": True}]
    statistics = "holds: 99 % interval -1 to -0.8, 21 seeds, 2 runs diverged, margin 0.3, Holm-adjusted p < 0.0001"
    arms = {"axes": ["arm"], "metrics": ["test/accuracy"], "rows": [
        {"levels": ["plain"], "runs": 2, "values": [[0.5, 0.1]], "statuses": {"finished": 1, "diverged": 1}},
    ]}  # fmt: skip
    looks = [
        {"date": "", "seeds": [0], "verdict": word, "claims": [], "needed": []} for word in ("inconclusive", "holds")
    ]
    own: Any = result(
        *(claim(statistics=statistics, **form) for form in forms),
        arms=arms, looks=looks, look=1, statuses={"finished": 83, "diverged": 1}, concepts=["B2.4"],
        tuning={"key": "optimizer.lr", "by": "val/accuracy", "runs": 6, "seconds": 200.0, "chosen": []},
    )  # fmt: skip
    page = section(local_result(own, study), ["", ""], ["1.svg"], study=study)
    page = re.sub(r"<dt>(출처|작성)</dt><dd>.*?</dd>|<td>plain</td>|1[.]svg", " ", page)  # a reference, and versions
    assert not english_words(html.unescape(re.sub(r"<(?!/?code)[^>]*>", " ", page)))
    for part in (
        "더한 층은 입력을",
        "단순 신경망은 자기 학습 데이터에도",
        "완료 1개, 발산 1개",
        "2번째 관찰",
        "3분",
        "주장 5개 성립",
    ):
        assert part in page, part


def test_wide_letters_are_wrapped_by_their_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = paragraph("시그모이드 층은 기울기의 4분의 1도 전달하지 못한다", "  ")
    assert lines == ["  시그모이드 층은 기울기의 4분의 1도", "  전달하지 못한다"]
    assert paragraph("", "  ") == []


def test_patterns_leave_no_groups_open() -> None:
    words, patterns = fixed()
    assert all(HANGUL.search(korean) or english == korean for english, korean in words.items())
    for pattern, instead in patterns:
        assert set(re.findall(r"\\(\d)", instead)) <= set(map(str, range(1, pattern.groups + 1))), pattern.pattern


def test_sentences_with_figures_become_korean() -> None:
    assert in_korean("It rises by 0.25 of 0.25.", "it rises by {value} of {value}", "{value} 커진다") == "0.25 커진다."
    assert in_korean("It is 2.5 times as large.", "it is {times} as large", "{times}이다") == "2.5배이다."
    assert in_korean("It fell.", "it rises by {value}", "{value} 커진다") == "It fell."
    found = korean_sentences("residual_depth", [("unknown", "")])
    assert found == [("unknown", "")]


def test_shipped_verdicts_are_said_in_korean() -> None:
    """Those of studies whose words have changed since stay English; they are few."""
    said = {
        name: [one[0] for one in korean_sentences(name, [(e["said"], e.get("instead", "")) for e in own["entries"]])]
        for name, own in list(book().items())[::12]
    }
    sentences = [sentence for every in said.values() for sentence in every]
    assert sum(bool(HANGUL.search(sentence)) for sentence in sentences) > 0.9 * len(sentences)


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


def test_an_output_that_cannot_hold_korean_is_english(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLX_LANG", "ko")
        patch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        keep_to_letters()
        assert "cannot hold Korean letters" in capsys.readouterr().err
        assert language() == "en"


@pytest.mark.usefixtures("korean")
def test_a_study_that_changed_keeps_its_english_words() -> None:
    own: Any = local_result(result(claim(expect="greater")), read_study("residual_depth"))
    assert own["claims"][0]["said"] == "a"


def typed(text: str, seeds: int = 10) -> Study:
    """Return the study that a typed claim makes."""
    return study_of("x", typed_study.node_of(read_claim(text), range(seeds)))


@pytest.mark.parametrize(
    ("sentence", "korean"),
    [
        ("test/loss: reg=dropout < reg=none by 0.05",
         "regularizer=dropout의 test/loss 값이 regularizer=none의 값보다 0.05 넘게 낮다"),
        ("test/loss: reg=dropout < reg=none *1.2",
         "regularizer=dropout의 test/loss 값이 regularizer=none의 값의 1.2배보다 낮다"),
        ("test/loss: act=relu == act=elu within 0.02",
         "activation=relu의 test/loss 값이 activation=elu의 값과 0.02 이내로 같다"),
        ("test/loss: act=relu == 0.9 within *1.1", "activation=relu의 test/loss 값이 0.9와 1.1배 이내로 같다"),
        ("test/loss: act=relu == 0.8 within 0.1", "activation=relu의 test/loss 값이 0.8과 0.1 이내로 같다"),
        ("log10(test/loss): act=relu > -1", "activation=relu의 log10(test/loss) 값이 -1보다 높다"),
    ],
)  # fmt: skip
def test_typed_claims_are_said_in_korean(sentence: str, korean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    study = typed(sentence)
    assert typed_said("he beats Xavier") == "he beats Xavier"
    assert local_study(study) == study
    monkeypatch.setenv("DLX_LANG", "ko")
    spoken = local_study(study)
    assert spoken.claims[0].say == korean
    assert spoken.question == f"{korean[:-1]}은가?"
    assert not english_words(spoken.why)
    assert replace(spoken.claims[0], say=study.claims[0].say) == study.claims[0]


@pytest.mark.usefixtures("korean")
@pytest.mark.parametrize(
    ("gap", "ending"),
    [
        (-0.3, "참: act=elu에서 regularizer=dropout의 test/loss 값이 regularizer=none의 값보다 낮다: "),
        (
            0.3,
            "거짓: act=elu에서 regularizer=dropout의 test/loss 값이 regularizer=none의 값보다 낮다는 것은 옳지 않다: ",
        ),
        (
            0.0,
            "판정 보류: 시드 10개로는 act=elu에서 regularizer=dropout의 test/loss 값이 regularizer=none의 값보다 ",
        ),
    ],
)
def test_the_answer_to_a_typed_claim_in_korean(gap: float, ending: str) -> None:
    draws = iter(np.random.default_rng(1).normal(0, 0.1, 99))
    study = typed("test/loss: reg=dropout < reg=none")
    study = replace(study, claims=tuple(replace(one, level="act=elu") for one in study.claims))

    def draw(cell: Any) -> dict[str, float]:
        return {"test/loss": 2 + next(draws) + (gap if cell["arm"] == "dropout" else 0)}

    facts = {"metric_info": {"loss": {"better": "min", "headline": False, "counted": False, "unit": "nats"}}}
    grid = grid_of({"arms": {"dropout": ["x=1"], "none": ["x=2"]}, "seeds": 10}, draw, facts)
    said = answer(judge(study, grid), list(grid.runs.values()))
    assert said.startswith(ending)
    assert english_words(said) <= {"nat"}, said
    line = '<text style="font-weight: 700; font-size: 10px">True: test loss</text>'
    svg = f"<svg>{3 * line}</svg>"
    form = {"expect": "less", "verdict": judge(study, grid)[0].verdict, "n": 10}
    (drawn,) = titled([svg], result(claim(**form)), study)
    assert " ".join(re.findall(">([^<]+)</text>", drawn)).startswith(ending.rstrip(": "))
    assert re.search(r"[\d.]+ 대 [\d.]+ nat, 차이 -?[\d.]+ nat\([\d.]+ % 구간 \S+ ~ \S+, 시드 10개, p [=<]", said), said


@pytest.mark.usefixtures("korean")
def test_paths_and_keys_keep_their_words() -> None:
    assert local("a-within-0.02/value/page.html shows all") == "모두는 a-within-0.02/value/page.html에 있음"
    assert local("closest: objective.margin=1, margin 0.3") == "가장 가까운 경우: objective.margin=1, 여유 0.3"


@pytest.mark.usefixtures("korean")
def test_titles_of_pictures_are_korean_on_a_page() -> None:
    study = read_study("residual_depth")
    line = '<text style="font-weight: 700; font-size: 10px" transform="translate(1 {})">Forty layers</text>'
    svg = f"<svg>{line.format(1)}{line.format(2)}<text>test accuracy</text></svg>"
    first, second = titled([svg, svg], result(), study)
    own = "40층은 스킵 연결이 있으면 배우고, 없으면 우연 수준에 머문다"
    assert re.findall(">([^<]*)</text>", first) == ["", own, "test accuracy"]
    assert second != first
    assert titled([svg], result(), study) == [svg]  # other plots than those of the study
    assert titled(["<svg></svg>"] * 2, result(), study) == ["<svg></svg>"] * 2  # no room


@pytest.mark.usefixtures("korean")
def test_the_effect_of_every_study_is_named_in_korean() -> None:
    for name in korean_texts():
        own = [one for one in read_study(name).entries if not one.control and one.expected == "holds"]
        if own and own[0].expect != "identity":
            words = short_metric(own[0].parts[0].left.metric.text, local)
            assert not english_words(words) - {"ReLU", "IoU", "log"}, (name, words)


def test_no_particle_depends_on_a_measured_figure() -> None:
    """Korean particles differ by the sound before them: a number may end in any, `{percent}` always in the same one."""
    particle = re.compile(r"\{(?!percent|arm)[^}]*\}(으로|로|을|를|이|가|은|는|와|과)(는|도|만|서)?(?![가-힣])")
    for file in (HERE / "korean").glob("*.yaml"):
        assert not particle.search(file.read_text(encoding="utf-8")), file


@pytest.mark.usefixtures("korean")
def test_changed_verdicts_are_said_in_korean() -> None:
    study = read_study("residual_depth")
    verdict = Verdict(study.claims[1], "holds", 0.5, 0.4, 0.6, 3)
    change = Change("residual_depth", verdict, replace(verdict, verdict="refuted"))
    assert "0.5" in change.said_in(study)
    assert HANGUL.search(change.said_in(local_study(study)))
