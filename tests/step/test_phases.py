"""Phases with parts, repetitions, a later beginning and a change behind the update; the network of one of many."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import grad, stack_module_state, vmap

from dlx.contracts import Batch, Net, Phase, in_part
from dlx.step.functional import Functional
from dlx.step.member import Member
from dlx.step.step import Step

LR = 0.1


class Pair(nn.Module):
    """A critic and a generator of numbers; the critic's weight is a scalar."""

    latent = 2

    def __init__(self) -> None:
        super().__init__()
        self.critic = nn.Linear(1, 1, bias=False)
        self.generator = nn.Linear(2, 1)

    def decode(self, z: Tensor, scale: float = 1.0) -> Tensor:
        return scale * self.generator(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.critic(x)


def criticize(net: Net, batch: Batch, noise: Generator) -> Tensor:
    """Return the loss of a critic that likes real numbers and dislikes made ones (Arjovsky et al. 2017)."""
    fake = net.generator(torch.randn(len(batch.inputs), net.latent, generator=noise)).detach()
    return net.critic(fake).mean() - net.critic(batch.inputs).mean()


def generate(net: Net, batch: Batch, noise: Generator) -> Tensor:
    """Return the loss of a generator that the critic is to like."""
    return -net.critic(net.generator(torch.randn(len(batch.inputs), net.latent, generator=noise))).mean()


def clipped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights within 0.3 of 0."""
    return {name: weight.clamp(-0.3, 0.3) for name, weight in weights.items()}


def pair() -> Pair:
    torch.manual_seed(0)
    return Pair()


def member(network: nn.Module, *phases: Phase) -> Member:
    named = list(network.named_parameters())
    optimizers = [torch.optim.SGD([p for name, p in named if phase.takes(name)], lr=LR) for phase in phases]
    return Member(Step(phases, []), network, optimizers)


BATCHES = [Batch(torch.randn(5, 1, generator=Generator().manual_seed(n)) + 2, None) for n in range(4)]


def by_hand(network: Pair, steps: int, repeat: int, begins: int) -> None:
    """Take the same steps with torch alone."""
    noise = Generator().manual_seed(7)
    for step in range(steps):
        for update in range(repeat):
            loss = criticize(network, BATCHES[(step + update) % 4], noise)
            (gradient,) = torch.autograd.grad(loss, [network.critic.weight])
            with torch.no_grad():
                network.critic.weight.sub_(LR * gradient).clamp_(-0.3, 0.3)
        if step >= begins:
            parameters = list(network.generator.parameters())
            gradients = torch.autograd.grad(generate(network, BATCHES[step], noise), parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.sub_(LR * gradient)


@pytest.mark.parametrize(("repeat", "begins"), [(1, 0), (3, 0), (1, 2), (2, 1)])
def test_repeated_late_and_clipped_phases_by_hand(repeat: int, begins: int) -> None:
    ours, theirs, noise = pair(), pair(), Generator().manual_seed(7)
    trained = member(
        ours,
        Phase("critic", ("critic",), criticize, repeat=repeat, after=clipped),
        Phase("generator", ("generator",), generate, begins=begins),
    )
    for step in range(3):
        losses = trained(
            [BATCHES[step]], noise, number=step, further=lambda update, step=step: ([BATCHES[(step + update) % 4]], 1.0)
        )
        assert list(losses) == (["critic", "generator"] if step >= begins else ["critic"])
    by_hand(theirs, 3, repeat, begins)
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, theirs.state_dict()[name])
    assert ours.critic.weight.abs().max() <= 0.3


def test_a_phase_leaves_no_gradient_on_the_other_ones_parameters() -> None:
    network = pair()
    trained = member(network, Phase("critic", ("critic",), criticize), Phase("generator", ("generator",), generate))
    trained([BATCHES[0]], Generator().manual_seed(0))
    alone = pair()
    first = member(
        alone, Phase("critic", ("critic",), criticize), Phase("generator", ("generator",), generate, begins=9)
    )
    first([BATCHES[0]], Generator().manual_seed(0))
    assert torch.equal(network.critic.weight.grad, alone.critic.weight.grad)  # type: ignore[arg-type]


def test_the_first_phase_takes_part_in_every_step_and_names_differ() -> None:
    with pytest.raises(AssertionError):
        member(pair(), Phase("critic", ("critic",), criticize, begins=1))
    with pytest.raises(AssertionError):
        member(pair(), Phase("critic", ("critic",), criticize), Phase("critic", ("generator",), generate))


@pytest.mark.parametrize(
    ("part", "taken"),
    [
        ("generator", {"generator.hidden.weight", "generator.output.weight"}),
        ("generator.output", {"generator.output.weight"}),
        ("output", {"output.bias"}),
        ("trunk", {"generator.hidden.weight", "hidden.0.weight", "outputs.weight", "generators.weight"}),
    ],
)
def test_parts_are_modules_by_their_path(part: str, taken: set[str]) -> None:
    names = {
        *("generator.hidden.weight", "generator.output.weight", "hidden.0.weight", "output.bias"),
        *("outputs.weight", "generators.weight"),
    }
    assert {name for name in names if in_part(name, part)} == taken


def test_a_functional_reads_as_the_module_itself() -> None:
    network = pair()
    other = {name: tensor + 0.5 for name, tensor in network.named_parameters()}
    net, twin = Functional(network, other), pair()
    twin.load_state_dict(other)
    x, z = torch.randn(4, 1), torch.randn(4, 2)
    assert torch.equal(net(x), twin(x))
    assert torch.equal(net.critic(x), twin.critic(x))
    assert torch.equal(net.decode(z, scale=3.0), twin.decode(z, scale=3.0))
    assert torch.equal(net.generator.weight, twin.generator.weight)
    assert net.latent == 2


def test_many_at_once_with_a_gradient_penalty() -> None:
    """A penalty on the critic's slope, whose gradient needs a second derivative, for one network and for three."""

    class Critic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.critic = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1))

    def loss(net: Net, x: Tensor) -> Tensor:
        slope = grad(lambda inputs: net.critic(inputs).sum())(x)
        return net.critic(x).mean() + (slope.norm(dim=1) - 1).square().mean()

    torch.manual_seed(0)
    members = [Critic() for _ in range(3)]
    stacked, _ = stack_module_state(members)
    x = torch.randn(3, 8, 2)
    together = vmap(grad(lambda tensors, inputs: loss(Functional(members[0], tensors), inputs)))(stacked, x)
    for number, each in enumerate(members):
        parameters = dict(each.named_parameters())
        alone = torch.autograd.grad(loss(each, x[number]), list(parameters.values()), allow_unused=True)
        for name, gradient in zip(parameters, alone, strict=True):
            expected = torch.zeros_like(parameters[name]) if gradient is None else gradient
            torch.testing.assert_close(together[name][number], expected)


def test_a_batch_is_a_record_that_vmap_takes() -> None:
    batch = Batch(torch.randn(3, 4, 2), torch.randint(0, 2, (3, 4)), torch.rand(3, 4))
    found = vmap(lambda each: (F.cross_entropy(each.inputs, each.targets, reduction="none") * each.weights).sum())(
        batch
    )
    assert len(found) == 3
    assert copy.deepcopy(batch)._replace(weights=None).weights is None
