"""Exchanged states of networks whose memory is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.diagnostics.state_swap import partners
from dlx.errors import ConfigError
from dlx.run.run import run

SHORT = ("trainer.accelerator=cpu", "trainer.test=false", "diagnostics=state_swap")


def measured(config: Callable[..., dict[str, Any]], tmp_path: Path, *words: str) -> dict[str, float]:
    summary = run(config("dataset=latch", *words, *SHORT), tmp_path / "run", raises=True)
    return {name: value for name, value in summary["metrics"].items() if "state_swap" in name}


def test_partners_are_of_another_class() -> None:
    classes = torch.tensor([0, 1, 1, 0, 1, 0])
    partner = partners(classes)
    assert sorted(partner.tolist()) == list(range(6))
    assert (classes[partner] != classes).all()


@pytest.mark.parametrize(("model", "states"), [("lstm", 2), ("gru", 1), ("rnn", 1)])
def test_the_whole_state_decides_where_later_steps_are_equal(
    model: str, states: int, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Without noise the last steps are all 0, so a network that is given the whole state gives the partner's answer."""
    words = ("dataset.noise=0", "dataset.length=8", "trainer.max_epochs=1", "optimizer.lr=0.01")
    found = measured(config, tmp_path, f"model={model}", *words)
    assert len(found) == (3 if states == 2 else 1)
    assert found[f"state_swap/{'all' if states == 2 else 'h'}/follows"] == 1


def test_a_closed_forget_gate_makes_the_cell_state_worthless(
    config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """With f = 0 the old cell state is multiplied by 0, so exchanging it changes no answer."""
    words = ("model.forget_bias=-100", "dataset.length=8", "dataset.signal=8", "trainer.max_epochs=1")
    found = measured(config, tmp_path, "model=lstm", *words)
    assert found["state_swap/c/follows"] == 0
    assert found["state_swap/h/follows"] == found["state_swap/all/follows"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model=mlp", "dataset=digits"), "needs sequences with a class each"),
        (("model=lstm", "dataset=adding"), "needs sequences with a class each"),
        (("model=cnn", "dataset=latch"), "needs a recurrent network"),
        (("model=lstm", "dataset=latch", "model.bidirectional=true"), "no state in the middle"),
        (("model=lstm", "dataset=latch", "diagnostics.state_swap.before=1000"), "expected less than the"),
    ],
)
def test_refusals(words: tuple[str, ...], message: str, config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words, "diagnostics=state_swap"))
