"""A key that plays no part is named, and one that does is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.assembly.assemble import assemble
from dlx.assembly.notes import idle_keys

CASES = [  # without effect, what is named, and the same key with an effect
    ("initializer.recurrent=orthogonal", "initializer.recurrent", "model=lstm initializer.recurrent=orthogonal"),
    ("model=cnn initializer.recurrent_gain=2", "recurrent_gain", "model=rnn initializer.recurrent_gain=2"),
    ("model=linear initializer.bias=1", "initializer.bias", "model=mlp initializer.bias=1"),
    (
        "model=gru model.carry_state=false",
        "model.carry_state",
        "model=gru model.carry_state=false trainer.truncated_bptt_steps=5",
    ),
    ("model=cnn model.antialias=true model.pooling=none", "model.antialias", "model=cnn model.antialias=true"),
    (
        "model=cnn model.padding=valid model.padding_mode=circular",
        "model.padding_mode",
        "model=cnn model.padding=same model.padding_mode=circular",
    ),
    (
        "regularizer.dropout.monte_carlo_samples=5",
        "monte_carlo_samples",
        "regularizer=dropout regularizer.dropout.monte_carlo_samples=5",
    ),
    (
        "augmentation.copies=3",
        "augmentation.fresh, copies",
        "augmentation=flip augmentation.copies=3 augmentation.fresh=false",
    ),
    (
        "augmentation=flip augmentation.copies=3",
        "augmentation.copies",
        "augmentation=flip augmentation.copies=3 augmentation.fresh=false",
    ),
]


@pytest.mark.parametrize(("idle", "name", "works"), CASES, ids=[case[0] for case in CASES])
def test_named_where_it_is_idle(idle: str, name: str, works: str, config: Callable[..., dict[str, Any]]) -> None:
    (sentence,) = idle_keys(assemble(config(*idle.split())))
    assert name in sentence.partition(": ")[0]
    assert not list(idle_keys(assemble(config(*works.split()))))


def test_the_defaults_of_a_model_are_never_idle(config: Callable[..., dict[str, Any]]) -> None:
    for model in ("mlp", "cnn", "lstm", "rnn", "linear", "tdnn", "locally_connected"):
        assert not list(idle_keys(assemble(config(f"model={model}"))))
