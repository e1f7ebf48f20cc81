"""An article sentence by sentence: how often it is read rightly on sentences that were held out, and its parts."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.study.find.article import HOLDS, MYTH, NONE, UNTESTED, Reader, relation, sentences
from dlx.study.find.words import read

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "reading.py"))
PRECISION, COVERAGE, OPEN = 0.9, 0.7, 0.9  # measured on the held-out sentences: 0.94, 0.73 and 0.98


@pytest.fixture(scope="module")
def reader() -> Reader:
    """A reader of the verdicts that ship with dlx."""
    return Reader()


def test_held_out_sentences_are_read_as_often_as_was_measured(reader: Reader) -> None:
    items: list[dict[str, Any]] = [item for name in BENCHMARK["LISTS"] for item in BENCHMARK["load"](name, True)]
    assert len(items) == 86
    found = BENCHMARK["score"](items, [reader.sentence(item["text"]) for item in items])
    assert found.precision >= PRECISION
    assert found.coverage >= COVERAGE
    assert found.open >= OPEN * found.others


def test_the_score_counts_verdicts_by_right_studies() -> None:
    items = [
        {"is": "holds", "studies": ["a"]}, {"is": "myth", "studies": ["a"]},
        {"is": "untested", "studies": []}, {"is": "none", "studies": []},
    ]  # fmt: skip
    from dlx.study.find.article import Finding

    findings = [Finding("", HOLDS, "a"), Finding("", MYTH, "b"), Finding("", UNTESTED), Finding("", HOLDS, "a")]
    found = BENCHMARK["score"](items, findings)
    assert (found.judged, found.right, found.judgeable, found.open, found.others) == (3, 1, 2, 1, 2)


def test_direction_and_negation() -> None:
    lowers = read("Dropout lowers the loss")
    assert relation(lowers, read("Dropout reduces the loss")) == 1
    assert relation(lowers, read("Dropout raises the loss")) == -1
    assert relation(lowers, read("Dropout does not lower the loss")) == -1
    assert relation(lowers, read("드롭아웃은 손실을 높인다")) == -1
    assert relation(lowers, read("There is no dropout in the loss")) == 0


def test_what_is_opposite_or_open(reader: Reader) -> None:
    said = ("Dropout lowers the loss on new data.", "Dropout raises the loss on new data.", "Dropout is cheap to code.")
    assert [reader.sentence(text).verdict for text in said] == [HOLDS, MYTH, UNTESTED]
    assert reader.sentence("Regularization, a short tour").verdict == NONE
    assert reader.sentence("I had coffee this morning.").verdict == NONE


def test_sentences_of_both_languages() -> None:
    text = "# A title\n\nOne is 0.5 here. Is it?\n드롭아웃은 좋다. 정말 그럴까?\n- a point\n- another"
    expected = ["A title", "One is 0.5 here.", "Is it?", "드롭아웃은 좋다.", "정말 그럴까?", "a point", "another"]
    assert sentences(text) == expected


def test_a_file_is_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    Path("post.txt").write_text("Dropout lowers the loss on new data. 읽어 주셔서 감사합니다.", encoding="utf-8")
    assert main(["read", "post.txt"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "holds: Dropout lowers the loss on new data."
    assert "    dlx study run dropout_ensemble" in out
    assert out[-1] == "2 sentences: 1 holds, 1 no claim"
    Path("bad.txt").write_bytes(b"\xff\xfe\x00")
    for name, said in (("bad.txt", "UTF-8"), ("none.txt", "no such file")):
        assert main(["read", name]) == 2
        assert said in capsys.readouterr().err
