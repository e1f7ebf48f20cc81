"""A class at each step: loss and metrics by a slow loop, and what a recurrent network and a transformer can learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.sequence_labeling import SequenceLabeling
from dlx.regularizer.mixup import Mixup
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("sequence", (5, 4), "tokens", 4, steps=5)
SMALL = ("dataset.examples=200", "trainer.max_epochs=1", "trainer.max_steps=3", "trainer.accelerator=cpu")


def objective(smoothing: float = 0.0, scale: float = 1.0) -> SequenceLabeling:
    return SequenceLabeling(SPEC, smoothing, loss="cross_entropy", scale=scale)


def example() -> tuple[Tensor, Batch]:
    torch.manual_seed(0)
    targets = torch.randint(0, 4, (6, 5))
    outputs = torch.randn(6, 5, 4, dtype=torch.float64)
    outputs[:2] += 9 * torch.nn.functional.one_hot(targets[:2], 4)  # two sequences without a mistake
    return outputs, Batch(torch.zeros(6, 5, 4), targets)


def test_the_loss_is_the_mean_over_examples_and_steps() -> None:
    outputs, batch = example()
    logs = [
        outputs[i, t, batch.targets[i, t]].item() - outputs[i, t].exp().sum().log().item()
        for i in range(6)
        for t in range(5)
    ]
    assert objective().loss(outputs, batch).item() == pytest.approx(-np.mean(logs), abs=1e-12)
    assert objective(scale=3).loss(outputs, batch).item() == pytest.approx(-3 * np.mean(logs), abs=1e-12)
    smooth = 0.2 * -outputs.log_softmax(2).mean().item() + 0.8 * -np.mean(logs)
    assert objective(0.2).training_loss(outputs, batch).item() == pytest.approx(smooth, abs=1e-12)
    assert objective(0.2).loss(outputs, batch).item() == pytest.approx(-np.mean(logs), abs=1e-12)


def test_metrics_count_steps_and_whole_sequences() -> None:
    outputs, batch = example()
    hits = np.array([[int(outputs[i, t].argmax()) == batch.targets[i, t] for t in range(5)] for i in range(6)])
    whole = sum(all(row) for row in hits) / 6
    assert 2 / 6 <= whole < 1
    found = objective().judged({"prediction": outputs.numpy(), "target": batch.targets.numpy()})
    assert found["accuracy"] == pytest.approx(hits.mean())
    assert found["sequence_accuracy"] == pytest.approx(whole)
    assert found["cross_entropy"] == pytest.approx(objective().loss(outputs, batch).item())
    quick = objective().quick(outputs, batch)
    assert (quick["accuracy"].item(), quick["sequence_accuracy"].item()) == pytest.approx((hits.mean(), whole))


def test_passes_are_averaged_as_probabilities() -> None:
    outputs = torch.randn(3, 6, 5, 4)
    torch.testing.assert_close(objective().average(outputs).exp(), outputs.softmax(-1).mean(0))


def test_the_baseline_knows_the_frequencies_of_each_step(config: Config) -> None:
    assembly = assemble(config("dataset=sorting", "model=transformer"))
    data = assembly.data
    name, outputs = assembly.objective.baseline(data, data.test)
    train, test = data.train.targets.numpy(), data.test.targets.numpy()
    majority = [Counter(train[:, t].tolist()).most_common(1)[0][0] for t in range(8)]
    assert name == "majority at each step"
    assert outputs.argmax(-1)[0].tolist() == majority
    judged = assembly.objective.judged(assembly.objective.predictions(outputs, data.test, data))
    assert judged["accuracy"] == pytest.approx((test == majority).mean())


def test_the_data_say_that_each_step_has_a_symbol(config: Config) -> None:
    assembly = assemble(config("dataset=reversal", "model=transformer", "objective=auto"))
    spec = assembly.data.spec
    assert (spec.target, spec.outputs, spec.steps, len(spec.classes)) == ("tokens", 10, 8, 10)
    assert assembly.objective.spec.form == "sequence"
    inputs, targets = assembly.data.train.inputs, assembly.data.train.targets
    assert torch.equal(inputs.argmax(2).flip(1), targets)
    assert str(spec) == "sequences of 8x10 with symbols as targets"


def test_a_transformer_learns_to_reverse_and_a_causal_one_only_the_second_half(config: Config, tmp_path: Path) -> None:
    words = ("dataset=reversal", "model=transformer", "dataset.length=4", "dataset.symbols=5", "metrics.by=output")
    train = ("trainer.max_epochs=12", "optimizer.lr=3e-3", "trainer.accelerator=cpu")
    for causal in (False, True):
        metrics = run(config(*words, *train, f"model.causal={causal}"), tmp_path / str(causal), raises=True)["metrics"]
        first, last = (metrics[f"test/output_{step}/accuracy"] for step in (1, 4))
        assert last > 0.95
        assert first < 0.35 if causal else first > 0.95


@pytest.mark.parametrize("model", ["rnn", "gru model.bidirectional=true", "lstm model.depth=2", "transformer"])
@pytest.mark.parametrize("dataset", ["reversal", "sorting"])
def test_models_of_sequences_train_on_symbols(model: str, dataset: str, config: Config, tmp_path: Path) -> None:
    name, *keys = model.split()
    words = (f"model={name}", *keys, f"dataset={dataset}", "diagnostics=full", "regularizer=[dropout,label_smoothing]")
    summary = run(config(*words, *SMALL), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    assert {"test/accuracy", "test/sequence_accuracy"} <= set(summary["metrics"]) & set(summary["baseline"])


def test_mixtures_of_sequences_have_mixtures_of_symbols() -> None:
    _, batch = example()
    generator = torch.Generator().manual_seed(1)
    mixed = Mixup(SPEC, alpha=1.0).change_batch(batch, generator)
    assert mixed.targets.shape == (6, 5, 4)
    torch.testing.assert_close(mixed.targets.sum(2), torch.ones(6, 5))
    assert objective().loss(torch.zeros(6, 5, 4), mixed).item() == pytest.approx(np.log(4))


def test_a_prior_counts_every_symbol(config: Config) -> None:
    words = ("dataset=reversal", "model=gru", "regularizer=gaussian_prior", "regularizer.gaussian_prior.sd=0.5")
    assembly = assemble(config(*words))
    prior = assembly.recipe.regularizers["gaussian_prior"]
    # mean loss + strength · Σw² is the negative log posterior divided by the number of symbols
    assert prior.strength == pytest.approx(1 / (2 * 0.5**2) / (len(assembly.data.train) * 8))


def test_shuffled_labels_are_those_of_other_sequences(config: Config) -> None:
    plain, shuffled = (
        assemble(config("dataset=sorting", "model=gru", f"dataset.shuffle_labels={on}")).data.train
        for on in (False, True)
    )
    assert torch.equal(plain.inputs, shuffled.inputs)
    assert (plain.targets != shuffled.targets).any(1).float().mean() > 0.9
    assert (shuffled.targets.sort(1).values == shuffled.targets).all()


MISTAKES = [
    ("dataset=reversal", "needs an output for every step; model=mlp gives one for an example; try model=gru, model="),
    ("dataset=reversal model=gru objective=classification", "needs classes as targets; .* try objective=sequence_lab"),
    ("dataset=latch model=gru objective=sequence_labeling", "needs symbols as targets; .* try objective=classificat"),
    ("dataset=reversal model=gru dataset.label_noise=0.1", "needs classes as targets; the dataset gives symbols"),
    ("dataset=reversal model=gru diagnostics=probe", "target=label needs one target per example; the data are seq"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES)
def test_mistakes_are_refused_before_training(overrides: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*overrides.split()))
