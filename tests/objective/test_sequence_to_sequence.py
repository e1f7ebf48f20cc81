"""Answers to sequences: loss and metrics by slow loops, what is told and what is written, and what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from dlx.assembly.assemble import assemble
from dlx.config.identity import identity
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.nn.encoder_decoder import BEGIN, END, SPECIAL
from dlx.objective.sequence_labeling import SequenceLabeling
from dlx.objective.sequence_to_sequence import SequenceToSequence
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
WORDS, TIME = 4, 5
SPEC = DataSpec("sequence", (TIME, 4), "tokens", WORDS, steps=TIME)
SHORT = ("trainer.max_epochs=1", "trainer.max_steps=2", "trainer.accelerator=cpu", "dataset.examples=60")
LENGTHS = [5, 3, 1, 4]


def objective(smoothing: float = 0.0, **keys: Any) -> SequenceToSequence:
    return SequenceToSequence(SPEC, smoothing, **{"teacher_forcing": 1.0, "beams": 1, "scale": 1.0, **keys})


def padded() -> Batch:
    torch.manual_seed(0)
    weights = (torch.arange(TIME) < torch.tensor(LENGTHS)[:, None]).double()
    return Batch(torch.zeros(4, TIME, 4).double(), torch.randint(0, WORDS, (4, TIME)), weights)


def test_answers_begin_and_end_and_are_padded() -> None:
    batch = padded()
    before, target, weights = objective().answers(batch)
    for row, length in enumerate(LENGTHS):
        words = (batch.targets[row, :length] + SPECIAL).tolist()
        assert target[row].tolist() == [*words, END, *[0] * (TIME - length)]
        assert before[row, : length + 1].tolist() == [BEGIN, *words]
        assert weights is not None
        assert weights[row].tolist() == [1.0] * (length + 1) + [0.0] * (TIME - length)
    equal, soft = batch._replace(weights=None), torch.eye(WORDS, dtype=torch.float64)[batch.targets]
    hard, mixed = objective().answers(equal), objective().answers(equal._replace(targets=soft))
    assert hard[2] is mixed[2] is None
    assert all(torch.equal(a, b.argmax(2)) for a, b in zip(hard[:2], mixed[:2], strict=True))
    assert (objective().spec.outputs, objective().spec.steps, objective().spec.form) == (7, 6, "answer")


def test_the_loss_is_the_mean_over_symbols_without_padding() -> None:
    batch, scores = padded(), torch.randn(4, TIME + 1, WORDS + SPECIAL, dtype=torch.float64)
    _, target, _ = objective().answers(batch)
    logs = [
        scores[i, t, target[i, t]].item() - scores[i, t].exp().sum().log().item()
        for i, length in enumerate(LENGTHS)
        for t in range(length + 1)
    ]
    seen: list[Any] = []

    def net(x: Tensor, previous: Tensor, told: Tensor | None = None) -> Tensor:
        seen.append(told)
        return scores

    found = objective(scale=3).plain_loss(net, batch, Generator())  # type: ignore[arg-type]
    assert found.item() == pytest.approx(-3 * np.mean(logs), abs=1e-12)
    some = objective(teacher_forcing=0.25).phases()[0].loss(net, batch, Generator().manual_seed(1))  # type: ignore[arg-type]
    assert some.item() == pytest.approx(-np.mean(logs), abs=1e-12)
    draws = torch.rand(4, TIME + 1, generator=Generator().manual_seed(1))
    assert seen[0] is None
    assert torch.equal(seen[1], draws < 0.25)
    batch.targets[2, 1:] = 0  # what stands in the padding does not matter
    assert objective().plain_loss(net, batch, Generator()).item() == pytest.approx(-np.mean(logs), abs=1e-12)  # type: ignore[arg-type]


def by_hand(written: list[list[int]], true: list[list[int]]) -> float:
    """Return BLEU by Papineni et al. (2002): 4-gram precision of a corpus with a brevity penalty."""
    logs = 0.0
    for n in range(1, 5):
        hits = total = 0
        for a, b in zip(written, true, strict=True):
            grams, known = (Counter(tuple(row[i : i + n]) for i in range(len(row) - n + 1)) for row in (a, b))
            hits, total = hits + (grams & known).total(), total + grams.total()
        logs += log(hits / total) / 4
    ours, theirs = (sum(map(len, rows)) for rows in (written, true))
    return exp(min(0.0, 1 - theirs / ours) + logs)


def test_metrics_count_symbols_and_whole_answers() -> None:
    target = torch.tensor([[3, 4, 5, 6, 3, END], [4, 4, 5, 3, END, 0], [6, 5, 4, 3, 3, END]])
    written = torch.tensor([[3, 4, 5, 6, 4, END], [4, 4, 5, 3, END, 0], [6, 5, 4, 3, END, 0]])
    weights = (target > 0).float()
    logs = -torch.rand(3, 6).double()
    found = objective().judged(
        {
            "prediction": written.numpy(),
            "target": target.numpy(),
            "weights": weights.numpy(),
            "log_probability": logs.numpy(),
        }
    )
    assert found["token_accuracy"] == pytest.approx(14 / 17)
    assert found["sequence_accuracy"] == pytest.approx(1 / 3)
    assert found["cross_entropy"] == pytest.approx(-logs[weights > 0].mean().item())
    texts = [[[s for s in row if s >= SPECIAL] for row in rows.tolist()] for rows in (written, target)]
    assert found["bleu"] == pytest.approx(by_hand(*texts), abs=1e-6)


def test_the_baseline_is_the_most_frequent_symbol_of_each_step(config: Config) -> None:
    assembly = assemble(config("model=seq2seq", "dataset.shortest=3", "dataset.length=6"))
    data, goal = assembly.data, assembly.objective
    _, outputs = goal.baseline(data, data.test)
    _, target, weights = goal.answers(data.train.batch())  # type: ignore[attr-defined]
    majority = [Counter(target[weights[:, t] > 0, t].tolist()).most_common(1)[0][0] for t in range(7)]
    assert outputs["scores"].argmax(2)[0].tolist() == majority
    assert majority[-1] == END
    assert {"token_accuracy", "bleu", "loss"} <= set(goal.metrics(outputs, data.test, data))


def test_labels_of_steps_leave_padding_out(config: Config) -> None:
    batch = padded()
    scores = torch.randn(4, TIME, WORDS, dtype=torch.float64)
    labels = SequenceLabeling(SPEC, 0.1, loss="cross_entropy", scale=1.0)
    rows = [(scores[i, :length], batch.targets[i, :length]) for i, length in enumerate(LENGTHS)]
    flat, true = (torch.cat(parts) for parts in zip(*rows, strict=True))
    whole = torch.nn.functional.cross_entropy(flat, true, label_smoothing=0.1)
    torch.testing.assert_close(labels.training_loss(scores, batch), whole)
    quick = labels.quick(scores, batch)
    assert quick["accuracy"].item() == pytest.approx((flat.argmax(1) == true).double().mean().item())
    right = [bool((a.argmax(1) == b).all()) for a, b in rows]
    assert quick["sequence_accuracy"].item() == pytest.approx(np.mean(right))
    data = assemble(config("dataset=sorting", "dataset.shortest=2", "model=transformer")).data
    lengths = data.test.extra["length"]
    assert (data.test.weights.sum(1).numpy() == lengths).all()  # type: ignore[union-attr]
    assert ((data.test.inputs[..., 0] == 0).sum(1).numpy() == lengths).all()


@pytest.mark.parametrize(
    "words",
    [
        "model.cell=rnn model.attention=none objective.teacher_forcing=0.5",
        "model.cell=lstm model.bidirectional=true dataset.shortest=3 model.attention=additive objective.beams=2",
        "dataset=sorting model.depth=2 regularizer=[dropout,label_smoothing] regularizer.dropout.monte_carlo_samples=2",
        "regularizer=mixup diagnostics=full normalization=layer metrics.by=output",
    ],
)
def test_it_trains_with_other_groups(words: str, config: Config, tmp_path: Path) -> None:
    summary = run(config("model=seq2seq", "dataset.length=3", *SHORT, *words.split()), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    assert {"test/token_accuracy", "test/bleu"} <= set(summary["metrics"]) & set(summary["baseline"])


def test_an_unused_key_changes_no_identity(config: Config) -> None:
    plain = config("dataset=reversal", "model=gru")
    earlier = {**plain, "dataset": {key: value for key, value in plain["dataset"].items() if key != "shortest"}}
    assert (
        identity(plain) == identity(earlier) != identity(config("dataset=reversal", "model=gru", "dataset.shortest=8"))
    )


MISTAKES = [
    (
        "model=gru dataset=reversal objective=sequence_to_sequence",
        "takes an encoder and a decoder; model=gru gives.*try model=seq2seq",
    ),
    (
        "model=seq2seq dataset=reversal objective=sequence_labeling",
        "needs an output for every step; model=seq2seq gives",
    ),
    ("model=seq2seq dataset=latch", "needs symbols as targets"),
    ("model=seq2seq dataset.shortest=9", "dataset.shortest: expected at most the length 8, got 9"),
    ("model=seq2seq dataset.shortest=4 regularizer=mixup", "mixup needs sequences of equal length"),
    ("model=seq2seq dataset.shortest=4 dataset.noise=0.1", "dataset.noise: needs real numbers as inputs"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES)
def test_mistakes_are_refused_before_training(overrides: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*overrides.split()))
