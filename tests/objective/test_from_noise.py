"""Denoising diffusion and flow matching against closed forms for normal distributions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn
from torch.func import grad, stack_module_state, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective._from_noise import FromNoise
from dlx.objective.denoising_diffusion import DenoisingDiffusion, variances
from dlx.objective.flow_matching import FlowMatching
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.functional import Functional

Config = Callable[..., dict[str, Any]]
PLANE = DataSpec("vector", (2,), "self", 2)
NAMES = ["denoising_diffusion", "flow_matching"]
MEAN, SD = torch.tensor([1.0, -0.5], dtype=torch.float64), torch.tensor([0.5, 1.5], dtype=torch.float64)
QUICK = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.max_steps=2", "objective.steps=3")


def diffusion(spec: DataSpec = PLANE, **keys: Any) -> DenoisingDiffusion:
    return DenoisingDiffusion(spec, **{"steps": 100, "schedule": "linear", "frequencies": 2, "scale": 1.0, **keys})


def flow(spec: DataSpec = PLANE, **keys: Any) -> FlowMatching:
    return FlowMatching(spec, **{"steps": 100, "frequencies": 2, "scale": 1.0, **keys})


def both(spec: DataSpec = PLANE, **keys: Any) -> list[FromNoise]:
    return [diffusion(spec, **keys), flow(spec, **keys)]


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


def test_the_linear_schedule_is_that_of_ho_et_al() -> None:
    found = variances(1000, "linear")
    assert found[0].item() == pytest.approx(1e-4)
    assert found[-1].item() == pytest.approx(0.02)
    assert float((1 - found).prod()) == pytest.approx(4.04e-5, rel=0.01)  # figure 5 of Nichol & Dhariwal: nothing left
    assert float((1 - variances(50, "linear")).prod()) == pytest.approx(4.04e-5, rel=0.9)  # fewer and larger steps


def test_the_cosine_schedule_is_that_of_nichol_and_dhariwal() -> None:
    kept = (1 - variances(40, "cosine")).cumprod(0)
    for t in (1, 10, 20, 30):
        f = [np.cos((u / 40 + 0.008) / 1.008 * np.pi / 2) ** 2 for u in (t, 0)]
        assert kept[t - 1].item() == pytest.approx(f[0] / f[1])


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_a_step_forward_adds_what_the_shares_say(schedule: str) -> None:
    """Noise added step by step has the variance 1 - A_t, and leaves sqrt(A_t) of the data."""
    objective = diffusion(steps=20, schedule=schedule)
    kept, variance = 1.0, 0.0
    for step, added in enumerate(objective.added.tolist()):
        kept, variance = kept * (1 - added) ** 0.5, variance * (1 - added) + added
        a, s = objective.shares(torch.tensor([(step + 1) / 20]))
        assert a.item() == pytest.approx(kept, rel=1e-5)
        assert s.item() ** 2 == pytest.approx(variance, rel=1e-5)


class Exact(nn.Module):
    """The best prediction if the data are normal with independent values."""

    def __init__(self, objective: FromNoise) -> None:
        super().__init__()
        self.objective = objective

    def forward(self, inputs: Tensor) -> Tensor:
        x, t = inputs[:, :2], inputs[:, 2]
        a, s = (share[:, None] for share in self.objective.shares(t))
        total = a**2 * SD**2 + s**2
        return self.objective.wanted(MEAN + a * SD**2 / total * (x - a * MEAN), s / total * (x - a * MEAN))


@pytest.mark.parametrize(
    "objective", [*both(steps=300), diffusion(schedule="cosine", steps=300)], ids=[*NAMES, "cosine"]
)
def test_exact_predictions_give_samples_of_the_data(objective: FromNoise) -> None:
    noise = seeded(8000, 2)
    noise = (noise - noise.mean(0)) / noise.std(0)
    samples = objective.sample(Exact(objective), noise, Generator().manual_seed(1))
    torch.testing.assert_close(samples.mean(0), MEAN, atol=0.05, rtol=0)
    torch.testing.assert_close(samples.std(0), SD, atol=0, rtol=0.05)
    assert abs(np.corrcoef(samples.T)[0, 1]) < 0.03


def test_the_time_is_read_off_the_features() -> None:
    t = torch.tensor([0.0, 0.25, 1.0], dtype=torch.float64)
    shapes = {"vector": (5,), "image": (2, 4, 3), "sequence": (6, 4)}
    for kind, shape in shapes.items():
        (objective, _) = both(DataSpec(kind, shape, "self", shape[0]))  # type: ignore[arg-type]
        x = seeded(3, *shape)
        found = objective.with_time(x, t)
        axis = 2 if kind == "sequence" else 1
        assert tuple(found.shape[1:]) == objective.spec.shape
        assert torch.equal(found.narrow(axis, 0, x.shape[axis]), x)
        features = (
            found.movedim(axis, -1)[..., x.shape[axis] :].flatten(1, -2) if len(shape) > 1 else found[:, None, 5:]
        )
        half = 0.5**0.5
        wanted = [[0, 0, 0, 1, 1], [0.25, half, 1, half, 0], [1, 0, 0, -1, 1]]
        wide = torch.tensor(wanted, dtype=torch.float64)[:, None].expand_as(features)
        torch.testing.assert_close(features, wide, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_evaluated(name: str, config: Config) -> None:
    assembly = assemble(config(f"objective={name}", "dataset=moons", "dataset.examples=400", "objective.steps=20"))
    again = assemble(
        config(f"objective={name}", "dataset=moons", "dataset.examples=400", "objective.steps=20", "seed=0")
    )
    objective: Any = assembly.objective
    part, clean = assembly.data.val, assembly.data.val.targets[:, 1]
    assert torch.equal(part.inputs, again.data.val.inputs)
    a, s = (share[:, None] for share in objective.shares(part.inputs[:, 2]))
    noise = (part.inputs[:, :2] - a * clean) / s.clamp_min(1e-3)
    known = s[:, 0] > 0.1
    torch.testing.assert_close(objective.wanted(clean, noise)[known], part.targets[known, 0], atol=1e-4, rtol=1e-4)
    assert noise[known].std().item() == pytest.approx(1, abs=0.1)
    assert assembly.examples.train.inputs.shape[1] == 2  # training examples are as they were


@pytest.mark.parametrize("name", NAMES)
def test_the_baseline_is_the_best_for_a_normal_distribution(name: str, config: Config) -> None:
    """No linear function of x_t is better, at any time, on the training examples whose moments it has."""
    words = ("dataset=moons", "dataset.examples=4000", "dataset.noise=1", f"objective={name}")
    assembly = assemble(config(*words))
    objective: Any = assembly.objective
    data = assembly.data
    label, outputs = objective.baseline(data, data.train)
    assert label == "fitted Gaussian"
    t = data.train.inputs[:, 2]
    for low in (0.2, 0.5, 0.8):  # within a narrow range of times, least squares find nothing to add
        rows = (t > low) & (t <= low + 0.1)
        left = (data.train.targets[:, 0] - outputs["output"])[rows].double()
        x = torch.cat([data.train.inputs[rows, :2].double(), torch.ones(int(rows.sum()), 1)], 1)
        added = x @ torch.linalg.lstsq(x, left).solution
        assert added.square().mean() < 0.03 * left.square().mean()


@pytest.mark.parametrize("name", NAMES)
def test_the_baseline_of_fewer_examples_than_values_by_its_formula(name: str, config: Config) -> None:
    assembly = assemble(config("dataset=digits", "dataset.limit=30", f"objective={name}"))
    objective: Any = assembly.objective
    data = assembly.data
    train, part = data.train.targets[:, 1].flatten(1).double(), data.val
    assert train.shape == (30, 64)
    mean, covariance = train.mean(0), torch.cov(train.T)
    for number in range(5):
        seen, t = part.inputs[number, :64].double(), part.inputs[number : number + 1, 64]
        a, s = (float(share) for share in objective.shares(t))
        solved = torch.linalg.solve(a**2 * covariance + s**2 * torch.eye(64), seen - a * mean)
        expected = objective.wanted((mean + a * covariance @ solved)[None], (s * solved)[None])[0].float()
        found = objective.baseline(data, part)[1]["output"][number]
        torch.testing.assert_close(found.flatten(), expected, atol=1e-4, rtol=1e-3)


def test_the_loss_that_is_minimized_is_the_mean_over_the_values() -> None:
    for objective in both(scale=3.0):
        (phase,) = objective.phases()
        clean = seeded(50, 2)
        found = phase.loss(lambda x: torch.zeros_like(x[:, :2]), Batch(clean, None), Generator().manual_seed(5))
        _, wanted = objective.blended(clean, Generator().manual_seed(5))
        assert found.item() == pytest.approx(3 * wanted.square().mean().item())


@pytest.mark.parametrize("objective", both(), ids=NAMES)
def test_members_under_vmap_have_the_gradients_of_single_ones(objective: FromNoise) -> None:
    members = [nn.Sequential(nn.Linear(7, 4), nn.Tanh(), nn.Linear(4, 2)).double() for _ in range(2)]
    (phase,) = objective.phases()
    stacked, _ = stack_module_state(members)  # type: ignore[arg-type]
    batch = Batch(seeded(6, 2), None)

    def gradient(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        noise = Generator().manual_seed(3)
        return grad(lambda tensors: phase.loss(Functional(members[0], tensors), batch, noise))(tensors)

    found = vmap(gradient, randomness="same")(stacked)
    for number, member in enumerate(members):
        phase.loss(member, batch, Generator().manual_seed(3)).backward()
        for name, parameter in member.named_parameters():
            torch.testing.assert_close(found[name][number], parameter.grad)


@pytest.mark.parametrize(
    "words",
    [
        ("model=mlp", "dataset=moons", "objective=denoising_diffusion", "metrics.by=output"),
        ("model=autoencoder", "model.layers=conv", "objective=flow_matching", "dataset.limit=40"),
        ("model=autoencoder", "objective=denoising_diffusion", "dataset.limit=40"),
        ("model=gru", "dataset=adding", "dataset.length=5", "objective=flow_matching", "dataset.examples=60"),
        (
            "model=linear",
            "dataset=moons",
            "objective=flow_matching",
            "optimizer=closed_form",
            "dataset.batch_size=null",
        ),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_networks_of_every_form_are_backbones(words: tuple[str, ...], config: Config, tmp_path: Path) -> None:
    summary = run(config(*words, *QUICK), tmp_path / "run", raises=True)
    found = np.load(tmp_path / "run" / "predictions.npz")
    assert found["sample"].shape == found["target"].shape
    assert {"test/mmd_squared", "test/nearest_distance", "test/loss"} <= set(summary["metrics"])
    assert summary["baseline"]["test/mmd_squared"] is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model=pca", "objective=flow_matching"), "model=pca is solved in closed form"),
        (("objective=flow_matching", "dataset.test_transforms=[flip]"), r"expected \[\]"),
        (("objective=flow_matching", "model=cnn"), "try model.pooling=none"),
        (("objective=flow_matching", "model=cnn", "model.pooling=none", "model.padding=valid"), "expected same"),
        (("objective=denoising_diffusion", "model=point"), "needs inputs that are real numbers"),
    ],
)
def test_bad_input(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words))
