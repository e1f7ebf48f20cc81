"""One step, for one member or many, with one phase or two, and what averages its gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import grad, stack_module_state, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch, Net, Phase
from dlx.contracts.objective import Objective
from dlx.run.run import run
from dlx.step.functional import Functional
from dlx.step.member import Member
from dlx.step.step import Step
from dlx.training.fit import fit, quiet_lightning
from dlx.training.task import Task

Compose = Callable[..., dict[str, Any]]
SMALL = ("trainer.accelerator=cpu", "dataset.limit=96", "dataset.batch_size=32", "model.width=8", "model.depth=2")


# --- two phases: a small GAN on the inputs of digits


class Nets(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, width))
        self.discriminator = nn.Sequential(nn.Linear(width, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.discriminator(x)


class Gan(Objective):
    """Goodfellow et al. 2014, the generator's loss non-saturating."""

    needs = ("generator", "discriminator")

    def __init__(self, repeat: int = 1) -> None:
        self.repeat = repeat

    def phases(self) -> list[Phase]:
        return [
            Phase("discriminator", ("discriminator",), self._discriminate, repeat=self.repeat),
            Phase("generator", ("generator",), self._generate),
        ]

    def _fake(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        return net.generator(torch.randn(len(batch.inputs), 4, generator=generator))

    def _discriminate(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        real, fake = net.discriminator(batch.inputs), net.discriminator(self._fake(net, batch, generator).detach())
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def _generate(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        return F.softplus(-net.discriminator(self._fake(net, batch, generator))).mean()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        return {"loss": F.softplus(-outputs).mean()}


@pytest.mark.parametrize("repeat", [1, 2])
def test_two_phases_are_moved_in_turn(repeat: int, config: Compose, tmp_path: Path) -> None:
    assembly = assemble(config(*SMALL, "trainer.max_epochs=1", "optimizer=sgd", "model=mlp"))

    class Builder:
        def make(self, inputs: Tensor, seed: int) -> nn.Module:
            torch.manual_seed(seed)
            return Nets(inputs.shape[1])

    rows: list[dict[str, float]] = []
    changed: list[tuple[bool, bool]] = []
    recipe = replace(assembly.recipe, objective=Gan(repeat), monitor="val/loss")
    gan = replace(assembly, recipe=recipe, builder=Builder())
    task = Task(gan, lambda task, row: rows.append(row))
    by_hand = copy.deepcopy(task.network)
    phase = Member._phase

    def watched(self: Member, phase_: Phase, *given: Any) -> Any:
        before = copy.deepcopy(self.module.state_dict())
        result = phase(self, phase_, *given)
        after = self.module.state_dict()
        moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
        changed.append((phase_.name in moved, len(moved) == 1))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Member, "_phase", watched)
        with quiet_lightning():
            fit(task, tmp_path)
    assert changed == [(True, True)] * 3 * (repeat + 1)  # three batches, two phases each
    assert rows[0]["step"] == 3
    # The same by hand, phase after phase, with the same draws.
    noise = Generator().manual_seed(0)
    noise.set_state(drawn_before(task))
    optimizers = [
        torch.optim.SGD(getattr(by_hand, part).parameters(), lr=0.1) for part in ("discriminator", "generator")
    ]
    losses: dict[str, list[float]] = {"discriminator": [], "generator": []}
    for number in range(3):
        for each, optimizer in zip(Gan(repeat).phases(), optimizers, strict=True):
            for update in range(each.repeat):  # each on a batch of its own: those of the steps to come, then the first
                (batch,), _, _ = task.batches.take((number + update) % 3)
                optimizer.zero_grad()
                loss = each.loss(by_hand, batch, noise)
                loss.backward()
                optimizer.step()
            losses[each.name].append(loss.item())
    assert rows[0]["train/loss"] == pytest.approx(sum(losses["discriminator"]) / 3, rel=1e-5)  # that of the first phase
    for name, values in losses.items():
        assert rows[0][f"train/{name}/loss"] == pytest.approx(sum(values) / 3, rel=1e-5)
    for name, tensor in task.network.state_dict().items():
        assert torch.allclose(tensor, by_hand.state_dict()[name], atol=1e-6), name


def drawn_before(task: Task) -> Tensor:
    """Return the state that the step's generator had at the start of the first epoch."""
    from dlx.seeds import derive

    return Generator().manual_seed(derive(task.assembly.streams.order, "step", 0)).get_state()


# --- a closure optimizer


def test_a_closure_optimizer_end_to_end(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "optimizer=lbfgs", "dataset.batch_size=null", "regularizer=l2", "trainer.max_epochs=3")
    summary = run(composed, tmp_path, raises=True)
    assert summary["steps"] == 3
    assert summary["metrics"]["train/loss"] < 0.1  # three steps of gradient descent do not come near


# --- many members


def test_many_members_under_vmap_take_the_steps_of_single_ones(config: Compose) -> None:
    assembly = assemble(config(*SMALL, "regularizer=[l2,gradient_clipping,max_norm]", "optimizer=sgd"))
    step, lr = assembly.step(), 0.1
    part, members = assembly.data.train, [copy.deepcopy(assembly.network()) for _ in range(3)]
    for number, member in enumerate(members):
        with torch.no_grad():
            for parameter in member.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=Generator().manual_seed(number))
    stacked, _ = stack_module_state(members)
    batches = [part.batch(slice(n, n + 32)) for n in (0, 32, 64)]
    noise = Generator()

    def update(tensors: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        def total(tensors: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
            net = Functional(members[0], tensors)
            parts = step.loss(step.phases[0], net, tensors, Batch(inputs, targets), noise)
            return parts.total, parts.loss

        gradients, loss = grad(total, has_aux=True)(tensors)
        gradients = step.change_gradients(gradients, noise)
        moved = {name: tensors[name] - lr * gradients[name] for name in tensors}
        return {**moved, **step.change_weights(moved, lr)}, loss

    inputs, targets = (torch.stack(tensors) for tensors in zip(*[batch[:2] for batch in batches], strict=True))
    together, losses = vmap(update)(stacked, inputs, targets)
    for number, (member, batch) in enumerate(zip(members, batches, strict=True)):
        parts = Member(step, member, [torch.optim.SGD(member.parameters(), lr=lr)])([batch], noise)["train"]
        assert float(parts.loss) == pytest.approx(float(losses[number].detach()), rel=1e-5)
        for name, tensor in member.named_parameters():
            assert torch.allclose(tensor, together[name][number], atol=1e-6), name


# --- averaged gradients


def test_accumulated_batches_are_one_large_batch(config: Compose, tmp_path: Path) -> None:
    """With a mean loss, also where the last step has fewer and uneven batches: 96 = 64 + 32, in batches of 20."""
    common = (*SMALL, "optimizer=sgd", "regularizer=l2", "trainer.max_epochs=2", "trainer.precision=64-true")
    large = run(config(*common, "dataset.batch_size=60"), tmp_path / "large", raises=True)
    small = run(config(*common, "dataset.batch_size=20", "trainer.accumulate=3"), tmp_path / "small", raises=True)
    assert small["steps"] == large["steps"] == 4
    for name in ("train/loss", "val/loss", "test/loss"):
        assert small["metrics"][name] == pytest.approx(large["metrics"][name], rel=1e-9), name


def test_accumulated_gradients_are_really_taken_batch_by_batch() -> None:
    seen: list[int] = []
    network = nn.Linear(2, 1)

    def loss(net: Net, batch: Batch, generator: Generator) -> Tensor:
        seen.append(len(batch.inputs))
        return F.mse_loss(net(batch.inputs), batch.targets)

    step = Step([Phase("train", (), loss)], [])
    x, y = torch.randn(5, 2), torch.randn(5, 1)
    member = Member(step, network, [torch.optim.SGD(network.parameters(), lr=0.0)])
    parts = member([Batch(x[:3], y[:3]), Batch(x[3:], y[3:])], Generator())["train"]
    assert seen == [3, 2]
    assert float(parts.loss) == pytest.approx(F.mse_loss(network(x), y).item())
    gradient = torch.autograd.grad(F.mse_loss(network(x), y), network.weight)[0]
    assert network.weight.grad is not None
    assert torch.allclose(network.weight.grad, gradient)


# --- batch by batch, through Lightning's own wrappers


@pytest.mark.parametrize("regularizer", ["none", "[l2,gradient_clipping,dropout]"])
def test_mixed_precision(regularizer: str, config: Compose, tmp_path: Path) -> None:
    words = (*SMALL, "trainer.max_epochs=20", f"regularizer={regularizer}")
    mixed = run(config(*words, "trainer.precision=bf16-mixed"), tmp_path / "mixed", raises=True)
    full = run(config(*words), tmp_path / "full", raises=True)
    assert mixed["steps"] == full["steps"] == 60
    losses = [summary["metrics"]["train/loss"] for summary in (mixed, full)]
    assert losses[0] != losses[1]  # eight bits less of mantissa
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
