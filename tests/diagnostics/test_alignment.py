"""Attention against the true alignment: a decoder that is made to look where it should, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.diagnostics.alignment import Alignment
from dlx.errors import ConfigError
from dlx.run.run import run
from tests.conftest import compose_config

SHORT = ("dataset.examples=60", "trainer.max_epochs=1", "trainer.max_steps=1", "trainer.accelerator=cpu")


def test_it_counts_the_words_with_the_right_place() -> None:
    assembly = assemble(compose_config("model=seq2seq", "dataset=translation", "dataset.examples=40"))
    network, data = assembly.network().eval(), assembly.data
    true = torch.from_numpy(data.val.extra["alignment"])
    known = true >= 0
    weights = torch.nn.functional.one_hot(true.clamp_min(0), data.spec.shape[0]).float()
    weights = torch.cat([weights, weights[:, :1]], 1).unsqueeze(1)  # a step more, for the end
    wrong = weights.clone()
    wrong[0] = wrong[0].roll(1, -1)
    diagnostic = Alignment(every=1)

    def loss(net: torch.nn.Module, batch: object) -> torch.Tensor:
        return assembly.objective.plain_loss(net, batch, torch.Generator())  # type: ignore[arg-type]

    for given, expected in ((weights, 1.0), (wrong, 1 - known[0].sum().item() / known.sum().item())):
        handle = network.decoder.attention.probabilities.register_forward_hook(lambda *_, w=given: w)
        found = diagnostic.measure(network, data.val.batch(), loss, data)
        handle.remove()
        assert found["alignment/accuracy"].item() == pytest.approx(expected)
    diagonal = (true == torch.arange(true.shape[1]))[known].float().mean()
    assert found["alignment/diagonal"] == diagonal


@pytest.mark.parametrize("model", ["seq2seq", "seq2seq_transformer"])
def test_it_is_measured_before_and_after_training(model: str, tmp_path: Path) -> None:
    words = (f"model={model}", "dataset=translation", "diagnostics=alignment", *SHORT)
    summary = run(compose_config(*words), tmp_path / "run", raises=True)
    names = {"init/alignment/accuracy", "alignment/accuracy", "alignment/diagonal"}
    assert names <= set(summary["metrics"])
    assert ("alignment/decoder.hidden.1.memory/accuracy" in summary["metrics"]) == (model != "seq2seq")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "model=seq2seq model.attention=none dataset=translation",
            "needs attention from a .*try model=seq2seq_tr",
        ),
        ("model=seq2seq dataset=reversal", "needs data whose alignment is known; try dataset=translation"),
        ("model=mlp", "needs attention from a decoder to an encoder"),
    ],
)
def test_it_is_refused_without_attention_or_alignment(words: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(compose_config(*words.split(), "diagnostics=alignment"))
