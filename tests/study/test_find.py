"""Questions in English and Korean find the studies that answer them, and nothing is found where nothing matches."""

from __future__ import annotations

import json
import math
import runpy
from collections import Counter
from pathlib import Path

import pytest

from dlx.cli.main import main
from dlx.study.find.index import Index, concept_index, studies_and_concepts
from dlx.study.find.verdicts import judged
from dlx.study.find.words import HANGUL, read
from dlx.study.read.shelf import read_study

ROOT = Path(__file__).parents[2]
ANSWERS = {
    "does dropout help?": {"dropout_ensemble", "regularization_gap"},
    "드롭아웃이 도움이 되나요?": {"dropout_ensemble", "regularization_gap"},
    "왜 ReLU?": {"activation_by_depth", "activation_cost", "dying_relu"},
    "why do very deep networks need skip connections": {"residual_depth", "transformer_ablation"},
    "배치 정규화가 왜 도움이 되나요": {"layer_vs_batch_norm", "batch_norm_learning_rate"},
    "기울기 소실이 왜 생기나요": {"vanishing_gradient"},
    "why must weights not start at zero": {"symmetric_initialization"},
    "가중치를 모두 0으로 초기화하면?": {"symmetric_initialization"},
    "is adam better than sgd": {"mean_or_sum", "he_30_layers", "decoupled_weight_decay", "adaptive_generalization"},
    "전이 학습은 언제 해로운가": {"transfer_learning"},
    "is a CNN invariant to translation?": {"translation_invariance"},
    "LSTM의 망각 게이트는 필요한가": {"lstm_gates"},
}
CONCEPTS = {
    "how large is the derivative of the sigmoid": {"A1.2", "E7.1"},
    "do CNNs lose the past": {"A3.3"},
    "what is a class activation map": {"A7.2"},
    "what is an inductive bias": {"B3.2"},
    "why must weights not start at zero": {"B5.3"},
    "does batch normalization make the bias useless": {"B5.5"},
    "is the mean squared error variance plus bias": {"C9.2"},
    "what does a 1x1 convolution do": {"E4.1"},
    "차원 축소란?": {"A6.2", "E3.4"},
    "번역에서 고정된 문맥 벡터의 문제": {"B2.1"},
    "초기 가중치가 모두 같으면 어떻게 되나요": {"B5.3"},
    "내부 공변량 변화가 무엇인가요": {"B5.6"},
    "체커보드 무늬는 왜 생기나": {"E3.2"},
}


def test_questions_find_their_concepts() -> None:
    english, korean = concept_index(), concept_index(korean=True)
    found = {question: hits(korean if HANGUL.search(question) else english, question) for question in CONCEPTS}
    assert not {question: found[question] for question, own in CONCEPTS.items() if not found[question] & own}


def test_questions_find_their_studies() -> None:
    studies, by_study, by_concept = studies_and_concepts()
    missed = {q: [h.name for h in by_study.search(q, 3)] for q, own in ANSWERS.items() if not hits(by_study, q) & own}
    assert not missed
    for question in ("what is the weather", "김치찌개 레시피", "best pizza in town"):
        assert not by_study.search(question, 3)
        assert not by_concept.search(question, 3)
    assert set().union(*ANSWERS.values()) <= set(studies)


def hits(index: Index, question: str) -> set[str]:
    """Return the names of the nearest three documents."""
    return {hit.name for hit in index.search(question, 3)}


def test_the_score_is_the_cosine_of_weighted_counts() -> None:
    index = Index({"a": ["dropout dropout"], "b": ["dropout gan"], "c": ["relu"]})
    common, rare = math.log(1 + 3 / 2), math.log(1 + 3 / 1)
    (first, second) = index.search("dropout", 9)
    assert (first.name, first.score) == ("a", pytest.approx(1))
    assert (second.name, second.score) == ("b", pytest.approx(common / math.hypot(common, rare)))


def test_words_of_both_languages_have_one_form() -> None:
    assert read("Batch normalization").terms == read("배치 정규화를").terms == Counter(["batch", "normalization"])
    assert read("exploding gradients").terms == read("기울기가 폭발한다").terms
    said = read("Dropout does not improve the accuracy")
    assert (said.up, said.down, said.negations) == (1, 0, 1)


def test_ask_prints_verdict_and_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    few = [read_study("dropout_ensemble"), read_study("screening")]
    monkeypatch.setattr("dlx.study.find.index.all_studies", lambda: few)
    assert main(["ask", "does dropout help?"]) == 0
    out = capsys.readouterr().out
    assert "verdict: holds (lab book)" in out
    assert "dlx study run dropout_ensemble" in out
    assert main(["ask"]) == 2


def test_nothing_matches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlx.study.find.index.all_studies", list)
    assert main(["ask", "김치찌개"]) == 1
    assert "nothing here matches" in capsys.readouterr().out


def test_a_run_of_the_user_precedes_the_lab_book() -> None:
    folder = Path("outputs/studies/dropout_ensemble")
    folder.mkdir(parents=True)
    assert judged("dropout_ensemble").source == "lab book"
    (folder / "result.json").write_text(json.dumps(MINE))
    found = judged("dropout_ensemble")
    assert (found.verdict, found.source) == ("refuted", "your run of 2026-01-01 10:00")
    assert [entry.said for entry in found.entries] == ["Dropout lowers the loss"]


MINE = {
    "schema": 2, "name": "dropout_ensemble", "label": "", "date": "2026-01-01 10:00", "command": "x", "title": "t",
    "question": "q", "why": "w", "chapter": "regularization", "concepts": [], "reference": {"work": "", "figure": ""},
    "verdict": "refuted", "as_expected": False, "arms": {"axes": [], "metrics": [], "rows": []}, "seeds": [0],
    "runs": 1, "statuses": {}, "seconds": {"runs": 1.0, "wall": 1.0}, "versions": {}, "machine": "m", "facts": [],
    "claims": [{"said": "Dropout lowers the loss", "expected": "holds", "verdict": "refuted"}],
}  # fmt: skip


def test_the_verdicts_are_those_of_the_lab_book() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "verdicts.py"))
    written = script["FILE"].read_text(encoding="utf-8")
    assert script["verdicts"]() == written, "run: python docs/verdicts.py"
