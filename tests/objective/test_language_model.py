"""The next symbol: loss and metrics by a slow loop, the unigram baseline, what sees the future, and samples."""

from __future__ import annotations

from collections import Counter
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.dataset.text import Text
from dlx.diagnostics.samples import continued
from dlx.errors import ConfigError
from dlx.objective.language_model import LanguageModel
from dlx.run.run import run
from dlx.spec import DataSpec
from tests.conftest import compose_config

SPEC = DataSpec("sequence", (6, 5), "none", 0, symbols=5)
ZEN = ("dataset=text", "dataset.text=zen", "dataset.context_length=16")
SHORT = ("trainer.max_epochs=1", "trainer.max_steps=2", "trainer.accelerator=cpu")


def example() -> tuple[Tensor, Batch, list[tuple[int, int, int]]]:
    """Return scores, one-hot inputs of which one is padded, and (row, step, next symbol) of all that count."""
    torch.manual_seed(0)
    symbols = torch.randint(1, 5, (3, 6))
    symbols[1, 4:] = 0
    triples = [(i, t, int(symbols[i, t + 1])) for i in range(3) for t in range(5) if symbols[i, t + 1] > 0]
    return torch.randn(3, 6, 5).double(), Batch(nn.functional.one_hot(symbols, 5).double(), None), triples


def test_the_loss_is_that_of_the_next_symbol_without_padding() -> None:
    scores, batch, triples = example()
    logs = [scores[i, t].log_softmax(0)[symbol].item() for i, t, symbol in triples]
    hits = [int(scores[i, t].argmax()) == symbol for i, t, symbol in triples]
    objective = LanguageModel(SPEC, scale=2.0)
    assert len(triples) == 13
    assert objective.loss(scores, batch).item() == pytest.approx(-2 * np.mean(logs), abs=1e-12)
    quick = objective.quick(scores, batch)
    assert quick["bits_per_character"].item() == pytest.approx(-np.mean(logs) / log(2))
    assert quick["accuracy"].item() == pytest.approx(np.mean(hits))
    assert (objective.spec.form, objective.spec.outputs) == ("sequence", 5)


def test_the_baseline_is_the_entropy_of_the_frequencies() -> None:
    assembly = assemble(compose_config("model=gru", *ZEN))
    objective, data = assembly.objective, assembly.data
    _, outputs = objective.baseline(data, data.train)
    found = objective.metrics(outputs, data.train, data)
    counts = Counter(data.train.inputs[:, 1:].argmax(2).flatten().tolist())
    total = sum(counts.values()) + sum(data.train.inputs[:, 1:].sum((0, 1)) == 0)  # a symbol not seen counts once
    bits = -sum(n * log(n / total, 2) for n in counts.values()) / sum(counts.values())
    assert found["bits_per_character"] == pytest.approx(bits, abs=1e-6)
    assert found["perplexity"] == pytest.approx(2**bits, rel=1e-5)


def test_a_text_is_its_windows() -> None:
    table = Text(text="zen", context_length=10, characters=300).load(0)
    written = "".join(table.symbols[symbol] for symbol in table.inputs.flatten())
    assert written.startswith("The Zen of Python, by Tim Peters\n\nBeautiful is better than ugly.")
    assert len(written) == 300
    assert Text(text="documentation", context_length=50, characters=1000).load(0).inputs.shape == (20, 50)
    with pytest.raises(ConfigError, match="context_length: expected at most the 9 characters, got 10"):
        Text(text="zen", context_length=10, characters=9).load(0)


class Next(nn.Module):
    """Scores that are certain of the symbol behind the last one in a circle of 3, 4 and 5."""

    def forward(self, x: Tensor) -> Tensor:
        following = (x.argmax(2) - 2) % 3 + 3
        return 100 * nn.functional.one_hot(following, 6).double()


def test_samples_follow_the_probabilities() -> None:
    given = nn.functional.one_hot(torch.tensor([[3, 4, 5, 5, 5, 5], [5, 3, 3, 3, 3, 3]]), 6).double()
    found = continued(Next(), given, 2, 1.0, Generator())
    assert found.tolist() == [[3, 4, 5, 3, 4, 5], [5, 3, 4, 5, 3, 4]]
    wide = nn.functional.one_hot(torch.full((4000, 3), 3), 6).double()
    hot = continued(Next(), wide, 2, 100 / log(2), Generator().manual_seed(0))[:, 2]
    assert (hot == 4).double().mean().item() == pytest.approx(0.5, abs=0.03)  # e^log 2 : 1 : 1


@pytest.mark.parametrize("model", ["rnn", "gru", "lstm model.depth=2", "transformer model.causal=true"])
def test_causal_models_train_and_write(model: str, tmp_path: Path) -> None:
    name, *keys = model.split()
    words = (f"model={name}", *keys, *ZEN, *SHORT, "diagnostics=samples", "regularizer=dropout")
    summary = run(compose_config(*words), tmp_path / "run", raises=True)
    names = {f"test/{metric}" for metric in ("bits_per_character", "perplexity", "accuracy")}
    assert names <= set(summary["metrics"]) & set(summary["baseline"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("model=transformer", "do not depend on later symbols.*model.causal=true"),
        ("model=gru model.bidirectional=true", "do not depend on later symbols.*model.bidirectional=false"),
        ("model=mlp", "needs vectors; the dataset gives sequences of symbols"),
        ("model=gru diagnostics=samples diagnostics.samples.prompt=16", "prompt: expected less than the 16 symbols"),
    ],
)
def test_what_sees_the_future_is_refused(words: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(compose_config(*ZEN, *words.split()))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "model=gru dataset=sunspots objective=language_model",
            "language_model needs symbols as inputs",
        ),
        ("model=mlp diagnostics=samples", "samples needs a language model"),
    ],
)
def test_data_without_symbols_are_refused(words: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(compose_config(*words.split()))
