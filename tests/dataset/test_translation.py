"""Sentences and their alignment, against a dictionary of what each Korean word may become."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.dataset.translation import VERBS, Translation, sentence, sentences


def test_a_sentence_by_hand() -> None:
    source, target, origin = sentence("내일", "우리는", "학교에서", "새", "책을", VERBS[0])
    assert " ".join(source) == "내일 우리는 학교에서 새 책을 읽을 것이다"
    assert " ".join(target) == "we will read new books at school tomorrow"
    assert " ".join(source[place] for place in origin) == "우리는 것이다 읽을 새 책을 학교에서 학교에서 내일"
    source, target, _ = sentence("어제", "나는", "", "", "밥을", VERBS[1])
    assert (" ".join(source), " ".join(target)) == ("어제 나는 밥을 먹었다", "i ate rice yesterday")


def test_each_korean_word_is_translated_alike_and_none_is_lost() -> None:
    meanings: dict[str, set[str]] = {}
    for source, target, origin in sentences():
        assert set(origin) == set(range(len(source)))
        for word, place in zip(target, origin, strict=True):
            meanings.setdefault(source[place], set()).add(word)
    assert meanings["오늘"] == {"today"}
    assert meanings["집에서"] == {"at", "home"}
    several = {word for word, found in meanings.items() if len(found) > 1}
    assert several == {"집에서", "학교에서", "도시에서"}
    assert len({tuple(source) for source, _, _ in sentences()}) == len(sentences())


def test_symbols_are_the_words_of_the_sentences() -> None:
    table = Translation(examples=50).load(0)
    label, alignment = table.offers["tokens"], table.extra["alignment"]
    known = {" ".join(source): (target, origin) for source, target, origin in sentences()}
    for row in range(50):
        korean = [table.symbols[symbol] for symbol in table.inputs[row] if symbol]
        target, origin = known[" ".join(korean)]
        assert label.weights is not None
        count = int(label.weights[row].sum())
        assert [label.classes[symbol] for symbol in label.values[row, :count]] == target
        assert alignment[row].tolist() == [*origin, *[-1] * (alignment.shape[1] - count)]
    assert not np.array_equal(table.inputs, Translation(examples=50).load(1).inputs)
    with pytest.raises(ValueError, match="examples: the grammar has 7680 sentences, got 7681"):
        Translation(examples=7681)
