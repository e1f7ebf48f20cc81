"""Translation from Korean to English."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Annotated, NamedTuple

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Label, Table
from dlx.spec import SPECIAL_SYMBOLS, Positive


class Verb(NamedTuple):
    """A verb in both languages, and the objects that it takes.

    Attributes:
        forms: present, past and future in Korean; the future is followed by 것이다.
        english: present and past; the future is `will` with the present.
        objects: its objects in Korean.
    """

    forms: tuple[str, str, str]
    english: tuple[str, str]
    objects: tuple[str, ...]


TIMES = {"": ("", 0), "오늘": ("today", 0), "어제": ("yesterday", 1), "내일": ("tomorrow", 2)}  # word and tense
SUBJECTS = {"나는": "i", "너는": "you", "우리는": "we", "그들은": "they", "학생들은": "students", "친구들은": "friends"}
PLACES = {"": "", "집에서": "at home", "학교에서": "at school", "도시에서": "in town"}
KINDS = {"": "", "새": "new", "오래된": "old", "좋은": "good"}
OBJECTS = {
    "책을": "books", "편지를": "letters", "신문을": "newspapers", "사과를": "apples", "빵을": "bread", "밥을": "rice",
    "영화를": "films", "그림을": "pictures", "새를": "birds", "시를": "poems",
}  # fmt: skip
VERBS = (
    Verb(("읽는다", "읽었다", "읽을"), ("read", "read"), ("책을", "편지를", "신문을", "시를")),
    Verb(("먹는다", "먹었다", "먹을"), ("eat", "ate"), ("사과를", "빵을", "밥을")),
    Verb(("산다", "샀다", "살"), ("buy", "bought"), ("책을", "신문을", "사과를", "빵을", "밥을", "그림을")),
    Verb(("본다", "보았다", "볼"), ("see", "saw"), ("영화를", "그림을", "새를", "책을")),
    Verb(("쓴다", "썼다", "쓸"), ("write", "wrote"), ("편지를", "시를", "책을")),
)
Pair = tuple[list[str], list[str], list[int]]  # Korean words, English words, the Korean word behind each English one


class Translation(Dataset):
    """Sentences of a small grammar, in Korean and in English, with the word that each word was translated from.

    Korean puts time, place and object before the verb (오늘 우리는 집에서 새 책을 읽는다), English behind it (we read
    new books at home today), and the verb agrees with the time (어제 … 읽었다). All sentences differ. Each English word
    comes from one Korean word, whose place is recorded as the attribute `alignment` (examples, steps), -1 in the
    padding; `diagnostics=alignment` compares it with the attention of a model.

    Args:
        examples: number of sentences, drawn without replacement from all of them.

    Example:
        dlx train model=seq2seq dataset=translation diagnostics=alignment
    """

    def __init__(self, *, examples: Annotated[int, Positive]) -> None:
        if examples > (most := len(sentences())):
            raise ValueError(f"examples: the grammar has {most} sentences, got {examples}")
        self.examples = examples

    def load(self, seed: int) -> Table:
        """Return padded Korean sentences as symbols (examples, time), which offer English ones (examples, steps)."""
        every = sentences()
        chosen = np.random.default_rng(seed).permutation(len(every))[: self.examples]
        korean = [*SPECIAL_SYMBOLS, *dict.fromkeys(word for source, _, _ in every for word in source)]
        english = list(dict.fromkeys(word for _, target, _ in every for word in target))
        time, steps = (max(len(pair[side]) for pair in every) for side in (0, 1))
        inputs = np.zeros((self.examples, time), int)
        answers, present = np.zeros((self.examples, steps), int), np.zeros((self.examples, steps), np.float32)
        alignment = np.full((self.examples, steps), -1)
        for row, number in enumerate(chosen):
            source, target, origin = every[number]
            inputs[row, : len(source)] = [korean.index(word) for word in source]
            answers[row, : len(target)] = [english.index(word) for word in target]
            present[row, : len(target)], alignment[row, : len(target)] = 1.0, origin
        label = Label(answers, tuple(english), weights=present)
        names = tuple(korean)
        return Table(
            inputs,
            None,
            "tokens",
            features=names,
            symbols=names,
            extra={"alignment": alignment},
            offers={"tokens": label},
        )


@cache
def sentences() -> tuple[Pair, ...]:
    """Return every sentence of the grammar."""
    verbs = [(verb, thing) for verb in VERBS for thing in verb.objects]
    return tuple(
        sentence(when, who, where, kind, thing, verb)
        for when, who, where, kind, (verb, thing) in product(TIMES, SUBJECTS, PLACES, KINDS, verbs)
    )


def sentence(when: str, who: str, where: str, kind: str, thing: str, verb: Verb) -> Pair:
    """Return a sentence of its Korean words ("" is left out), its translation and the alignment."""
    time, tense = TIMES[when]
    action = [verb.forms[tense], *(["것이다"] if tense == 2 else [])]
    source = [word for word in (when, who, where, kind, thing, *action) if word]
    will = [("will", "것이다")] if len(action) > 1 else []
    written = [
        (SUBJECTS[who], who),
        *will,
        (verb.english[1 if tense == 1 else 0], action[0]),
        (KINDS[kind], kind),
        (OBJECTS[thing], thing),
        *((word, where) for word in PLACES[where].split()),
        (time, when),
    ]
    pairs = [(word, source.index(origin)) for word, origin in written if word]
    return source, [word for word, _ in pairs], [place for _, place in pairs]
