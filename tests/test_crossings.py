"""A random hundred of all pairs of options, and a few of all groups at once: each trains a step, or is refused."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from dlx.run.trials import changed
from tests.conftest import compose_config
from tests.crossings import (
    QUICK,
    Outcome,
    attempt,
    configuration,
    general,
    home,
    pairs,
    tried,
    whole_choice,
    words,
)

HUNDRED = 100
WHOLE = 15  # choices of all groups at once that are to be trained


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


def test_whole_choices(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    draw, trained = random.Random(seed), 0
    while trained < WHOLE:
        options, keys = whole_choice(draw)
        config = changed(compose_config(*QUICK, *words(options, tmp_path)), keys)
        outcome = tried(("", ""), config, tmp_path)
        assert outcome.status != "broken", f"seed {seed}: {' '.join(options)} {keys}: {outcome.reason}"
        assert outcome.status == "trains" or outcome.reason, f"{options} are refused without a reason"
        trained += outcome.status == "trains"


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


def test_a_reason_names_no_folder_of_this_machine() -> None:
    pair = ("augmentation=noise", "dataset=parquet")
    said = "dataset.path: /dev/shm/tmpx1_y/table.parquet needs pyarrow; install it: " + f"{sys.executable} -m pip"
    assert general(Outcome(pair, "refused", said)) == "dataset.path: table.… needs pyarrow; install it: python -m pip"
