"""What regularizers do to batches and gradients, by hand and against torch; dropout and its averages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Generator

from dlx.assembly.assemble import assemble
from dlx.config.identity import identity
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.classification import Classification
from dlx.regularizer.gradient_clipping import GradientClipping
from dlx.regularizer.gradient_noise import GradientNoise
from dlx.regularizer.input_noise import InputNoise
from dlx.regularizer.mixup import Mixup
from dlx.run.evaluate import averaged, judge
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.member import Member

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("vector", (4,), "class", 4)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1e9])
def test_clipping_by_norm_is_torchs(max_norm: float) -> None:
    gradients = {"a": torch.randn(3, 4, generator=seeded()), "b": torch.randn(5, generator=seeded(1))}
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients.values()]
    for parameter, gradient in zip(parameters, gradients.values(), strict=True):
        parameter.grad = gradient.clone()
    torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    found = GradientClipping(max_norm=max_norm).change_gradients(gradients, seeded())
    for parameter, gradient in zip(parameters, found.values(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_clipping_by_value_is_torchs() -> None:
    parameter = torch.nn.Parameter(torch.zeros(10))
    parameter.grad = torch.randn(10, generator=seeded())
    found = GradientClipping(value=0.5).change_gradients({"a": parameter.grad.clone()}, seeded())["a"]
    torch.nn.utils.clip_grad_value_([parameter], 0.5)
    assert torch.equal(found, parameter.grad)
    assert found.abs().max() == 0.5


def test_a_clipped_step_is_no_longer_than_lr_times_the_bound(config: Config) -> None:
    composed = config(
        "optimizer=sgd", "optimizer.lr=1", "regularizer=gradient_clipping", "regularizer.gradient_clipping.max_norm=0.1"
    )
    assembly = assemble(composed)
    network = assembly.network()
    before = torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone()
    member = Member(assembly.step(), network, [assembly.recipe.optimizer.make(list(network.parameters()))])
    train = assembly.data.train
    member([Batch(100 * train.inputs[:64], train.targets[:64])], seeded())
    after = torch.nn.utils.parameters_to_vector(network.parameters()).detach()
    assert (after - before).norm().item() == pytest.approx(0.1, rel=1e-3)


def test_noise_has_its_standard_deviation_and_comes_from_the_generator() -> None:
    zeros = torch.zeros(200, 100)
    found = GradientNoise(sd=0.3).change_gradients({"w": zeros}, seeded())["w"]
    assert found.std().item() == pytest.approx(0.3, rel=0.02)
    assert abs(found.mean().item()) < 5 * 0.3 / 20000**0.5
    assert torch.equal(found, GradientNoise(sd=0.3).change_gradients({"w": zeros}, seeded())["w"])
    targets = torch.arange(200)
    noisy, same, _ = InputNoise(sd=0.3).change_batch(Batch(zeros + 1, targets), seeded())
    assert noisy.std().item() == pytest.approx(0.3, rel=0.02)
    assert noisy.mean().item() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(same, targets)


def test_mixup_mixes_inputs_and_classes_alike() -> None:
    classes = torch.arange(400) % 4
    inputs = F.one_hot(classes, 4).float()  # each input is the code of its class, so both mixtures must agree
    mixed, shares, _ = Mixup(SPEC, alpha=0.4).change_batch(Batch(inputs, classes), seeded(3))
    torch.testing.assert_close(mixed, shares)
    torch.testing.assert_close(shares.sum(1), torch.ones(400))
    t = shares[torch.arange(400), classes].min().item()  # where the partner is of another class
    assert sorted({round(v, 4) for v in shares.flatten().tolist()}) == sorted(
        {round(v, 4) for v in (0.0, t, 1 - t, 1.0)}
    )


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_mixups_share_is_a_beta_draw(alpha: float) -> None:
    from scipy import stats

    mixup, generator = Mixup(SPEC, alpha=alpha), seeded(1)
    pair = torch.tensor([0, 1])
    inputs = torch.tensor([[0.0], [1.0]])
    draws = []
    while len(draws) < 500:
        mixed = mixup.change_batch(Batch(inputs, pair), generator).inputs
        if mixed[0] + mixed[1] == 1 and mixed[0] != 0:  # the two examples met each other
            draws.append(1 - mixed[0].item())
    assert stats.kstest(draws, stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def objective(loss: str = "cross_entropy", smoothing: float = 0.0, codes: Any = "one_hot") -> Classification:
    return Classification(SPEC, smoothing, (), loss=loss, codes=codes, threshold=None, scale=1.0)  # type: ignore[arg-type]


def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses() -> None:
    scores, first, second = torch.randn(6, 4, generator=seeded()), torch.arange(6) % 4, torch.arange(6) * 3 % 4
    shares = 0.3 * F.one_hot(first, 4) + 0.7 * F.one_hot(second, 4)
    for loss in ("cross_entropy", "nll"):
        expected = 0.3 * objective().smoothed_loss(scores, first) + 0.7 * objective().smoothed_loss(scores, second)
        torch.testing.assert_close(objective(loss).smoothed_loss(scores, shares), expected)


def test_label_smoothing_by_hand_and_torchs() -> None:
    scores, target = torch.randn(6, 4, generator=seeded()), torch.arange(6) % 4
    logs = scores.log_softmax(1)
    by_hand = -(0.9 * logs[torch.arange(6), target] + 0.1 * logs.mean(1)).mean()
    for loss in ("cross_entropy", "nll"):
        torch.testing.assert_close(objective(loss).smoothed_loss(scores, target, 0.1), by_hand)
    torch.testing.assert_close(F.cross_entropy(scores, target, label_smoothing=0.1), by_hand)
    smoothed = 0.9 * F.one_hot(target, 4) + 0.025
    torch.testing.assert_close(objective("mse").smoothed_loss(scores, target, 0.1), (scores - smoothed).square().mean())


def test_label_smoothing_is_for_training_alone(config: Config, tmp_path: Path) -> None:
    composed = config("regularizer=label_smoothing", "trainer.max_epochs=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert metrics["test/loss"] == pytest.approx(metrics["test/cross_entropy"], rel=1e-5)


def test_dropout_keeps_the_mean(config: Config) -> None:
    composed = config("model=mlp", "model.depth=2", "dataset=diabetes", "regularizer=dropout")
    composed["regularizer"]["dropout"] |= {"p": 0.5, "monte_carlo_samples": 2000}
    assembly = assemble(composed)
    network, part = assembly.network(), assembly.data.test
    # One hidden layer and a linear output: the mean over all masks is the pass without dropout.
    scaled, mean = judge(assembly.objective, network, part, 0), averaged(assembly, network, "test")
    network.train()
    torch.manual_seed(0)
    with torch.no_grad():
        one = torch.stack([network(part.inputs) for _ in range(50)])
    error = one.std(0) / 2000**0.5
    assert error.min() > 0
    assert ((mean - scaled).abs() < 5 * error).all()
    assert torch.equal(mean, averaged(assembly, network, "test"))  # the draws are the run's own
    assert not network.training


def test_monte_carlo_averages_probabilities() -> None:
    scores = torch.randn(3, 5, 4, generator=seeded())
    found = objective().average(scores)
    torch.testing.assert_close(found.exp(), scores.softmax(2).mean(0))


def test_one_regularizer_at_its_neutral_value_is_none(config: Config) -> None:
    plain = identity(config("regularizer=none"))
    assert identity(config("regularizer=[]")) == plain
    assert identity(config("regularizer=l1", "regularizer.l1.strength=0")) == plain
    assert identity(config("regularizer.l1.proximal=true")) == plain
    assert identity(config("regularizer.gradient_clipping.value=1.0")) != plain
    assert identity(config("regularizer=gradient_clipping")) != plain


MISTAKES = [
    (["regularizer=mixup", "dataset=diabetes"], "regularizer.mixup: mixup needs classes"),
    (["regularizer=label_smoothing", "dataset=diabetes"], "regularizer.label_smoothing: label smoothing needs classes"),
    (["regularizer=beta_prior"], "expected model=bernoulli, got model=mlp"),
    (["regularizer=beta_prior", "model=bernoulli", "objective.loss=mse"], "expected objective.loss=bernoulli"),
    (["model=bernoulli", "dataset=diabetes"], "needs targets between 0 and 1"),
    (["regularizer=gradient_clipping", "regularizer.gradient_clipping.value=1"], "got both"),
    (["regularizer=gaussian_prior", "model=point"], "try regularizer=l2"),
    (["regularizer=l1", "regularizer.l1.proximal=true", "optimizer=lbfgs"], "regularizer.l1.proximal"),
    (["regularizer.l1.strength=-1"], "regularizer.l1.strength: expected float >= 0"),
    (["regularizer.label_smoothing.smoothing=1"], "in [0, 1)"),
    (["regularizer.max_norm.limit=0"], "regularizer.max_norm.limit"),
    (["regularizer.dropout.monte_carlo_samples=-1"], "regularizer.dropout.monte_carlo_samples"),
    (["regularizer.elastic_net.l1_ratio=1.5"], "regularizer.elastic_net.l1_ratio"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)


def test_nothing_is_hooked_when_all_are_off(config: Config) -> None:
    assembly = assemble(config("regularizer=none"))
    assert assembly.recipe.regularizers == {}
    member = Member(assembly.step(), assembly.network(), [torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)])
    assert (member.changes_batch, member.changes_gradients, member.changes_weights) == (False, False, False)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad", "muon", "lbfgs"])
def test_decay_is_apart_from_the_gradient_whatever_the_optimizer(name: str, config: Config) -> None:
    """One step with and without: every weight matrix is lr · strength shorter, biases are what they were."""
    words = (f"optimizer={name}", "optimizer.lr=0.05", "dataset.limit=60", "model.depth=2", "model.width=6")
    after = []
    for more in ((), ("regularizer=weight_decay", "regularizer.weight_decay.strength=0.3")):
        assembly = assemble(config(*words, *more))
        network, train = assembly.network(), assembly.data.train
        member = Member(assembly.step(), network, [assembly.recipe.optimizer.make(list(network.parameters()))])
        member([train.batch()], seeded())
        after.append({name: p.detach().clone() for name, p in network.named_parameters()})
    plain, decayed = after
    for key, weight in plain.items():
        torch.testing.assert_close(decayed[key], weight * (1 - 0.05 * 0.3) if weight.dim() > 1 else weight)


@pytest.mark.parametrize("regularizer", ["weight_decay", "max_norm", "l1"])
def test_nothing_is_changed_where_there_is_no_matrix(regularizer: str, config: Config, tmp_path: Path) -> None:
    words = ["model=point", "objective=surface", "dataset=none", "trainer.max_epochs=2", "regularizer.l1.proximal=true"]
    ends = []
    for chosen in (regularizer, "none"):
        composed = config(*words, f"regularizer={chosen}", "trainer.accelerator=cpu")
        summary = run(composed, tmp_path / chosen, raises=True)
        ends.append({name: value for name, value in summary["metrics"].items() if "penalty" not in name})
    assert ends[0] == ends[1]
