"""Adversarial losses against formulas, penalties against finite differences, and updates written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.adversarial import Adversarial, gradient_penalty, gradients
from dlx.spec import DataSpec
from dlx.step.functional import Functional
from dlx.step.member import Member
from dlx.step.step import Step

KEYS: dict[str, Any] = {
    "loss": "non_saturating",
    "clip": None,
    "gradient_penalty": 0.0,
    "r1": 0.0,
    "discriminator_steps": 1,
    "discriminator_pretrain_steps": 0,
    "updates": "alternating",
    "scale": 1.0,
}
LOSSES = ("minimax", "non_saturating", "least_squares", "wasserstein")


def objective(**keys: Any) -> Adversarial:
    return Adversarial(DataSpec("vector", (2,), "none", 0), **{**KEYS, **keys})


class Pair(nn.Module):
    noise_shape = (3,)

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1))


class Dirac(nn.Module):
    """The Dirac-GAN: a point theta as generator, psi x as discriminator (Mescheder et al. 2018)."""

    noise_shape = (1,)

    def __init__(self) -> None:
        super().__init__()
        self.generator, self.discriminator = nn.Linear(1, 1), nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.generator.weight)
        self.generator.weight.requires_grad_(False)
        nn.init.ones_(self.generator.bias)
        nn.init.ones_(self.discriminator.weight)


def pair(seed: int = 0) -> Pair:
    torch.manual_seed(seed)
    return Pair().double()


REAL = torch.randn(7, 2, generator=Generator().manual_seed(3), dtype=torch.float64)
BATCH = Batch(REAL, None)


def noise() -> Generator:
    return Generator().manual_seed(5)


@pytest.mark.parametrize("kind", LOSSES)
def test_losses_by_formula(kind: str) -> None:
    real, fake = torch.tensor([[0.5], [2.0]]), torch.tensor([[-1.0], [0.3]])
    r, f = [0.5, 2.0], [-1.0, 0.3]
    s = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    mean = lambda values: sum(values) / 2  # noqa: E731
    discriminator = {
        "minimax": -mean([math.log(s(a)) + math.log(1 - s(b)) for a, b in zip(r, f, strict=True)]),
        "least_squares": mean([0.5 * (a - 1) ** 2 + 0.5 * b**2 for a, b in zip(r, f, strict=True)]),
        "wasserstein": mean(f) - mean(r),
    }
    generator = {
        "minimax": mean([math.log(1 - s(b)) for b in f]),
        "non_saturating": -mean([math.log(s(b)) for b in f]),
        "least_squares": mean([0.5 * (b - 1) ** 2 for b in f]),
        "wasserstein": -mean(f),
    }
    made = objective(loss=kind)
    expected = discriminator.get(kind, discriminator["minimax"])
    assert made.of_discriminator(real, fake).item() == pytest.approx(expected, rel=1e-6)
    assert made.of_generator(fake).item() == pytest.approx(generator[kind], rel=1e-6)


def test_the_gradient_penalty_by_finite_differences() -> None:
    network, fake, h = pair(), REAL.flip(0) + 1, 1e-5
    share = torch.rand((7, 1), generator=noise(), dtype=torch.float64)
    places = share * REAL + (1 - share) * fake

    def slope(column: int) -> Tensor:
        step = torch.zeros(2, dtype=torch.float64)
        step[column] = h
        return (network.discriminator(places + step) - network.discriminator(places - step))[:, 0] / (2 * h)

    by_differences = torch.stack([slope(0), slope(1)], 1).detach()
    torch.testing.assert_close(gradients(network, places).detach(), by_differences, atol=1e-8, rtol=1e-6)
    expected = (by_differences.norm(dim=1) - 1).square().mean()
    found = gradient_penalty(network, REAL, fake, noise())
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    weight = network.discriminator[0].weight
    (gradient,) = torch.autograd.grad(found, [weight])
    with torch.no_grad():
        weight[0, 0] += h
        above = gradient_penalty(network, REAL, fake, noise())
        weight[0, 0] -= 2 * h
        below = gradient_penalty(network, REAL, fake, noise())
    assert gradient[0, 0].item() == pytest.approx(((above - below) / (2 * h)).item(), rel=1e-5)


def test_r1_is_half_the_squared_gradient_at_real_examples() -> None:
    network = pair()
    with_r1 = objective(r1=3.0).discriminate(network, BATCH, noise())
    without = objective().discriminate(network, BATCH, noise())
    real = REAL.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network.discriminator(real).sum(), [real])
    assert (with_r1 - without).item() == pytest.approx(1.5 * gradient.square().sum(1).mean().item())


@pytest.mark.parametrize("kind", LOSSES)
def test_one_loss_for_both_has_the_gradient_of_each(kind: str) -> None:
    network, made = pair(), objective(loss=kind, gradient_penalty=2.0, r1=0.5, scale=1.5)
    own, ours = list(network.discriminator.parameters()), list(network.generator.parameters())
    together = torch.autograd.grad(made.both(network, BATCH, noise()), [*own, *ours])
    of_both = torch.autograd.grad(made.discriminate(network, BATCH, noise()), own)
    of_generator = torch.autograd.grad(made.generate(network, BATCH, noise()), ours)
    for found, expected in zip(together, [*of_both, *of_generator], strict=True):
        torch.testing.assert_close(found, expected)


def test_many_members_at_once() -> None:
    networks, made = [pair(0), pair(1)], objective(gradient_penalty=1.0, r1=1.0)
    tensors, _ = stack_module_state(networks)  # type: ignore[arg-type]
    places = torch.randn(2, 7, 3, dtype=torch.float64)

    def loss(tensors: dict[str, Tensor], z: Tensor) -> Tensor:
        net = Functional(networks[0], tensors)
        fake = net.generator(z).detach()
        real = made.of_discriminator(net.discriminator(REAL), net.discriminator(fake))
        return real + gradients(net, REAL).square().sum(1).mean()

    gradient = vmap(grad(loss))(tensors, places)
    for number, network in enumerate(networks):
        alone = grad(loss)(dict(network.named_parameters()), places[number])
        for name, tensor in alone.items():
            torch.testing.assert_close(gradient[name][number], tensor)
    whole = vmap(lambda t: made.both(Functional(networks[0], t), BATCH, noise()), randomness="same")(tensors)
    torch.testing.assert_close(whole, torch.stack([made.both(network, BATCH, noise()) for network in networks]))


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_the_dirac_gan_by_hand(updates: str) -> None:
    """The Wasserstein losses are psi theta and -psi theta, so the steps are those of a rotation."""
    made, network = objective(loss="wasserstein", updates=updates), Dirac()
    optimizers = [
        torch.optim.SGD([p for name, p in network.named_parameters() if phase.takes(name) and p.requires_grad], 0.1)
        for phase in made.phases()
    ]
    member = Member(Step(made.phases(), []), network, optimizers)
    theta = psi = 1.0
    for _ in range(20):
        member([Batch(torch.zeros(4, 1), None)], noise())
        before = psi
        psi -= 0.1 * theta
        theta += 0.1 * (before if updates == "simultaneous" else psi)
    assert network.generator.bias.item() == pytest.approx(theta, rel=1e-5)
    assert network.discriminator.weight.item() == pytest.approx(psi, rel=1e-5)
    if updates == "simultaneous":
        assert math.hypot(theta, psi) == pytest.approx(2**0.5 * 1.01**10)


def test_only_the_discriminator_is_clipped() -> None:
    for phase in objective(clip=0.1, updates="simultaneous").phases():
        assert phase.after is not None
        changed = phase.after({"discriminator.0.weight": torch.tensor([[3.0]]), "generator.0.weight": torch.ones(1)})
        assert list(changed) == ["discriminator.0.weight"]
        assert changed["discriminator.0.weight"].item() == pytest.approx(0.1)


def test_pretraining_and_repeated_updates_are_phases() -> None:
    first, second = objective(discriminator_steps=5, discriminator_pretrain_steps=100).phases()
    assert (first.name, first.repeat, first.begins) == ("discriminator", 5, 0)
    assert (second.name, second.repeat, second.begins) == ("generator", 1, 100)
    with pytest.raises(ValueError, match="expected alternating"):
        objective(updates="simultaneous", discriminator_steps=2)


SMALL = ("model.generator.width=8", "model.discriminator.width=8", "trainer.accelerator=cpu", "dataset.examples=60")


def test_parts_are_models_with_styles_of_their_own(config: Callable[..., dict[str, Any]]) -> None:
    words = ["model=gan", *SMALL, "generator.activation=tanh", "generator.initializer=orthogonal"]
    words += ["discriminator.normalization=weight", "discriminator.initializer.bias=0.3", "initializer=he_normal"]
    network: Any = assemble(config(*words)).network()
    assert [type(layer).__name__ for layer in network.generator.hidden[0]] == ["Linear", "Identity", "Tanh"]
    assert "ReLU" in [type(layer).__name__ for layer in network.discriminator.hidden[0]]
    square = network.generator.hidden[1][0].weight
    torch.testing.assert_close(square @ square.T, square[0] @ square[0] * torch.eye(8), atol=1e-5, rtol=1e-5)
    names = [name for name, _ in network.named_parameters() if "original0" in name]
    assert names
    assert all(name.startswith("discriminator.hidden") for name in names)
    biases = [value for name, value in network.named_parameters() if name.endswith("hidden.0.0.bias")]
    assert [bias.unique().tolist() for bias in biases] == [[0.0], [pytest.approx(0.3)]]
    assert network.noise_shape == (2,)


def test_images_are_made_by_vectors_and_read_by_maps(config: Callable[..., dict[str, Any]]) -> None:
    words = ["model=gan", "dataset=digits", "model.discriminator=cnn", "model.latent=5", "trainer.accelerator=cpu"]
    assembly = assemble(config(*words))
    network: Any = assembly.network()
    assert network.sample(torch.randn(3, 5)).shape == (3, 1, 8, 8)
    assert network(torch.randn(3, 1, 8, 8)).shape == (3, 1)
    outputs: Any = assembly.objective.outputs(network, assembly.data.test.batch(slice(4)), Generator())
    assert {name: value.shape for name, value in outputs.items()} == {
        "sample": (4, 1, 8, 8),
        "real": (4, 1),
        "fake": (4, 1),
    }
    plain = assemble(config("model=gan", "dataset=digits", "trainer.accelerator=cpu")).network()
    assert plain(torch.randn(3, 1, 8, 8)).shape == (3, 1)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["objective=adversarial"], "objective=adversarial needs a generator and a discriminator; .*; try model=gan"),
        (["discriminator.optimizer=sgd"], "discriminator: model=mlp has no such part; it has trunk and output"),
        (["model=gan", "generator.optimizer=lbfgs"], "dataset.batch_size: .*lbfgs takes the whole"),
        (["model=gan", "model.generator=pca"], "model.generator=pca: is solved at once"),
        (["model=gan", *SMALL[:2], "model.discriminator.frozen=[hidden]"], r"try|e.g. model.frozen=\[discriminator\]"),
        (["trunk.activation=tanh"], "trunk.activation: only a part that is a model of its own has one"),
        (["trunk.initializer=lsuv"], "trunk.initializer: lsuv adjusts a whole network"),
        (["trunk.optimizer.lr_scale=inverse_lipschitz"], "trunk.optimizer.lr_scale: .*expected absolute"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], answer: str, config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=answer):
        assemble(config("trainer.accelerator=cpu", *words))


def test_a_functional_call_sees_the_parts(config: Callable[..., dict[str, Any]]) -> None:
    network = assemble(config("model=gan", *SMALL)).network()
    other = {name: torch.zeros_like(tensor) for name, tensor in network.named_parameters()}
    assert functional_call(network, other, (torch.ones(2, 2),)).tolist() == [[0.0], [0.0]]
