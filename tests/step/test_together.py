"""Several optimizers behind one, against torch's parameter groups and separate optimizers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch, Net, Phase
from dlx.contracts.hooks import Hooks
from dlx.regularizer.weight_decay import WeightDecay
from dlx.step.member import Member
from dlx.step.step import Step
from dlx.step.together import Together

X = torch.randn(20, 3, generator=Generator().manual_seed(1))


def squared(net: Net, batch: Batch, generator: Generator) -> Tensor:
    return net(batch.inputs).square().mean()


def two_layers() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def trained(network: nn.Module, optimizer: torch.optim.Optimizer, *regularizers: Hooks) -> list[Tensor]:
    member = Member(Step([Phase("train", (), squared)], regularizers), network, [optimizer])
    for _ in range(3):
        member([Batch(X, None)], Generator())
    return [parameter.detach() for parameter in network.parameters()]


def test_one_class_with_two_rates_equals_torchs_parameter_groups() -> None:
    ours, theirs = two_layers(), two_layers()
    apart = [torch.optim.Adam(ours[0].parameters(), lr=1e-3), torch.optim.Adam(ours[2].parameters(), lr=1e-2)]
    groups = [{"params": list(theirs[0].parameters()), "lr": 1e-3}, {"params": list(theirs[2].parameters())}]
    for a, b in zip(trained(ours, Together(apart)), trained(theirs, torch.optim.Adam(groups, lr=1e-2)), strict=True):
        assert torch.equal(a, b)


def test_decoupled_decay_follows_the_rate_of_each_group() -> None:
    ours, theirs = two_layers(), two_layers()
    apart = [torch.optim.SGD(ours[0].parameters(), lr=0.1), torch.optim.SGD(ours[2].parameters(), lr=0.3)]
    found = trained(ours, Together(apart), WeightDecay(strength=0.5))
    by_hand = [(theirs[0], 0.1), (theirs[2], 0.3)]
    for _ in range(3):
        theirs.zero_grad()
        theirs(X).square().mean().backward()
        with torch.no_grad():
            for layer, lr in by_hand:
                layer.weight.sub_(lr * layer.weight.grad)
                layer.bias.sub_(lr * layer.bias.grad)
                layer.weight.mul_(1 - lr * 0.5)
    for a, b in zip(found, theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_its_state_is_restored_and_a_schedule_of_one_changes_that_one() -> None:
    network = two_layers()
    made = [torch.optim.Adam(network[0].parameters(), lr=1e-3), torch.optim.SGD(network[2].parameters(), lr=1e-2)]
    together = Together(made)
    trained(network, together)
    state = copy.deepcopy(together.state_dict())
    again = two_layers()
    other = Together([torch.optim.Adam(again[0].parameters()), torch.optim.SGD(again[2].parameters())])
    other.load_state_dict(state)
    again.load_state_dict(network.state_dict())
    assert [group["lr"] for group in other.param_groups] == [1e-3, 1e-2]
    for a, b in zip(trained(network, together), trained(again, other), strict=True):
        assert torch.equal(a, b)
    schedule = torch.optim.lr_scheduler.StepLR(made[1], 1, gamma=0.5)
    trained(network, together)
    schedule.step()
    assert [group["lr"] for group in together.param_groups] == [1e-3, 5e-3]


def test_a_run_has_an_optimizer_and_a_schedule_for_each_part(config: Callable[..., dict[str, Any]]) -> None:
    words = ["trunk.optimizer=sgd", "trunk.optimizer.lr=0.3", "output.scheduler=cosine", "trainer.accelerator=cpu"]
    assembly = assemble(config(*words))
    (phase,), network = assembly.objective.phases(), assembly.network()
    made = assembly.recipe.optimizers(phase, network, fused=False)
    assert {part: type(each).__name__ for part, each in made.items()} == {"output": "Adam", "trunk": "SGD"}
    sizes = {part: sum(p.numel() for p in each.param_groups[0]["params"]) for part, each in made.items()}
    assert sizes == {"output": 128 * 10 + 10, "trunk": 64 * 128 + 128 + 128 * 128 + 128}
    kinds = {part: type(assembly.recipe.schedule(each, part)).__name__ for part, each in made.items()}
    assert kinds == {"output": "Cosine", "trunk": "NoScheduler"}


FUSED = dict.fromkeys(("adam", "adamw", "sgd", "adagrad", "momentum", "gd"), True) | dict.fromkeys(("rmsprop", "nadam"))


@pytest.mark.parametrize(("option", "fused"), FUSED.items())
def test_the_step_of_a_run_is_one_kernel_where_torch_has_one(
    config: Callable[..., dict[str, Any]], option: str, fused: bool | None
) -> None:
    assembly = assemble(config(f"optimizer={option}", "trainer.accelerator=cpu"))
    (phase,), network = assembly.objective.phases(), assembly.network()
    (made,) = assembly.recipe.optimizers(phase, network, fused=True).values()
    assert made.defaults.get("fused") is fused
