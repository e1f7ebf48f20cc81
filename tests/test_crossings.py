"""A random hundred of all pairs of options: each trains a step, or is refused in one message."""

from __future__ import annotations

import random
from pathlib import Path

from tests.conftest import compose_config
from tests.crossings import QUICK, attempt, configuration, home, pairs, words

HUNDRED = 100


def test_a_random_hundred(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    broken = []
    for pair in random.Random(seed).sample(list(pairs()), HUNDRED):
        outcome = attempt(pair, tmp_path)
        if outcome.status == "broken":
            broken.append(f"{' '.join(pair)}: {outcome.reason}")
        elif outcome.status == "refused":
            assert outcome.reason, f"{pair} is refused without a reason"
    assert not broken, f"seed {seed}:\n" + "\n".join(broken)


def test_what_is_chosen_is_what_is_crossed(tmp_path: Path) -> None:
    for pair in (("dataset=digits", "model=lstm"), ("activation=relu", "model=rnn")):  # also where it is the default
        assert configuration(pair, tmp_path) == compose_config(*QUICK, *words(pair, tmp_path)), pair


def test_a_home_is_made_of_what_the_pair_leaves_open() -> None:
    assert home(("activation=tanh", "optimizer=closed_form")) == ("model=linear", "dataset=diabetes")
    assert home(("dataset=iris", "optimizer=closed_form")) == ("model=linear",)
    assert home(("augmentation=noise", "objective=regression")) == ()  # at home apart
    assert home(("activation=tanh", "optimizer=sgd")) == ()
    assert home(("dataset=digits", "diagnostics=cam")) == ("model=cnn", "model.head=global_avg")
    assert home(("diagnostics=cam", "model=rnn")) == ("dataset=shapes",)  # a key goes with its model


def test_putting_changes_together_is_what_hydra_composes(tmp_path: Path) -> None:
    for pair in random.Random(0).sample(list(pairs()), 20):
        assert configuration(pair, tmp_path) == compose_config(*QUICK, *words(pair, tmp_path)), pair
